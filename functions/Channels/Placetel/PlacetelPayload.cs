using Serverless.Contacts;

namespace Serverless.Channels.Placetel;

/// <summary>
/// Parses Placetel's call events: one contact per <c>call_id</c>. https://github.com/Placetel/call-control-notify-api#our-post-request
/// </summary>
internal sealed class PlacetelPayload(FormFields form, Delivery delivery, string country, string call)
{
    // A hang-up may come without its direction; these ways to end are those of calls that we placed.
    private readonly bool _outbound = form["direction"u8] is { } direction
        ? direction == "out"
        : form["event"u8] == "OutgoingCall" || form["type"u8] is "busy" or "canceled" or "unavailable" or "congestion";

    /// <summary>What a notification says; null when it cannot be read.</summary>
    /// <param name="form">Its fields.</param>
    /// <param name="delivery">The notification itself.</param>
    /// <param name="country">Country code without plus.</param>
    public static Parsed? Read(FormFields form, Delivery delivery, string country)
    {
        if (form["call_id"u8] is not { } call) return null;
        var payload = new PlacetelPayload(form, delivery, country, call);
        var journey = form["event"u8] switch
        {
            "IncomingCall" or "OutgoingCall" => new CallJourney { Outcome = CallOutcome.Ringing },
            "CallAccepted" => payload.Accepted(),
            "HungUp" => payload.HungUp(),
            _ => null,
        };
        if (journey is null) return null;
        // From colleague to colleague: extensions or SIP users, no number of a customer. A caller who withholds the number is one all the
        // same.
        if (payload.Customer is { Length: > 0 } customer && customer != "anonymous" && PlacetelNumber.Of(customer, country) is null)
            return new Parsed.Ignored("internal-call");
        return payload.Found(journey);
    }

    private string? Customer => _outbound ? form["to"u8] : form["from"u8];

    private CallJourney Accepted() => new()
    {
        Outcome = CallOutcome.Answered,
        Answerer = form["peer"u8],
        AnsweredAt = delivery.ReceivedAt,
        Legs = form["peer"u8] is { } peer ? [new CallLeg(peer, peer, CallOutcome.Answered)] : null,
    };

    private CallJourney HungUp() => new()
    {
        Outcome = form["type"u8] switch
        {
            "accepted" => CallOutcome.Answered,
            "voicemail" => CallOutcome.Voicemail,
            // A bare hang-up says only that it is over.
            null when _outbound => CallOutcome.Ringing,
            _ => CallOutcome.Missed,
        },
        // A blocked caller is owed nothing, and is told so by design.
        Refused = form["type"u8] == "blocked" ? true : null,
        DurationSeconds = form.Number("duration"u8) is > 0 and var seconds ? seconds : null,
        // Placetel does not report the acceptance of outgoing calls, but their duration.
        AnsweredAt = _outbound && form["type"u8] == "accepted" && form.Number("duration"u8) is { } talked
        ? delivery.ReceivedAt - TimeSpan.FromSeconds(talked) : null,
        Ended = true,
    };

    private Parsed.Found Found(CallJourney journey)
    {
        var customer = PlacetelNumber.Of(Customer, country);
        var raw = _outbound ? form["from"u8] : form["to"u8];
        var ours = PlacetelNumber.Of(raw, country) ?? raw;
        var happened = form["event"u8]!;
        return new Parsed.Found(new ContactEvent($"{call}:{happened}", happened is "IncomingCall" or "OutgoingCall" ? ContactChange.Received
            : ContactChange.Progressed, new Contact
        {
            Channel = PlacetelChannel.ChannelName,
            Network = "voice",
            Account = PlacetelChannel.ChannelName,
            ExternalId = call,
            Kind = _outbound ? ContactKind.Call : journey.Kind,
            Direction = _outbound ? Direction.Outbound : Direction.Inbound,
            Entry = ours,
            ThreadKey = customer is null || ours is null ? null : $"{customer} {ours}",
            Parties = customer is null ? [] : [new Identity("phone", customer, Evidence.Claimed)],
            // Placetel's notifications carry no time.
            OccurredAt = delivery.ReceivedAt,
            ReceivedAt = delivery.ReceivedAt,
            Reply = customer is null ? null : new ReplyPath(customer),
            Call = journey,
            Extras = Extras(),
        }));
    }

    private Dictionary<string, string>? Extras()
    {
        Dictionary<string, string>? extras = null;
        if (form["type"u8] is { } type && type is not ("accepted" or "missed")) (extras ??= [])["type"] = type;
        // Seconds they talked, not of the whole call.
        if (form["duration"u8] is { } duration && duration != "0") (extras ??= [])["duration"] = duration;
        if (_outbound && form["peer"u8] is { } peer) (extras ??= [])["peer"] = peer;
        return extras;
    }
}
