using System.Net;
using Microsoft.AspNetCore.Http.Features;

namespace Serverless.Local.Hosting;

/// <summary>A newer host: a reverse proxy. Column "proxying" of the table in host-contract.md, "HTTP functions ...".</summary>
internal sealed class ProxyingHandover(HandlerCall call) : IHttpHandover
{
    public Task HandOverAsync(HttpContext context) => call.SendAsync(
        context,
        StatusCodes.Status502BadGateway,
        (handler, invocation) => Build(context, handler, invocation),
        (answer, ct) => CopyAsync(answer, context.Response, ct));

    private static HttpRequestMessage Build(HttpContext context, Uri handler, Guid invocation)
    {
        // Rows "path" and "query": as the caller wrote them.
        var request = HandlerCall.Request(context, handler, HandlerCall.RawTarget(context));

        // Row "body": streamed.
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true) request.Content = new StreamContent(context.Request.Body);
        foreach (var header in context.Request.Headers) HandlerCall.CopyHeader(request, header);

        // Row "Host": the handler's own address; the caller's is in X-Forwarded-*, set anew.
        Overwrite(request, "X-Forwarded-For", (context.Connection.RemoteIpAddress ?? IPAddress.Loopback).ToString());
        Overwrite(request, "X-Forwarded-Proto", context.Request.Scheme);
        Overwrite(request, "X-Forwarded-Host", context.Request.Host.Value ?? "");

        // Row "added headers": overwritten.
        Overwrite(request, "X-Azure-Functions-InvocationId", invocation.ToString());
        Overwrite(request, "X-Azure-Functions-HostVersion", JsonInvoker.Version);
        return request;
    }

    // Row "response": streamed.
    private static async Task CopyAsync(HttpResponseMessage answer, HttpResponse response, CancellationToken ct)
    {
        HandlerCall.CopyHead(answer, response);
        await using var from = await answer.Content.ReadAsStreamAsync(ct);
        var buffer = new byte[16 * 1024];
        for (var read = await from.ReadAsync(buffer, ct); read > 0; read = await from.ReadAsync(buffer, ct))
        {
            await response.Body.WriteAsync(buffer.AsMemory(0, read), ct);
            await response.Body.FlushAsync(ct);
        }
    }

    private static void Overwrite(HttpRequestMessage request, string name, string value)
    {
        request.Headers.Remove(name);
        request.Headers.TryAddWithoutValidation(name, value);
    }
}
