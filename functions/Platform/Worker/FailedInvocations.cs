using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Serverless.Platform.Storage;

namespace Serverless.Platform.Worker;

/// <summary>
/// The only place that catches what we did wrong in any function. The worker alone would answer a failed HTTP function with 200 and no
/// body behind some hosts, and would send the exception's text, which can hold a stranger's words, to the host's log (P14).
/// </summary>
public sealed partial class FailedInvocations(ILogger<FailedInvocations> log) : IFunctionsWorkerMiddleware
{
    private const string OurFault = "Something went wrong here, not with your request. It is logged; please try again.";
    private const string NoStorage = "Storage cannot be reached just now. Please call again.";
    private const string PatienceSeconds = "30";

    public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        var http = context.GetHttpContext();
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (http?.RequestAborted.IsCancellationRequested == true)
        {
            // The caller hung up: nobody hears an answer.
        }
        catch (Exception error) when (error is not OperationCanceledException || !context.CancellationToken.IsCancellationRequested)
        {
            var (function, type, where) = (context.FunctionDefinition.Name, error.GetType().Name, Where(error));
            LogFailed(function, type, where);
            // The host shall deliver a message again; its log gets no more than ours.
            if (http is null) throw new FailedInvocationException($"{function} failed: {type} {where}");
            await AnswerAsync(http, error is StorageUnavailableException);
        }
    }

    private static Task AnswerAsync(HttpContext http, bool storage)
    {
        // What has begun would end like a whole answer.
        if (http.Response.HasStarted)
        {
            http.Abort();
            return Task.CompletedTask;
        }

        http.Response.Clear();
        http.Response.StatusCode = storage ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status500InternalServerError;
        if (storage) http.Response.Headers.RetryAfter = PatienceSeconds;
        http.Response.ContentType = "text/plain; charset=utf-8";
        return http.Response.WriteAsync(storage ? NoStorage : OurFault, http.RequestAborted);
    }

    // An exception's message can carry a stranger's words; its type and our own frame cannot.
    private static string Where(Exception error) =>
        error.StackTrace?.Split('\n').FirstOrDefault(line => line.Contains("Serverless.", StringComparison.Ordinal))?.Trim()
        ?? "unknown place";

    [LoggerMessage(1, LogLevel.Error, "{Function} failed: {Error} {Where}")]
    private partial void LogFailed(string function, string error, string where);
}

/// <summary>Tells the host that an invocation failed, without what the cause said.</summary>
public sealed class FailedInvocationException(string message) : Exception(message);
