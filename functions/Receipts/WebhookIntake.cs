using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Serverless.Channels;
using Serverless.Platform.Http;

namespace Serverless.Receipts;

/// <summary>Makes a delivery of a request, raw bytes and all, and has it judged and stored.</summary>
public sealed class WebhookIntake(
    ChannelDirectory channels, Bulkhead bulkhead, FrontDoor door, IOptionsMonitor<ReceiveOptions> options, TimeProvider time)
{
    private static readonly Answer NeverConfigured = Answer.Text(
        "There is no such channel here. Check the address; a channel is opened by its Channels__<Name>__Enabled setting.", 404);

    private static readonly Answer NotReady = Answer.Text(
        "This channel is not ready: a setting of it cannot be read. The receiver's health page names it. Please call again.", 503)
        with { Headers = [new("Retry-After", "300")] };

    private static readonly Answer TooBusy = Answer.Text("Too many calls of this channel at once. Please call again.", 503)
        with { Headers = [new("Retry-After", "5")] };

    /// <summary>The answer that the provider expects.</summary>
    /// <param name="request">As it arrived.</param>
    /// <param name="name">Name of the channel in its address.</param>
    public async Task<Answer> AnswerAsync(HttpRequest request, string name)
    {
        if (channels.Find(name) is not { } channel) return NeverConfigured;
        if (ChannelDirectory.SettingsOf(channel, out _) is not { } settings) return NotReady;
        if (!settings.Enabled) return NeverConfigured;
        if (!bulkhead.TryEnter(channel.Name)) return TooBusy;
        try
        {
            var limit = options.CurrentValue.MaxBodyBytes;
            if (await RawBody.ReadAsync(request, limit) is not { } body)
                return Answer.Text($"The body is larger than {limit} bytes, the limit set by Receive__MaxBodyBytes.", 413);

            var now = time.GetUtcNow();
            var delivery = new Delivery
            {
                Id = DeliveryKey.NewId(now),
                Channel = channel.Name,
                Method = request.Method,
                PathAndQuery = RawTarget(request),
                Headers = KeptHeaders(channel, request.Headers),
                Body = body,
                ReceivedAt = now,
            };
            return await door.AnswerAsync(channel, settings, delivery, request.HttpContext.RequestAborted);
        }
        finally
        {
            bulkhead.Leave(channel.Name);
        }
    }

    // The request line as it arrived: PathString and QueryString would decode and encode once more, and some providers sign the URL.
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
}
