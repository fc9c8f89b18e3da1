using System.Globalization;
using System.Text.Json;
using Serverless.Contacts;

namespace Serverless.Channels.Vonage;

/// <summary>
/// Reads everything Vonage says of a call. One call is one contact under the id of its conversation, which all legs, recordings and
/// transcriptions share; each
/// callback says only what it knows, and the fold keeps the furthest. https://developer.vonage.com/en/voice/voice-api/webhook-reference
/// </summary>
internal sealed class VonageVoicePayload
{
    private readonly VonageCallback _call;
    private readonly Delivery _delivery;
    private readonly string _account;
    private readonly string _conversation;
    private readonly string? _status;

    private VonageVoicePayload(VonageCallback call, Delivery delivery, string account, string conversation)
    {
        _call = call;
        _delivery = delivery;
        _account = account;
        _conversation = conversation;
        _status = call["status"];
    }

    /// <summary>What one callback says; null when it cannot be read.</summary>
    /// <param name="door">The path after <c>api/hooks/vonage/</c>.</param>
    /// <param name="call">Its fields.</param>
    /// <param name="delivery">The callback itself.</param>
    /// <param name="account">API key of the account it comes from.</param>
    public static Parsed? Read(string door, VonageCallback call, Delivery delivery, string account)
    {
        // A transfer names two conversations; the leg continues in the second, whose own callbacks follow.
        if (call["conversation_uuid_to"] is not null) return new Parsed.Ignored("transfer");
        // Errors of our own call control: https://developer.vonage.com/en/voice/voice-api/webhook-reference#errors
        if (call["reason"] is not null && call["status"] is null && door is "voice/events") return new Parsed.Ignored("error");
        if ((call["conversation_uuid"] ?? call["uuid"] ?? call["call_uuid"]) is not { } conversation) return null;
        var payload = new VonageVoicePayload(call, delivery, account, conversation);
        return door switch
        {
            "voice/answer" => payload.Incoming(),
            "voice/dial" => payload.Dialled(),
            "voice/recording" => payload.Recording(),
            "voice/transcription" => payload.Transcription(),
            "voice/events" when call["recording_uuid"] is not null => payload.Recording(),
            "voice/events" => payload.Event(),
            _ => null,
        };
    }

    /// <summary>Whether the person rung was not reached, so that the call flow continues.</summary>
    public static bool WasNotReached(string? status) => status is "timeout" or "failed" or "rejected" or "unanswered" or "busy";

    /// <summary>
    /// Parses a call of <c>GET /v1/calls</c> with its legs, for reconciliation. https://developer.vonage.com/en/api/voice#getCalls
    /// </summary>
    /// <param name="json">The call and its legs as reconciliation wrote them.</param>
    /// <param name="delivery">What it was wrapped in.</param>
    /// <param name="account">API key of the account.</param>
    public static Parsed? Held(JsonElement json, Delivery delivery, string account)
    {
        var call = json.Get("call"u8);
        if (call.Get("conversation_uuid"u8).AsId() is not { } conversation) return null;
        var answerer = (string?)null;
        foreach (var leg in json.Get("legs"u8).Items())
        {
            if (leg.Get("status"u8).Is("completed"u8) && Seconds(leg.Get("duration"u8).AsId()) > 0)
                answerer = VonageNumber.Of(leg.Get("to"u8).Get("number"u8).AsId());
        }

        var over = IsOver(call.Get("status"u8).AsText());
        var journey = new CallJourney
        {
            Outcome = answerer is not null ? CallOutcome.Answered : over ? CallOutcome.Missed : CallOutcome.Ringing,
            Answerer = answerer,
            DurationSeconds = Seconds(call.Get("duration"u8).AsId()),
            Ended = over,
        };
        var (customer, ours) = (VonageNumber.Of(call.Get("from"u8).Get("number"u8).AsId()),
            VonageNumber.Of(call.Get("to"u8).Get("number"u8).AsId()));
        return Contact($"{conversation}:incoming", ContactChange.Received, conversation, account, (customer, ours),
            Time(call.Get("start_time"u8).AsText(), delivery), delivery, journey);
    }

    private Parsed.Found Incoming() =>
        Found("incoming", ContactChange.Received, new CallJourney { Outcome = CallOutcome.Ringing }, Sides());

    // An event of the customer's own leg. "answered" means that the app answered, not a person; legs to people have a path of their own.
    private Parsed? Event()
    {
        if (_status is null) return null;
        if (_status is "human" or "machine") return new Parsed.Ignored("machine-detection");
        if (_call["direction"] is "outbound") return OutboundCall();
        var over = IsOver(_status);
        return Found(_status, ContactChange.Progressed, new CallJourney
        {
            // What ended may have been answered or recorded; other callbacks say so and outrank this one.
            Outcome = over ? CallOutcome.Missed : CallOutcome.Ringing,
            DurationSeconds = Seconds(_call["duration"]),
            Ended = over,
        }, Sides());
    }

