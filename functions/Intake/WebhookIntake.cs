using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Serverless.Channels;
using Serverless.Platform.Http;

namespace Serverless.Intake;

/// <summary>Reads a request into a delivery with its raw bytes, and has it verified and stored.</summary>
public sealed class WebhookIntake(
    ChannelDirectory channels, BodyReadLimiter readers, Bulkhead bulkhead, DeliveryIntake door, IOptionsMonitor<ReceiveOptions> options,
    TimeProvider time)
{
    private static readonly WebhookResponse NeverConfigured = WebhookResponse.Text(
        "There is no such channel here. Check the address; a channel is opened by its Channels__<Name>__Enabled setting.", 404);

    private static readonly WebhookResponse NotReady = WebhookResponse.Text(
        "This channel is not ready: a setting of it cannot be read. The receiver's health page names it. Please call again.", 503)
        with { Headers = [new("Retry-After", "300")] };

    private static readonly WebhookResponse TooBusy = WebhookResponse.Text("Too many calls of this channel at once. Please call again.",
        503)
        with { Headers = [new("Retry-After", "5")] };

    // The connection stays: behind it is the host, which hands an answer on only after it could send the rest of the body.
    private static readonly WebhookResponse TooSlow = WebhookResponse.Text("The body of this call came too slowly. Please call again.",
        408);

    /// <summary>The answer that the provider expects.</summary>
    /// <param name="request">As it arrived.</param>
    /// <param name="name">Name of the channel in its address.</param>
    public async Task<WebhookResponse> AnswerAsync(HttpRequest request, string name)
    {
        if (channels.Find(name) is not { } channel) return NeverConfigured;
        if (ChannelDirectory.SettingsOf(channel, out _) is not { } settings) return NotReady;
        if (!settings.Enabled) return NeverConfigured;
        using var reader = readers.Enter(channel.Name);
        if (reader is null) return Unread(channel, request, default, TooBusy);
        var body = new PooledBody();
        try
        {
            if (await ReadAsync(request, channel, reader, body) is { } refusal) return refusal;
            reader.Arrived();
            var delivery = Made(channel, request, body.Memory);
            // The limit counts whole bodies: none waits inside it for bytes that do not come.
            if (!bulkhead.TryEnter(channel.Name))
                return DeliveryIntake.Busy(channel, delivery) ?? Unread(channel, request, body.Memory, TooBusy);
            try
            {
                return await door.AnswerAsync(channel, settings, delivery, body.Abandon);
            }
            finally
            {
                bulkhead.Leave(channel.Name);
            }
        }
        finally
        {
            body.Dispose();
        }
    }

    /// <summary>Null when the body is complete; otherwise the response.</summary>
    private async Task<WebhookResponse?> ReadAsync(HttpRequest request, IChannel channel, BodyReadLimiter.Reader reader, PooledBody body)
    {
        var caller = request.HttpContext.RequestAborted;
        var (own, all) = (channel.MaxBodyBytes, options.CurrentValue.MaxBodyBytes);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(caller, reader.Evicted);
        deadline.CancelAfter(TimeSpan.FromSeconds(options.CurrentValue.BodySeconds));
        try
        {
            return await body.FillAsync(request, Math.Min(own, all), reader.TryHold, deadline.Token) switch
            {
                BodyEnd.Whole => null,
                BodyEnd.NoRoom => Unread(channel, request, body.Memory, TooBusy),
                _ => WebhookResponse.Text(
                    own < all
                        ? $"The body is larger than {own} bytes, the most that the channel {channel.Name} takes."
                        : $"The body is larger than {all} bytes, the limit set by Receive__MaxBodyBytes.",
                    413),
            };
        }
        catch (OperationCanceledException) when (!caller.IsCancellationRequested)
        {
            return Unread(channel, request, body.Memory, reader.Evicted.IsCancellationRequested ? TooBusy : TooSlow);
        }
        catch (BadHttpRequestException error) when (error.StatusCode == StatusCodes.Status408RequestTimeout)
        {
            return Unread(channel, request, body.Memory, TooSlow);
        }
    }

    // A phone call needs a valid response in any case; every other caller may repeat the call.
    private WebhookResponse Unread(IChannel channel, HttpRequest request, ReadOnlyMemory<byte> begun, WebhookResponse otherwise)
    {
        door.CountUnread(channel.Name);
        return channel.RespondUnread(Made(channel, request, begun)) ?? otherwise;
    }

    private Delivery Made(IChannel channel, HttpRequest request, ReadOnlyMemory<byte> body)
    {
        var now = time.GetUtcNow();
        return new Delivery
        {
            Id = DeliveryKey.NewId(now),
            Channel = channel.Name,
            Method = request.Method,
            PathAndQuery = RawTarget(request),
            Headers = KeptHeaders(channel, request.Headers),
            Body = body,
            ReceivedAt = now,
        };
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
