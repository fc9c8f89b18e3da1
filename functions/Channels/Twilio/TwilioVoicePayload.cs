using System.Globalization;
using Serverless.Contacts;

namespace Serverless.Channels.Twilio;

/// <summary>
/// Reads everything Twilio says of a call. One call is one contact under the SID of the customer's own leg; each callback says only what it
/// knows, and the
/// fold keeps the furthest: ringing, missed, voicemail, answered. https://www.twilio.com/docs/usage/webhooks/voice-webhooks
/// </summary>
internal sealed class TwilioVoicePayload
{
    /// <summary>The value of <c>next</c> in the action address of the last ring group.</summary>
    public const string NextIsMessage = "message";

    private readonly TwilioForm _form;
    private readonly Delivery _delivery;
    private readonly string _account;
    private readonly string _call;
    private readonly string? _status;
    private readonly string? _parent;
    private readonly bool _outbound;

    private TwilioVoicePayload(TwilioForm form, Delivery delivery, string account, string call)
    {
        _form = form;
        _delivery = delivery;
        _account = account;
        _call = call;
        _status = form["CallStatus"u8];
        _parent = form["ParentCallSid"u8];
        _outbound = _parent is null && form["Direction"u8] is { } direction && direction.StartsWith("outbound", StringComparison.Ordinal);
    }

    /// <summary>What one call of Twilio says; null when it cannot be read.</summary>
    /// <param name="door">The path after <c>api/hooks/twilio/</c>.</param>
    /// <param name="form">Its parameters.</param>
    /// <param name="delivery">The call itself.</param>
    public static Parsed? Read(string door, TwilioForm form, Delivery delivery)
    {
        if (form["CallSid"u8] is not { } call || form["AccountSid"u8] is not { } account) return null;
        var payload = new TwilioVoicePayload(form, delivery, account, call);
        return door switch
        {
            // The address for incoming calls is often entered for status callbacks, too; only those name their source.
            "voice" when form["CallbackSource"u8] is null && !payload.IsOver => payload.Incoming(),
            "voice" or "voice/status" => payload.Status(),
            "voice/dial" => payload.Dialled(),
            "voice/message" => payload.MessageLeft(),
            "voice/recording" => payload.Recording(),
            "voice/transcription" => payload.Transcription(),
            _ => null,
        };
    }

    /// <summary>Whether the call was put through to a person; <c>completed</c> and <c>answered</c> are Twilio's words for it.
    /// https://www.twilio.com/docs/voice/twiml/dial#dialcallstatus</summary>
    public static bool WasAnswered(TwilioForm form) => form["DialCallStatus"u8] is "completed" or "answered";

    private bool IsOver => _status is "completed" or "busy" or "no-answer" or "canceled" or "failed";

    private Parsed.Found Incoming() =>
        Found($"{_call}:incoming", ContactChange.Received, new CallJourney { Outcome = CallOutcome.Ringing });

    private Parsed.Found? Status()
    {
        if (_status is null) return null;
        var id = $"{_call}:{_status}:{_form["SequenceNumber"u8]}";
        if (_parent is not null) return LegOfOurs(id);
        // A call that our own people place is an answer to the customer it goes to (P16): there, "in progress" is a person reached.
        if (_outbound) return Outbound(id);
        // What ended may have been answered or recorded; other callbacks say so and outrank this one.
        return Found(id, ContactChange.Progressed, new CallJourney
        {
            Outcome = IsOver ? CallOutcome.Missed : CallOutcome.Ringing,
            DurationSeconds = _form.Number("CallDuration"u8),
            Ended = IsOver,
        });
    }

    /// <summary>A leg that rings one of our people for the caller: progress of the customer's call, not a contact of its own.</summary>
    private Parsed.Found LegOfOurs(string id)
    {
        var answered = _status is "in-progress" || (_status is "completed" && _form.Number("CallDuration"u8) > 0);
        return Found(id, ContactChange.Progressed, new CallJourney
        {
            Outcome = answered ? CallOutcome.Answered : CallOutcome.Ringing,
            Answerer = answered ? _form["To"u8] : null,
            AnsweredAt = _status is "in-progress" ? Time() ?? _delivery.ReceivedAt : null,
            Legs = [new CallLeg(_call, _form["To"u8], answered ? CallOutcome.Answered : IsOver ? CallOutcome.Missed : CallOutcome.Ringing)],
        });
    }

    private Parsed.Found Outbound(string id) => Found(id, IsOver ? ContactChange.Progressed : ContactChange.Received, new CallJourney
    {
        Outcome = _status is "in-progress" or "completed" ? CallOutcome.Answered : IsOver ? CallOutcome.Missed : CallOutcome.Ringing,
        AnsweredAt = _status is "in-progress" ? Time() ?? _delivery.ReceivedAt : null,
        DurationSeconds = _form.Number("CallDuration"u8),
        Ended = IsOver,
    });

