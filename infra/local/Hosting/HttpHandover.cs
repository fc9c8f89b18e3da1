using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Serverless.Local.Hosting;

/// <summary>Hands one raw HTTP call to the handler: proxying or forwarding.</summary>
internal interface IHttpHandover
{
    Task HandOverAsync(HttpContext context);
}

/// <summary>What both modes share: the wait for a restart, the function timeout, and which headers end at each hop.</summary>
internal sealed class HandlerCall(FunctionHostOptions options, HandlerSupervisor supervisor, HostJson host)
{
    private static readonly HashSet<string> HopByHop = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authorization", "TE", "Trailer", "Transfer-Encoding", "Upgrade",
    };

    /// <summary>Sends what <paramref name="build"/> makes and gives the answer to <paramref name="copy"/>; answers 503, 502 or 500 itself when there is none.</summary>
    public async Task SendAsync(HttpContext context, int whenBroken, Func<Uri, Guid, HttpRequestMessage> build, Func<HttpResponseMessage, CancellationToken, Task> copy)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        HandlerProcess? handler = null;
        try
        {
            handler = await supervisor.ReadyAsync(options.HandlerWait, context.RequestAborted);
            limit.CancelAfter(host.FunctionTimeout);
            using var request = build(handler.Address, Guid.CreateVersion7(options.Time.GetUtcNow()));
            using var answer = await supervisor.Http.SendAsync(request, limit.Token);
            await copy(answer, limit.Token);
        }
        catch (HandlerUnavailableException problem)
        {
            await FailAsync(context, StatusCodes.Status503ServiceUnavailable, problem.Message);
        }
        catch (Exception problem) when (CallersFault(problem) is not null)
        {
            // The caller's own doing: a chunked body over the limit, or cut off.
            await FailAsync(context, CallersFault(problem)!.StatusCode, problem.Message);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The caller has gone.
        }
        catch (OperationCanceledException)
        {
            supervisor.Replace(handler!, $"{context.Request.Method} {context.Request.Path}: no answer within the function timeout of {host.FunctionTimeout}.");
            await FailAsync(context, StatusCodes.Status500InternalServerError, "The function timed out.");
        }
        catch (Exception problem) when (problem is HttpRequestException or IOException)
        {
            options.HostLog?.Invoke(new HostLine(LogLevel.Error, $"{context.Request.Method} {context.Request.Path}: the handler ended or closed the connection during the call."));
            await FailAsync(context, whenBroken, "The handler ended or closed the connection during the call.");
        }
    }

    /// <summary>Copies a header of the caller unless it ends here.</summary>
    public static void CopyHeader(HttpRequestMessage to, KeyValuePair<string, StringValues> header)
    {
        if (HopByHop.Contains(header.Key) || header.Key.Equals("Host", StringComparison.OrdinalIgnoreCase)) return;
        if (!to.Headers.TryAddWithoutValidation(header.Key, (IEnumerable<string?>)header.Value)) to.Content?.Headers.TryAddWithoutValidation(header.Key, (IEnumerable<string?>)header.Value);
    }

    /// <summary>Status and headers of the handler's answer.</summary>
    public static void CopyHead(HttpResponseMessage answer, HttpResponse to)
    {
        to.StatusCode = (int)answer.StatusCode;
        foreach (var (name, values) in answer.Headers.Concat(answer.Content.Headers))
        {
            if (!HopByHop.Contains(name)) to.Headers[name] = values.ToArray();
        }
    }

    /// <summary>The request target as the caller wrote it, nothing decoded.</summary>
    public static string RawTarget(HttpContext context) => context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;

    /// <summary>A request whose path and query go out exactly as given.</summary>
    public static HttpRequestMessage Request(HttpContext context, Uri handler, string target) =>
        new(new HttpMethod(context.Request.Method), new Uri(handler.GetLeftPart(UriPartial.Authority) + target, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));

    private static BadHttpRequestException? CallersFault(Exception problem) => problem as BadHttpRequestException ?? problem.InnerException as BadHttpRequestException;

    private static async Task FailAsync(HttpContext context, int status, string sentence)
    {
        if (context.Response.HasStarted)
        {
            context.Abort();
            return;
        }

        context.Response.Clear();
        context.Response.StatusCode = status;
        await context.Response.WriteAsync(sentence, CancellationToken.None);
    }
}
