using System.Diagnostics;
using Microsoft.Extensions.Options;
using Serverless.Channels;
using Serverless.Platform.Storage;
using Serverless.Platform.Telemetry;

namespace Serverless.Intake;

/// <summary>Verifies a webhook call and stores it before answering 2xx (P1).</summary>
public sealed partial class DeliveryIntake(DeliveryStore deliveries, SourceTrust trust, Bulkhead bulkhead,
    IOptionsMonitor<ReceiveOptions> options, ILogger<DeliveryIntake> log)
{
    private static readonly WebhookResponse TooMany = WebhookResponse.Text("Too many unverified calls within this hour. They are not kept.",
        429) with { Headers = [new("Retry-After", "3600")] };
    private static readonly WebhookResponse NotStored = WebhookResponse.Text("The call could not be stored just now. Please call again.",
        503) with { Headers = [new("Retry-After", "30")] };
    private static readonly WebhookResponse Shut =
        WebhookResponse.Text(
            "This channel is not ready: a setting is missing, which the receiver's log and health page name. Please call again.", 503)
            with { Headers = [new("Retry-After", "300")] };
    private static readonly WebhookResponse OurOwn = WebhookResponse.Text("This method is not taken here.", 405)
        with { Headers = [new("Allow", "GET, POST, OPTIONS")] };
    private static readonly WebhookResponse Refused =
        WebhookResponse.Text("The signature of this call is missing or does not match. The receiver's log has the reason.", 403);

    /// <summary>The response to a complete call over the limit; null when nothing proves it genuine. It is not stored.</summary>
    public static WebhookResponse? Busy(IChannel channel, Delivery delivery)
    {
        if (channel.Verify(delivery) is not (VerificationResult.Valid or VerificationResult.Pending)) return null;
        Measures.Received(channel.Name, "unstored");
        return channel.Respond(delivery, Acceptance.NotStored);
    }

    /// <summary>Counts a call that was refused before it could be judged: it was too many, or too slow.</summary>
    public void CountUnread(string channel)
    {
        Measures.Received(channel, "unread");
        LogUnread(channel);
    }

    /// <summary>
    /// The answer for the caller. Takes at most <see cref="ReceiveOptions.StoreSeconds"/> beyond the check itself, and is not tied to the
    /// caller: once the body is complete it is stored and queued, even if the caller has disconnected.
    /// </summary>
    /// <param name="channel">The channel.</param>
    /// <param name="settings">Its settings.</param>
    /// <param name="delivery">The call.</param>
    /// <param name="abandoned">Called when storing was given up: a call of storage may still read the body.</param>
    public async Task<WebhookResponse> AnswerAsync(IChannel channel, ChannelSettings settings, Delivery delivery, Action abandoned)
    {
        // Our own method for what we found ourselves, which needs no check: nobody else may use it.
        if (delivery.Method == Delivery.FetchedMethod) return OurOwn;
        using var span = Spans.Start("receive", ActivityKind.Server);
        span?.SetTag("delivery", delivery.Id).SetTag("channel", delivery.Channel);
        var verdict = channel.Verify(delivery);
        if (verdict is VerificationResult.Challenge challenge) return Counted(challenge.Response, delivery, "handshake", span);

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(options.CurrentValue.StoreSeconds));
        var stored = BearerProofs.Stored(channel, delivery);
        try
        {
            if (verdict is VerificationResult.Invalid { Reason: VerificationReasons.NoSecret })
                return Counted(Shut, delivery, "shut", span);
            if (verdict is VerificationResult.Invalid forged)
            {
                var (turned, outcome) = await TurnAwayAsync(channel, settings, stored, forged, patience.Token);
                return Counted(turned, delivery, outcome, span);
            }

            if (verdict is VerificationResult.Pending && bulkhead.ForUndecided(channel.Name, delivery.Body.Length) != Keep.Whole)
            {
                // Unverified storage is limited; beyond the limit a call that may be genuine is verified immediately instead of being
                // rejected.
                verdict = await DecideAsync(channel, delivery, patience.Token);
                if (verdict is not VerificationResult.Valid)
                    return Counted(channel.Respond(delivery, Acceptance.NotStored), delivery, "undecided-beyond-limit", span);
            }

            if (verdict is VerificationResult.Valid) await trust.VerifiedAsync(channel.Name, settings, patience.Token);
            await deliveries.AcceptAsync(stored, (verdict as VerificationResult.Pending)?.Reason, patience.Token,
                (verdict as VerificationResult.Valid)?.SentAt);
            LogAccepted(delivery.Channel, delivery.Id, delivery.Body.Length);
            return Counted(Named(channel.Respond(delivery, Acceptance.Stored), delivery), delivery, "accepted", span);
        }
        catch (Exception error) when (error is StorageUnavailableException or OperationCanceledException)
        {
            abandoned();
            // A forged call must not learn a private number from the answer of a call plan.
            var answer = verdict is VerificationResult.Invalid ? NotStored : channel.Respond(delivery, Acceptance.NotStored);
            LogNotStored(delivery.Channel, delivery.Id, answer.Status, error.GetType().Name);
            return Counted(answer, delivery, "unstored", span);
        }
    }

    // Loading is bounded by the channel: a stranger may name any number of keys.
    private static async Task<VerificationResult> DecideAsync(IChannel channel, Delivery delivery, CancellationToken ct)
    {
        if (channel is ILoadsSigningKeys keys && await keys.LoadKeysAsync(delivery, ct) is SigningKeys.Later later)
            return new VerificationResult.Pending(later.Reason);
        return channel.Verify(delivery);
    }

    private async Task<(WebhookResponse Answer, string Outcome)> TurnAwayAsync(IChannel channel, ChannelSettings settings,
        Delivery delivery, VerificationResult.Invalid forged, CancellationToken ct)
    {
        var mode = await trust.ModeAsync(channel.Name, settings, ct);
        var source = channel.SourceOf(delivery);
        var keep = bulkhead.ForForged(channel.Name, source, mode == VerificationMode.Enforce ? 0 : delivery.Body.Length);
        LogForged(delivery.Channel, delivery.Id, forged.Reason, mode, keep);
        if (mode == VerificationMode.Enforce || keep != Keep.Whole)
        {
            var answer = mode == VerificationMode.Enforce ? Refused : TooMany;
            if (keep == Keep.Nothing) return (answer, "refused");
            await deliveries.RefuseAsync(
                delivery, new Failing(forged.Reason, forged.SentAt, source, keep == Keep.Fact ? Bulkhead.SampleSize : 1), ct);
            return (Named(answer, delivery), "refused");
        }

        await deliveries.QuarantineAsync(delivery, new Failing(forged.Reason, forged.SentAt, source), ct);
        return (Named(channel.Respond(delivery, mode == VerificationMode.Observe ? Acceptance.Stored : Acceptance.Quarantined), delivery),
            "quarantined");
    }

    private static WebhookResponse Counted(WebhookResponse answer, Delivery delivery, string outcome, Activity? span)
    {
        Measures.Received(delivery.Channel, outcome);
        span?.SetTag("outcome", outcome);
        return answer;
    }

    // The sender and our own tools can name the delivery when they ask for its outcome.
    private static WebhookResponse Named(WebhookResponse answer, Delivery delivery) =>
        answer with { Headers = [.. answer.Headers, new("X-Delivery-Id", delivery.Id)] };

    // Debug level: the wide log line of a delivery is the one with its outcome.
    [LoggerMessage(20, LogLevel.Debug, "accepted {Channel}/{Id} bytes={Bytes}")]
    private partial void LogAccepted(string channel, string id, int bytes);

    [LoggerMessage(21, LogLevel.Warning, "not verified {Channel}/{Id} reason={Reason} mode={Mode} kept={Kept}")]
    private partial void LogForged(string channel, string id, string reason, VerificationMode mode, Keep kept);

    [LoggerMessage(23, LogLevel.Warning, "not read {Channel}: too many calls at once, or the body came too slowly")]
    private partial void LogUnread(string channel);

    [LoggerMessage(22, LogLevel.Error, "answered-unstored {Channel}/{Id} status={Status} error={Error}")]
    private partial void LogNotStored(string channel, string id, int status, string error);
}
