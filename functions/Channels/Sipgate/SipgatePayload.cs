using Serverless.Contacts;

namespace Serverless.Channels.Sipgate;

/// <summary>
/// Reads what sipgate pushes of a call. Every transfer is a call of its own with the id of the first one as <c>origCallId</c>: all of them
/// are one contact. Each push says only
/// what it knows, and the fold keeps the furthest. https://developer.sipgate.io/push-api/api-reference/
/// </summary>
internal sealed class SipgatePayload
{
    private readonly FormFields _form;
    private readonly Delivery _delivery;
    private readonly string _call;
    private readonly string _journey;
    private readonly bool _outbound;

    private SipgatePayload(FormFields form, Delivery delivery, string call)
    {
        _form = form;
        _delivery = delivery;
        _call = call;
        _journey = form["origCallId"u8] ?? call;
        _outbound = form["direction"u8] == "out";
    }

    private bool IsTransfer => _journey != _call;

    /// <summary>What a push says; null when it cannot be read.</summary>
    public static Parsed? Read(FormFields form, Delivery delivery)
    {
        if (form["callId"u8] is not { } call) return null;
        var payload = new SipgatePayload(form, delivery, call);
        return form["event"u8] switch
        {
            "newCall" => payload.NewCall(),
            "answer" => payload.Answered(),
            "hangup" => payload.HungUp(),
            // We never ask a caller to type anything.
            "dtmf" => new Parsed.Ignored("dtmf"),
            _ => null,
        };
    }

    /// <summary>Whether the call was transferred: then it is under way to a person, and no call flow of ours may take it over.</summary>
    public static bool IsHandedOn(FormFields form) => form["origCallId"u8] is { } first && first != form["callId"u8];

    /// <summary>A number as sipgate writes it, with its plus; null when the caller withholds it or it is none.</summary>
    public static string? Number(string? text)
    {
        var digits = (text ?? "").AsSpan().TrimStart('+');
        return digits.Length is >= 7 and <= 15 && !digits.ContainsAnyExceptInRange('0', '9') ? $"+{digits}" : null;
    }

    private Parsed.Found NewCall() => Found("newCall", IsTransfer ? ContactChange.Progressed : ContactChange.Received, new CallJourney
    {
        Outcome = CallOutcome.Ringing,
        Legs = [Leg(_outbound ? Number(_form["to"u8]) : Rung(), CallOutcome.Ringing)],
    });

    private Parsed.Found Answered()
    {
        // Only a user who is named is a person: sipgate's own voicemail answers as "voicemail", or as nobody. Who takes a call of ours is
        // the customer, whom nobody names.
        var machine = !_outbound
            && (_form["user"u8] is not { } user || string.Equals(user.Trim(), "voicemail", StringComparison.OrdinalIgnoreCase));
        var outcome = machine ? CallOutcome.Voicemail : CallOutcome.Answered;
        // The transferred call names the one who handed it on as answering number, so a user's name goes first.
        var who = _outbound ? Number(_form["to"u8]) : _form["user"u8] ?? Number(_form["answeringNumber"u8]);
        return Found("answer", ContactChange.Progressed, new CallJourney
        {
            Outcome = outcome,
            Answerer = machine ? null : who,
            AnsweredAt = machine ? null : _delivery.ReceivedAt,
            Legs = [Leg(who, outcome)],
        });
    }

    private Parsed.Found HungUp()
    {
        var cause = _form["cause"u8];
        // A forwarded leg ends and the call continues; "normalClearing" means that it was established, but not whether with a person or
        // with the voicemail: the answer event does.
        var missed = cause is "busy" or "cancel" or "noAnswer" or "congestion" or "notFound";
        var outcome = missed ? CallOutcome.Missed : CallOutcome.Ringing;
        return Found("hangup", ContactChange.Progressed, new CallJourney
        {
            Outcome = outcome,
            Ended = cause is not "forwarded",
            Legs = [Leg(null, outcome)],
        });
    }

    private CallLeg Leg(string? target, CallOutcome outcome) => new(_call, target, outcome, IsTransfer);

    private string? Rung()
    {
        var users = string.Join(", ", _form.All("user[]"));
        return users.Length > 0 ? users : null;
    }

    private Parsed.Found Found(string what, ContactChange change, CallJourney journey)
    {
        var from = _form["from"u8];
        // A call diverted to us, or handed on, names the number the customer dialled as diversion.
        var dialled = _outbound ? _form["to"u8] : _form["diversion"u8] ?? _form["to"u8];
        var (customer, ours) = _outbound ? (Number(dialled), Number(from) ?? from) : (Number(from), Number(dialled) ?? dialled);
        var thread = customer is null || ours is null || IsTransfer ? null : $"{customer} {ours}";
        return new Parsed.Found(new ContactEvent($"{_call}:{what}", change, new Contact
        {
            Channel = SipgateChannel.ChannelName,
            Network = "voice",
            Account = SipgateChannel.ChannelName,
            ExternalId = _journey,
            Kind = _outbound ? ContactKind.Call : journey.Kind,
            Direction = _outbound ? Direction.Outbound : Direction.Inbound,
            Entry = ours,
            ThreadKey = thread,
            Parties = customer is null ? [] : [new Identity("phone", customer, Evidence.Claimed)],
            // sipgate's pushes carry no time.
            OccurredAt = _delivery.ReceivedAt,
            ReceivedAt = _delivery.ReceivedAt,
            Reply = customer is null ? null : new ReplyPath(customer),
            Call = journey,
            Extras = Extras(),
        }));
    }

    private Dictionary<string, string>? Extras()
    {
        Dictionary<string, string>? extras = null;
        if (_form["cause"u8] is { } cause && cause is not "normalClearing") (extras ??= [])["cause"] = cause;
        if (_form["diversion"u8] is { } diversion) (extras ??= [])["diversion"] = diversion;
        return extras;
    }
}