    // A call that our own people place through this application is an answer to the customer it goes to (P16).
    private Parsed.Found OutboundCall()
    {
        var over = IsOver(_status);
        return Found(_status!, over ? ContactChange.Progressed : ContactChange.Received, new CallJourney
        {
            Outcome = _status is "answered" || (_status is "completed" && Seconds(_call["duration"]) > 0)
            ? CallOutcome.Answered : over ? CallOutcome.Missed : CallOutcome.Ringing,
            DurationSeconds = Seconds(_call["duration"]),
            Ended = over,
        }, (VonageNumber.Of(_call["to"]), VonageNumber.Of(_call["from"])), Direction.Outbound);
    }

    // A leg that rings one of our people for the caller: progress of the customer's call, not a contact of its own.
    private Parsed? Dialled()
    {
        if (_status is null) return null;
        if (_status is "human" or "machine") return new Parsed.Ignored("machine-detection");
        var answered = _status is "answered" || (_status is "completed" && Seconds(_call["duration"]) > 0);
        // While another person is still to be rung the call is not missed.
        var missed = WasNotReached(_status) && _call.Query("next") is Ncco.NextIsMessage;
        return Found($"{_call["to"]}:{_status}", ContactChange.Progressed, new CallJourney
        {
            Outcome = answered ? CallOutcome.Answered : missed ? CallOutcome.Missed : CallOutcome.Ringing,
            Answerer = answered ? VonageNumber.Of(_call["to"]) : null,
        }, default);
    }

    private Parsed.Found? Recording()
    {
        if (_call["recording_uuid"] is not { } recording) return null;
        var file = File();
        return Found($"recording:{recording}", ContactChange.Progressed,
            new CallJourney { Outcome = file.Length > 0 ? CallOutcome.Voicemail : CallOutcome.Missed }, default, files: file);
    }

    // The words themselves must be fetched. https://developer.vonage.com/en/voice/voice-api/guides/recording
    private Parsed? Transcription() => _call["transcription_url"] is { Length: <= 1000 } url
        ? new Parsed.Reference(url) : new Parsed.Ignored("transcription-without-text");

    /// <summary>The words of a message left, once they are fetched.</summary>
    /// <param name="call">The callback that pointed at them.</param>
    /// <param name="delivery">The delivery it came in.</param>
    /// <param name="account">API key of the account.</param>
    /// <param name="words">What was said.</param>
    public static Parsed? Transcribed(VonageCallback call, Delivery delivery, string account, string words) =>
        call["conversation_uuid"] is { } conversation && call["recording_uuid"] is { } recording
            ? new VonageVoicePayload(call, delivery, account, conversation).Found($"transcription:{recording}", ContactChange.Progressed,
                new CallJourney { Outcome = CallOutcome.Voicemail }, default, text: words)
            : null;

    private Attachment[] File() =>
        _call["recording_url"] is { } url
        ? [new Attachment(url, "audio/mpeg", long.TryParse(_call["size"], NumberStyles.None, CultureInfo.InvariantCulture, out var size)
            ? size : null)] : [];

    private (string? Customer, string? Ours) Sides() => (VonageNumber.Of(_call["from"]), VonageNumber.Of(_call["to"]));

    private Parsed.Found Found(
        string eventId, ContactChange change, CallJourney journey, (string? Customer, string? Ours) sides,
        Direction direction = Direction.Inbound, Attachment[]? files = null, string? text = null) =>
        Contact($"{_conversation}:{eventId}", change, _conversation, _account, sides, Time(_call["timestamp"], _delivery), _delivery,
            journey, direction, files, text);

    private static Parsed.Found Contact(
        string eventId, ContactChange change, string conversation, string account, (string? Customer, string? Ours) sides,
        DateTimeOffset at, Delivery delivery, CallJourney journey,
        Direction direction = Direction.Inbound, Attachment[]? files = null, string? text = null)
    {
        var thread = VonageNumber.ThreadOf(sides.Customer, sides.Ours);
        return new(new(eventId, change, new Contact
        {
            Channel = VonageChannel.ChannelName,
            Network = "voice",
            Account = account,
            ExternalId = conversation,
            Kind = direction is Direction.Outbound ? ContactKind.Call : journey.Kind,
            Direction = direction,
            Entry = sides.Ours,
            ThreadKey = thread,
            Parties = VonageNumber.PartyOf(sides.Customer, account),
            OccurredAt = at,
            ReceivedAt = delivery.ReceivedAt,
            Text = text,
            Attachments = files ?? [],
            Reply = thread is null || direction is Direction.Outbound ? null : new ReplyPath(VonageNumber.Bare(sides.Customer!)),
            Call = journey,
        }));
    }

    private static bool IsOver(string? status) => status is "completed" or "cancelled" or "disconnected" || WasNotReached(status);

    private static int? Seconds(string? text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? seconds : null;

    private static DateTimeOffset Time(string? text, Delivery delivery) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
            out var time)
        && time > DateTimeOffset.UnixEpoch && time <= delivery.ReceivedAt.AddDays(1) ? time : delivery.ReceivedAt;
}
