using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Serverless.Channels;
using Serverless.Hosting;
using Serverless.Receipts;

namespace Serverless.Receive;

/// <summary>The front door of every channel: raw bytes in, the provider's exact answer out.</summary>
public static class ReceiveFunction
{
    private static readonly Answer NeverConfigured = Answer.Text("There is no such channel here. Check the address; a channel is opened by its Channels__<Name>__Enabled setting.", 404);
    private static readonly Answer NotReady = Answer.Text("This channel is not ready: a setting of it cannot be read. The receiver's health page names it. Please call again.", 503) with { Headers = [new("Retry-After", "300")] };
    private static readonly Answer TooBusy = Answer.Text("Too many calls of this channel at once. Please call again.", 503) with { Headers = [new("Retry-After", "5")] };

    public static void Map(IEndpointRouteBuilder routes) => routes.MapRaw("Receive", [], "hooks/{channel}/{**rest}", async context =>
    {
        var name = context.Request.RouteValues["channel"] as string ?? "";
        var channel = context.RequestServices.GetRequiredService<ChannelDirectory>().Find(name);
        var answer = channel is null ? NeverConfigured
            : ChannelDirectory.SettingsOf(channel, out _) is not { } settings ? NotReady
            : settings.Enabled ? await ReceiveAsync(channel, settings, context)
            : NeverConfigured;
        await WriteAsync(context.Response, answer, context.RequestAborted);
    });

    private static async Task<Answer> ReceiveAsync(IChannel channel, ChannelSettings settings, HttpContext context)
    {
        var services = context.RequestServices;
        var bulkhead = services.GetRequiredService<Bulkhead>();
        if (!bulkhead.TryEnter(channel.Name)) return TooBusy;
        try
        {
            var limit = services.GetRequiredService<IOptionsMonitor<ReceiveOptions>>().CurrentValue.MaxBodyBytes;
            if (await RawBody.ReadAsync(context.Request, limit, context.RequestAborted) is not { } body)
                return Answer.Text($"The body is larger than {limit} bytes, the limit set by Receive__MaxBodyBytes.", 413);

            var now = services.GetRequiredService<TimeProvider>().GetUtcNow();
            var delivery = new Delivery
            {
                Id = DeliveryKey.NewId(now),
                Channel = channel.Name,
                Method = context.Request.Method,
                PathAndQuery = RawTarget(context.Request),
                Headers = KeptHeaders(channel, context.Request.Headers),
                Body = body,
                ReceivedAt = now,
            };
            return await services.GetRequiredService<FrontDoor>().AnswerAsync(channel, settings, delivery, context.RequestAborted);
        }
        finally
        {
            bulkhead.Leave(channel.Name);
        }
    }

    // The request line as it was sent: PathString and QueryString would decode and encode, and Twilio signs the URL.
    private static string RawTarget(HttpRequest request) =>
        request.HttpContext.Features.Get<IHttpRequestFeature>()?.RawTarget is ['/', ..] raw ? raw : request.Path + request.QueryString;

    private static Dictionary<string, string> KeptHeaders(IChannel channel, IHeaderDictionary headers)
    {
        var kept = new Dictionary<string, string>(4, StringComparer.Ordinal);
        if (headers.ContentType is [{ } contentType, ..]) kept["content-type"] = contentType;
        foreach (var name in channel.KeptHeaders)
        {
            if (name is not [.., '*'])
            {
                if (headers.TryGetValue(name, out var value)) kept[name] = string.Join(", ", value.AsEnumerable());
                continue;
            }

            foreach (var header in headers)
            {
                if (header.Key.AsSpan().StartsWith(name.AsSpan(0, name.Length - 1), StringComparison.OrdinalIgnoreCase))
                    kept[header.Key.ToLowerInvariant()] = string.Join(", ", header.Value.AsEnumerable());
            }
        }

        return kept;
    }

    private static async Task WriteAsync(HttpResponse response, Answer answer, CancellationToken ct)
    {
        response.StatusCode = answer.Status;
        foreach (var (name, value) in answer.Headers) response.Headers[name] = value;
        // A challenge echoes what a stranger sent: no browser may take it for a page.
        response.Headers.XContentTypeOptions = "nosniff";
        response.ContentType = answer.ContentType;
        response.ContentLength = answer.Status is StatusCodes.Status204NoContent ? null : answer.Body.Length;
        if (answer.Body.Length > 0) await response.Body.WriteAsync(answer.Body, ct);
    }
}
