using System.Text.Json;
using Serverless.Contacts;

namespace Serverless.Channels.Meta;

/// <summary>
/// Who is the customer and who is us in a direct message. An echo is what our own people or another app wrote (P16): its customer is the
/// recipient.
/// </summary>
internal readonly struct MessagingSides
{
    // An answer may go out for 24 hours after the customer's last message; a person may use the tag HUMAN_AGENT for 7 days.
    // https://developers.facebook.com/docs/messenger-platform/policy/policy-overview
    private static readonly TimeSpan Window = TimeSpan.FromHours(24);

    private readonly MetaOrigin _origin;
    private readonly JsonElement _item;
    private readonly string _account;

    public MessagingSides(MetaOrigin origin, JsonElement item, bool echo)
    {
        _origin = origin;
        _item = item;
        _account = origin.EntryId;
        var sender = item.Get("sender"u8).Get("id"u8).AsId();

        // Instagram marks what an account writes to itself; its sender is not always the id of the entry.
        // https://developers.facebook.com/docs/instagram-platform/self-messaging
        Outbound = echo || sender == _account || item.Get("is_self"u8).IsTrue();
        Customer = Outbound ? item.Get("recipient"u8).Get("id"u8).AsId() : sender;
    }

    public bool Outbound { get; }

    /// <summary>PSID or IGSID; null for a person who wrote by the chat plugin without an account.</summary>
    public string? Customer { get; }

    /// <param name="eventId">The id of this event.</param>
    /// <param name="change">The change; only a received message opens the reply window.</param>
    /// <param name="id">The id of the message it happened to.</param>
    /// <param name="said">What it says.</param>
    /// <param name="extras">Further fields.</param>
    public Parsed.Found Event(string eventId, ContactChange change, string id, MetaText said, ExtraFields extras)
    {
        var instagram = _origin.Object is MetaObject.Instagram;
        var network = instagram ? "instagram" : "messenger";
        var occurredAt = _item.Get("timestamp"u8).AsTime(_origin.ReceivedAt);
        var address = Outbound || change is not ContactChange.Received ? null : Customer;
        return new(new(eventId, change, new()
        {
            Channel = "meta",
            Network = network,
            Account = _account,
            ExternalId = id,
            Kind = said.Kind,
            Direction = Outbound ? Direction.Outbound : Direction.Inbound,
            Entry = _account,
            ThreadKey = Customer is null ? null : $"{network}:{_account}:{Customer}",
            Parties = Customer is null ? [] : [new Identity(instagram ? "igsid" : "psid", Customer, Evidence.Attested, _account)],
            OccurredAt = occurredAt,
            ReceivedAt = _origin.ReceivedAt,
            Text = said.Text,
            Attachments = said.Attachments ?? [],
            Reply = address is null ? null : new(address, occurredAt + Window),
            Extras = extras.Values,
        }));
    }
}
