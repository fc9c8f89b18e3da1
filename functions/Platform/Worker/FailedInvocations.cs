using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.Options;
using Serverless.Platform.Identity;
using Serverless.Platform.Storage;

namespace Serverless.Platform.Worker;

/// <summary>
/// Rules for every function: time limit of storage calls, cancellation when the caller disconnects, and handling of exceptions. The only
/// place that catches unexpected exceptions of any function. The worker alone would answer a failed HTTP function with 200 and no body
/// behind some hosts, and would send the exception's text, which can hold a stranger's words, to the host's log (P14).
/// </summary>
public sealed partial class FailedInvocations(IOptionsMonitor<HttpOptions> options, ILogger<FailedInvocations> log)
    : IFunctionsWorkerMiddleware
{
    private const string OurFault = "Something went wrong here, not with your request. It is logged; please try again.";
    private const string NoStorage = "Storage cannot be reached just now. Please call again.";
    private const string NoSuchName = "There is nothing of that name: a name in this address or query is too long, or holds a character "
        + "that no name here has.";
    private const string BrokenOff = "The body of this request broke off or came too slowly. Please call again.";
    private const string PatienceSeconds = "30";

    // Azure's load balancer waits 230 s for an answer.
    // https://learn.microsoft.com/azure/azure-functions/functions-scale#timeout
    private static readonly TimeSpan LongestCall = TimeSpan.FromSeconds(230);

    public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        var http = context.GetHttpContext();
        var caller = http?.RequestAborted ?? default;
        using var limit = http is null || IsReading(http.Request) ? null : new CancellationTokenSource(LongestCall);
        if (http is not null)
        {
            Patience.Set(TimeSpan.FromSeconds(options.CurrentValue.StorageSeconds));
            // What changes something is done to its end although its caller is gone: a cut connection must not leave a commit untold.
            if (limit is not null) http.RequestAborted = limit.Token;
        }

        try
        {
            await next(context);
        }
        catch (Exception error) when (caller.IsCancellationRequested && error is OperationCanceledException or IOException)
        {
            // The caller has disconnected: no response is possible.
        }
        catch (BadHttpRequestException error) when (http is not null)
        {
            await AnswerAsync(http, error.StatusCode, BrokenOff);
        }
        catch (ImpossibleKeyException) when (http is not null)
        {
            await AnswerAsync(http, StatusCodes.Status404NotFound, NoSuchName);
        }
        catch (Exception error) when (error is not OperationCanceledException || !context.CancellationToken.IsCancellationRequested)
        {
            var (function, type, where) = (context.FunctionDefinition.Name, error.GetType().Name, Where(error));
            LogFailed(function, type, where);
            // The host shall deliver a message again; its log gets no more than ours.
            if (http is null) throw new FailedInvocationException($"{function} failed: {type} {where}");
            if (error is StorageUnavailableException) await AnswerAsync(http, StatusCodes.Status503ServiceUnavailable, NoStorage);
            else await AnswerAsync(http, StatusCodes.Status500InternalServerError, OurFault);
        }
    }

    private static bool IsReading(HttpRequest request) => HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);

    private static Task AnswerAsync(HttpContext http, int status, string sentence)
    {
        // What has begun would end like a whole answer.
        if (http.Response.HasStarted)
        {
            http.Abort();
            return Task.CompletedTask;
        }

        http.Response.Clear();
        http.Response.StatusCode = status;
        if (status == StatusCodes.Status503ServiceUnavailable) http.Response.Headers.RetryAfter = PatienceSeconds;
        http.Response.ContentType = "text/plain; charset=utf-8";
        return http.Response.WriteAsync(sentence, http.RequestAborted);
    }

    // An exception's message can carry a stranger's words; its type and our own frame cannot.
    private static string Where(Exception error) =>
        error.StackTrace?.Split('\n').FirstOrDefault(line => line.Contains("Serverless.", StringComparison.Ordinal))?.Trim()
        ?? "unknown place";

    [LoggerMessage(1, LogLevel.Error, "{Function} failed: {Error} {Where}")]
    private partial void LogFailed(string function, string error, string where);
}

/// <summary>Reports a failed invocation to the host, without the message of its cause.</summary>
public sealed class FailedInvocationException(string message) : Exception(message);
