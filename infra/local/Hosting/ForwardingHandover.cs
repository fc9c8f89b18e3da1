
namespace Serverless.Local.Hosting;

/// <summary>An older host: the request is rebuilt, the answer buffered. Column "forwarding" of the table in host-contract.md, "HTTP functions ...".</summary>
internal sealed class ForwardingHandover(HandlerCall call) : IHttpHandover
{
    public async Task HandOverAsync(HttpContext context)
    {
        // Row "body": a chunked request becomes a 500.
        if (context.Request.Headers.TransferEncoding.Count > 0)
        {
            context.Response.StatusCode = StatusCodes.Status500InternalServerError;
            return;
        }

        byte[]? body = null;
        if (context.Request.ContentLength > 0)
        {
            using var buffer = new MemoryStream((int)context.Request.ContentLength.Value);
            await context.Request.Body.CopyToAsync(buffer, context.RequestAborted);
            body = buffer.ToArray();
        }

        await call.SendAsync(
            context,
            StatusCodes.Status500InternalServerError,
            (handler, invocation) => Build(context, handler, invocation, body),
            (answer, ct) => CopyAsync(answer, context.Response, ct));
    }

    private static HttpRequestMessage Build(HttpContext context, Uri handler, Guid invocation, byte[]? body)
    {
        var path = HandlerCall.RawTarget(context).Split('?', 2)[0];
        var request = HandlerCall.Request(context, handler, path + Query(context.Request));
        if (body is not null) request.Content = new ByteArrayContent(body);
        foreach (var header in context.Request.Headers)
        {
            // Row "body": Content-Encoding is dropped.
            if (!header.Key.Equals("Content-Encoding", StringComparison.OrdinalIgnoreCase)) HandlerCall.CopyHeader(request, header);
        }

        // Row "Host": the original.
        request.Headers.Host = context.Request.Host.Value;

        // Row "added headers": added after what the caller sent, so a caller can put its own first.
        request.Headers.TryAddWithoutValidation("X-Azure-Functions-InvocationId", invocation.ToString());
        request.Headers.TryAddWithoutValidation("X-Azure-Functions-HostVersion", JsonInvoker.Version);
        return request;
    }

    // Row "query": rebuilt, several values of a name joined with ",", encoded anew.
    private static string Query(HttpRequest request) => request.Query.Count == 0
        ? ""
        : "?" + string.Join('&', request.Query.Select(pair => $"{Uri.EscapeDataString(pair.Key)}={Uri.EscapeDataString(string.Join(',', pair.Value.ToArray()))}"));

    // Row "response": buffered, then copied with all headers.
    private static async Task CopyAsync(HttpResponseMessage answer, HttpResponse response, CancellationToken ct)
    {
        var body = await answer.Content.ReadAsByteArrayAsync(ct);
        HandlerCall.CopyHead(answer, response);
        if (body.Length > 0) await response.Body.WriteAsync(body, ct);
    }
}
