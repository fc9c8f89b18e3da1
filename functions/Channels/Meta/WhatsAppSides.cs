using System.Text.Json;
using Serverless.Contacts;

namespace Serverless.Channels.Meta;

/// <summary>Our number and the customer behind one message. In an echo of our own phone app the customer is the addressee (P16).</summary>
internal readonly struct WhatsAppSides
{
    // https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages#customer-service-windows
    private static readonly TimeSpan Window = TimeSpan.FromHours(24);

    private readonly MetaOrigin _origin;
    private readonly JsonElement _ours;
    private readonly bool _outbound;
    private readonly string? _number;
    private readonly string? _userId;
    private readonly string? _group;
    private readonly JsonElement _card;

    public WhatsAppSides(MetaOrigin origin, JsonElement value, JsonElement message, bool outbound, bool alone)
    {
        _origin = origin;
        _ours = value.Get("metadata"u8);
        _outbound = outbound;
        _number = (message.Get(_outbound ? "to"u8 : "from"u8).AsId() ?? message.Get("wa_id"u8).AsId())?.TrimStart('+');
        _userId = message.Get(_outbound ? "to_user_id"u8 : "from_user_id"u8).AsId() ?? message.Get("user_id"u8).AsId();
        _group = message.Get("group_id"u8).AsId();
        _card = Card(value.Get("contacts"u8), alone);
        _number ??= _card.Get("wa_id"u8).AsId();
        _userId ??= _card.Get("user_id"u8).AsId();
    }

    /// <summary>Tells the members of a group apart; empty where there are only two sides, of which the phone app's echoes are
    /// ours.</summary>
    public string Who => _group is null ? (_outbound ? ":ours" : "") : $":{_userId ?? _number}";

    /// <param name="eventId">The id of this event.</param>
    /// <param name="change">The change; only a received message opens the reply window.</param>
    /// <param name="message">The message, echo or call.</param>
    /// <param name="id">The id of the message it happened to.</param>
    /// <param name="said">What it says.</param>
    /// <param name="extras">Further fields.</param>
    public Parsed.Found Event(string eventId, ContactChange change, JsonElement message, string id, MetaText said, ExtraFields extras)
    {
        var account = _ours.Get("phone_number_id"u8).AsId() ?? _origin.EntryId;
        var occurredAt = message.Get("timestamp"u8).AsTime(_origin.ReceivedAt);
        var phone = Phone(_number);

        // The number goes into "to" of the send call, a user id into "recipient", a group id into "to" with recipient_type "group".
        var address = _outbound || change is not ContactChange.Received ? null : _group ?? phone ?? _userId ?? _number;

        // A user name can be released and taken by another person: stored, but no identity.
        var profile = _card.Get("profile"u8);
        extras.Add("username", profile.Get("username"u8).AsText());
        extras.Add("group_id", _group);
        return new(new(eventId, change, new()
        {
            Channel = "meta",
            Network = "whatsapp",
            Account = account,
            ExternalId = id,
            Kind = said.Kind,
            Direction = _outbound ? Direction.Outbound : Direction.Inbound,
            Entry = _ours.Get("display_phone_number"u8).AsId() ?? account,
            ThreadKey = Thread(account),
            ThreadAlias = _group is null && _userId is not null && _number is not null ? $"whatsapp:{account}:{_number}" : null,
            Parties = Parties(phone, profile.Get("name"u8).AsText()),
            OccurredAt = occurredAt,
            ReceivedAt = _origin.ReceivedAt,
            Text = said.Text,
            Attachments = said.Attachments ?? [],
            Reply = address is null ? null : new(address, occurredAt + Window),
            Extras = extras.Values,
        }));
    }

    /// <summary>
    /// Our number plus the customer's business-scoped user id, or the phone number where there is no such id. The id is in every message
    /// since April 2026, while the phone number comes and goes with a user name and the time since the last message, so the key holds when
    /// the number disappears. Echoes, and messages of before that date, may name the number alone: it is a second name of the same
    /// conversation. A number given to a new owner comes with a new id, so the new owner does not fall into the old one's case (P10). In a
    /// group the group is the thread.
    /// https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids
    /// </summary>
    private string? Thread(string account) => (_group ?? _userId ?? _number) is { } other ? $"whatsapp:{account}:{other}" : null;

    // The provider does not say the portfolio that a user id belongs to; the WhatsApp Business account is the narrower scope it does say.
    private IReadOnlyList<Identity> Parties(string? phone, string? name)
    {
        var first = phone is not null ? new Identity("phone", phone, Evidence.Attested, null, name)
            : _number is not null ? new Identity("whatsapp", _number, Evidence.Attested, null, name) : null;
        var second = _userId is null ? null : new Identity("bsuid", _userId, Evidence.Attested, _origin.EntryId, name);
        return (first, second) switch
        {
            (null, null) => [],
            (not null, null) => [first],
            (null, not null) => [second],
            _ => [first, second],
        };
    }

    // WhatsApp writes numbers in the international form without a plus.
    private static string? Phone(string? number) =>
        number is { Length: >= 7 and <= 15 } && number.AsSpan().IndexOfAnyExceptInRange('0', '9') < 0 ? $"+{number}" : null;

    // The card with the sender's name lies beside the messages. It is theirs when an id says so; a lone card beside a lone message is too,
    // since wa_id and number of one person may differ. Anything else is left alone: no card is better than a stranger's name (P11).
    private JsonElement Card(JsonElement cards, bool alone)
    {
        foreach (var card in cards.Items())
        {
            var userId = card.Get("user_id"u8);
            var theirs = _userId is not null && userId.ValueKind is not JsonValueKind.Undefined
                ? userId.IsId(_userId)
                : (alone && cards.Count() == 1) || (_number is not null && card.Get("wa_id"u8).IsId(_number));
            if (theirs) return card;
        }

        return default;
    }
}
