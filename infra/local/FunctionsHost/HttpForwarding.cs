using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Serverless.Local.FunctionsHost.Rpc;

namespace Serverless.Local.FunctionsHost;

/// <summary>HTTP calls of a worker: forwarded to its Kestrel, invoked over the stream, the answer streamed back (host-contract.md,
/// "HTTP").</summary>
public sealed partial class WorkerConnection
{
    /// <summary>What the host takes at most, in bytes.</summary>
    public const long MaxBody = 104_857_600;

    private const string InvocationHeader = "x-ms-invocation-id";
    private const int Tries = 10;
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(240);

    private static readonly HashSet<string> HopByHop = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authorization", "TE", "Trailer", "Transfer-Encoding",
        "Upgrade",
    };

    private static readonly HttpMessageInvoker Client = new(new SocketsHttpHandler
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        UseCookies = false,
        ActivityHeadersPropagator = null,
        ConnectTimeout = TimeSpan.FromSeconds(5),
    });

    /// <summary>Hands one HTTP call to the worker and answers it.</summary>
    /// <param name="context">The caller's request; its answer is written here.</param>
    /// <param name="function">The function its route leads to.</param>
    /// <param name="routeValues">Values of the route, decoded.</param>
    /// <param name="ct">The function timeout: the call is cut off and answered 500.</param>
    public async Task<InvocationResult> ForwardAsync(HttpContext context, WorkerFunction function, RouteValueDictionary routeValues,
        CancellationToken ct)
    {
        if (context.Request.ContentLength > MaxBody) return await RefuseAsync(context);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, ct);
        ReadOnlyMemory<byte>? json;
        try
        {
            json = await JsonBodyAsync(context.Request, limit.Token);
        }
        catch (BadHttpRequestException)
        {
            return await RefuseAsync(context);
        }

        var (id, ended) = Begin();

        // Lines 1 and 2: the request goes out first, the invocation beside it; the worker pairs both by the id.
        var answering = AnswerAsync(context, id, json, ended, limit.Token);
        Invoke(id, function, new TypedData { Http = new RpcHttp() }, Metadata(context.Request, routeValues, json));
        await using var hangUp = limit.Token.Register(() => Cancel(id));
        if (!await answering)
        {
            // No answer came: the invocation says when it is over, at once if the worker has died, after the worker's own 15 s if only half
            // of the pair arrived.
            await Task.WhenAny(ended, Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, limit.Token));
            Fail(context);
        }

        // The caller has its answer; the call is over when the function is.
        if (!context.RequestAborted.IsCancellationRequested) await context.Response.CompleteAsync();
        return await ended;
    }

    private async Task<bool> AnswerAsync(HttpContext context, string id, ReadOnlyMemory<byte>? json, Task<InvocationResult> ended,
        CancellationToken ct)
    {
        try
        {
            using var answer = await SendAsync(context, id, json, ended, ct);
            await CopyAsync(answer, context.Response, ct);
            return true;
        }
        catch (Exception problem) when (problem is HttpRequestException or IOException or OperationCanceledException
            or BadHttpRequestException)
        {
            return false;
        }
    }

    // A request without a body is sent up to 10 times, 50 to 250 ms apart; one with a body once (RetryProxyHandler of the real host).
    private async Task<HttpResponseMessage> SendAsync(HttpContext context, string id, ReadOnlyMemory<byte>? json, Task ended,
        CancellationToken ct)
    {
        for (var tried = 1; ; tried++)
        {
            using var request = Build(context, id, json);
            using var idle = CancellationTokenSource.CreateLinkedTokenSource(ct);
            idle.CancelAfter(Idle);
            try
            {
                return await Client.SendAsync(request, idle.Token);
            }
            catch (HttpRequestException) when (request.Content is null && tried < Tries && !ended.IsCompleted)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(50 << Math.Min(tried - 1, 3), 250)), TimeProvider.System, ct);
            }
        }
    }

    // The worker tells its address and loads its functions shortly before its Kestrel listens. A call with a body is sent once, so a
    // refused
    // connection would be 500: the worker counts as ready once its port can be reached.
    private async Task ReadyOnceListeningAsync()
    {
        while (HttpAddress.Port > 0 && !_ended.Task.IsCompleted)
        {
            try
            {
                using var socket = new TcpClient();
                await socket.ConnectAsync(HttpAddress.Host, HttpAddress.Port);
                break;
            }
            catch (SocketException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
            }
        }

        _ready.TrySetResult();
    }

    private HttpRequestMessage Build(HttpContext context, string id, ReadOnlyMemory<byte>? json)
    {
        var from = context.Request;
        var request = new HttpRequestMessage(new HttpMethod(from.Method), Canonical(HttpAddress, from.Path, from.QueryString));
        if (json is { } bytes) request.Content = new ReadOnlyMemoryContent(bytes);
        else if (context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true)
            request.Content = new StreamContent(from.Body);
        foreach (var header in from.Headers) CopyHeader(request, header);

        // "Host, X-Forwarded-* are set by the host; the caller's own are lost."
        Overwrite(request, "X-Forwarded-For", (context.Connection.RemoteIpAddress ?? IPAddress.Loopback).ToString());
        Overwrite(request, "X-Forwarded-Proto", from.Scheme);
        Overwrite(request, "X-Forwarded-Host", from.Host.Value ?? "");

        // A value of the caller's own stays, and the worker waits for its pair in vain: "500 after 15 s" (DefaultHttpProxyService of the
        // real host).
        if (!from.Headers.ContainsKey(InvocationHeader)) request.Headers.TryAddWithoutValidation(InvocationHeader, id);
        return request;
    }

    /// <summary>
    /// Path and query as they arrive at the worker (line "Path and query are re-encoded on the way"). Kestrel has decoded the path except
    /// <c>%2F</c>. A percent sign that is left is text and is encoded again, which PathString alone would not do: <c>%2F</c> becomes
    /// <c>%252F</c>. The URI type decodes what needs no escape and writes the rest in capitals.
    /// </summary>
    internal static Uri Canonical(Uri worker, PathString path, QueryString query)
    {
        var text = new PathString(path.Value?.Replace("%", "%25", StringComparison.Ordinal));
        return new Uri(worker.GetLeftPart(UriPartial.Authority) + text.ToUriComponent() + query.ToUriComponent());
    }

    private static void CopyHeader(HttpRequestMessage to, KeyValuePair<string, StringValues> header)
    {
        if (HopByHop.Contains(header.Key) || header.Key.Equals("Host", StringComparison.OrdinalIgnoreCase)) return;
        if (!to.Headers.TryAddWithoutValidation(header.Key, (IEnumerable<string?>)header.Value))
            to.Content?.Headers.TryAddWithoutValidation(header.Key, (IEnumerable<string?>)header.Value);
    }

    private static void Overwrite(HttpRequestMessage request, string name, string value)
    {
        request.Headers.Remove(name);
        request.Headers.TryAddWithoutValidation(name, value);
    }

    private static async Task CopyAsync(HttpResponseMessage answer, HttpResponse to, CancellationToken ct)
    {
        to.StatusCode = (int)answer.StatusCode;
        foreach (var (name, values) in answer.Headers.Concat(answer.Content.Headers))
        {
            if (!HopByHop.Contains(name)) to.Headers[name] = values.ToArray();
        }

        await using var from = await answer.Content.ReadAsStreamAsync(ct);
        var buffer = new byte[16 * 1024];
        for (var read = await from.ReadAsync(buffer, ct); read > 0; read = await from.ReadAsync(buffer, ct))
        {
            await to.Body.WriteAsync(buffer.AsMemory(0, read), ct);
            await to.Body.FlushAsync(ct);
        }
    }

    // "A JSON body travels twice (once in trigger_metadata)": it is read whole before the request goes out.
    private static async Task<ReadOnlyMemory<byte>?> JsonBodyAsync(HttpRequest request, CancellationToken ct)
    {
        if (request.ContentLength == 0 || !request.HasJsonContentType() || !CanHaveBody(request)) return null;
        using var buffer = new MemoryStream();
        await request.Body.CopyToAsync(buffer, ct);
        return buffer.GetBuffer().AsMemory(0, (int)buffer.Length);
    }

    private static bool CanHaveBody(HttpRequest request) =>
        request.HttpContext.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody != false;

    private static Dictionary<string, TypedData> Metadata(HttpRequest request, RouteValueDictionary routeValues, ReadOnlyMemory<byte>? json)
    {
        var metadata = json is { } body ? TriggerMetadata.OfBody(body) : new(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in request.Query) metadata[name] = new TypedData { String = value.ToString() };
        foreach (var (name, value) in routeValues) metadata[name] = new TypedData { String = value?.ToString() ?? "" };
        return metadata;
    }

    // "More: 500 and close."
    private static Task<InvocationResult> RefuseAsync(HttpContext context)
    {
        context.Response.Headers.Connection = "close";
        Fail(context);
        return Task.FromResult(InvocationResult.Failed("The body is larger than the host takes."));
    }

    private static void Fail(HttpContext context)
    {
        if (context.Response.HasStarted) context.Abort();
        else context.Response.StatusCode = StatusCodes.Status500InternalServerError;
    }
}