    private Parsed.Found? Dialled()
    {
        if (_form["DialCallStatus"u8] is not { } dialled) return null;
        var next = TwilioForm.OfQuery(_delivery)?["next"u8];
        var answered = WasAnswered(_form);
        // While another group is still to be rung the call is not missed, unless the caller is gone.
        var missed = !answered && (next is NextIsMessage || IsOver);
        return Found($"{_call}:dial:{next}:{dialled}", ContactChange.Progressed, new CallJourney
        {
            Outcome = answered ? CallOutcome.Answered : missed ? CallOutcome.Missed : CallOutcome.Ringing,
            Ended = IsOver,
        });
    }

    /// <summary>After Record, or a call that comes back because we could not store it before: only the former names a recording.</summary>
    private Parsed.Found MessageLeft()
    {
        var recording = _form["RecordingSid"u8] ?? _form["RecordingUrl"u8];
        var left = recording is not null && _form.Number("RecordingDuration"u8) is not 0;
        return Found($"{_call}:message:{recording}", ContactChange.Progressed, new CallJourney
        {
            Outcome = left ? CallOutcome.Voicemail : CallOutcome.Missed,
            Ended = IsOver,
        }, left ? RecordingFile() : []);
    }

    /// <summary>https://www.twilio.com/docs/voice/api/recording#recordingstatuscallback</summary>
    private Parsed? Recording()
    {
        if (_form["RecordingSid"u8] is not { } recording || _form["RecordingStatus"u8] is not { } status) return null;
        if (status is "in-progress") return new Parsed.Ignored("recording-in-progress");
        var file = status is "completed" ? RecordingFile() : [];
        // A recording of a conversation, switched on elsewhere in the account, is no message left.
        var message = _form["RecordingSource"u8] is null or "RecordVerb";
        return Found($"{recording}:{status}", ContactChange.Progressed, new CallJourney
        {
            Outcome = !message ? CallOutcome.Ringing : file.Length > 0 ? CallOutcome.Voicemail : CallOutcome.Missed,
        }, file);
    }

    private Parsed? Transcription()
    {
        if (_form["TranscriptionSid"u8] is not { } transcription) return null;
        if (_form["TranscriptionText"u8] is not { } text) return new Parsed.Ignored("transcription-without-text");
        return Found(transcription, ContactChange.Progressed, new CallJourney { Outcome = CallOutcome.Voicemail }, RecordingFile(), text);
    }

    private Attachment[] RecordingFile() =>
        // The bare address gives a WAV of twice the size. https://www.twilio.com/docs/voice/api/recording#fetch-a-recording-media-file
        _form["RecordingUrl"u8] is { } url ? [new Attachment($"{url}.mp3", "audio/mpeg")] : [];

    private Parsed.Found Found(string eventId, ContactChange change, CallJourney journey, Attachment[]? files = null, string? text = null)
    {
        // A leg of ours and a recording name other parties than the customer, or none.
        var (from, to) = _parent is null ? (_form["From"u8], _form["To"u8]) : (null, null);
        var (customer, ours) = _outbound ? (to, from) : (from, to);
        var thread = PhoneAddress.ThreadOf(customer, ours);
        return new Parsed.Found(new ContactEvent(eventId, change, new Contact
        {
            Channel = TwilioChannel.ChannelName,
            Network = "voice",
            Account = _account,
            ExternalId = _parent ?? _call,
            Kind = _outbound ? ContactKind.Call : journey.Kind,
            Direction = _outbound ? Direction.Outbound : Direction.Inbound,
            Entry = ours,
            ThreadKey = thread,
            Parties = PhoneAddress.PartyOf(customer, _account, _outbound ? null : _form["CallerName"u8]),
            OccurredAt = Time() ?? _delivery.ReceivedAt,
            ReceivedAt = _delivery.ReceivedAt,
            Text = text,
            Attachments = files ?? [],
            Reply = thread is null ? null : new ReplyPath(customer!),
            Call = journey,
            Extras = Extras(),
        }));
    }

    /// <summary>Status callbacks carry the time as RFC 2822 text in UTC, others none.</summary>
    private DateTimeOffset? Time() =>
        DateTimeOffset.TryParseExact(_form["Timestamp"u8], "ddd, d MMM yyyy HH:mm:ss zzz", CultureInfo.InvariantCulture,
            DateTimeStyles.AdjustToUniversal, out var time) ? time : null;

    private Dictionary<string, string>? Extras()
    {
        Dictionary<string, string>? extras = null;
        if (_form["ForwardedFrom"u8] is { } forwarded) (extras ??= [])["ForwardedFrom"] = forwarded;
        if (_form["StirVerstat"u8] is { } stir) (extras ??= [])["StirVerstat"] = stir;
        return extras;
    }
}
