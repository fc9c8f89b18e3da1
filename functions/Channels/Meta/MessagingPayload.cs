using System.Text.Json;

namespace Serverless.Channels.Meta;

/// <summary>Reads direct messages of Messenger and Instagram, which share one form.</summary>
/// <remarks>https://developers.facebook.com/docs/messenger-platform/reference/webhook-events</remarks>
internal static class MessagingPayload
{
    // An answer may go out for 24 hours after the customer's last message; a person may use the tag HUMAN_AGENT for 7 days.
    // https://developers.facebook.com/docs/messenger-platform/policy/policy-overview
    private static readonly List<Attachment> None = [];
    private static readonly TimeSpan Window = TimeSpan.FromHours(24);

    public static Reading Read(Origin origin, JsonElement item)
    {
        if (item.Get("message"u8) is { ValueKind: JsonValueKind.Object } message) return Message(origin, item, message);
        if (item.Get("message_edit"u8) is { ValueKind: JsonValueKind.Object } edit) return Edit(origin, item, edit);
        if (item.Get("postback"u8) is { ValueKind: JsonValueKind.Object } postback) return Postback(origin, item, postback);
        if (item.Has("delivery"u8)) return new Reading.Ignored("delivery");
        if (item.Has("read"u8)) return new Reading.Ignored("read");
        if (item.Has("reaction"u8)) return new Reading.Ignored("reaction");

        // Somebody followed a link and has said nothing yet.
        if (item.Has("referral"u8)) return new Reading.Ignored("referral");
        if (item.Has("optin"u8)) return new Reading.Ignored("opt-in");
        if (item.Has("account_linking"u8)) return new Reading.Ignored("account-linking");

        // Another app took or wants the conversation. One passed to us is not here: its customer now waits for a person.
        if (item.Has("take_thread_control"u8) || item.Has("request_thread_control"u8) || item.Has("app_roles"u8))
            return new Reading.Ignored("thread-control");
        return Placeholder(origin, item);
    }

    private static Reading.Found Message(Origin origin, JsonElement item, JsonElement message)
    {
        var mid = message.Get("mid"u8).AsId() ?? item.ContentId();
        var sides = new Sides(origin, item, message.Get("is_echo"u8).IsTrue());
        if (message.Get("is_deleted"u8).IsTrue())
            return Sides.Event($"{mid}:removed", ContactChange.Removed, sides.Contact(item, mid, ContactKind.Message) with { Reply = null });

        var text = message.Get("text"u8).AsText();
        Extras extras = default;
        var attachments = Attachments(message.Get("attachments"u8), ref extras, out var unreadable);
        var readable = text is not null || attachments.Count > 0 || extras.Values is not null;
        var placeholder = message.Get("is_unsupported"u8).IsTrue() || unreadable || (!readable && !sides.Outbound);
        extras.Add("reply_to.mid", message.Get("reply_to"u8).Get("mid"u8).AsId());
        extras.Add("reply_to.story.id", message.Get("reply_to"u8).Get("story"u8).Get("id"u8).AsId());
        extras.Add("reply_to.story.url", message.Get("reply_to"u8).Get("story"u8).Get("url"u8).AsText());
        extras.Add("quick_reply.payload", message.Get("quick_reply"u8).Get("payload"u8).AsText());
        extras.Add("app_id", message.Get("app_id"u8).AsId());
        Referral(message.Get("referral"u8), ref extras);
        return Sides.Event(mid, ContactChange.Received, sides.Contact(item, mid, placeholder ? ContactKind.Placeholder : ContactKind.Message) with
        {
            Text = text,
            Attachments = attachments,
            Extras = extras.Values,
        });
    }

    // https://developers.facebook.com/docs/messenger-platform/reference/webhook-events/message-edits (num_edit comes as a number or as text)
    private static Reading.Found Edit(Origin origin, JsonElement item, JsonElement edit)
    {
        if (edit.Get("mid"u8).AsId() is not { } mid) return Placeholder(origin, item);
        var sides = new Sides(origin, item, edit.Get("is_echo"u8).IsTrue());
        var number = edit.Get("num_edit"u8).AsId() ?? item.ContentId();
        return Sides.Event($"{mid}:edited:{number}", ContactChange.Edited, sides.Contact(item, mid, ContactKind.Message) with
        {
            Text = edit.Get("text"u8).AsText(),
            Reply = null,
        });
    }

    // The label of the button is what the customer said by pressing it. Before v11.0 a postback had no mid.
    private static Reading.Found Postback(Origin origin, JsonElement item, JsonElement postback)
    {
        var sides = new Sides(origin, item, false);
        var id = postback.Get("mid"u8).AsId() ?? $"{sides.Customer}:{item.Get("timestamp"u8).AsId()}";
        Extras extras = default;
        extras.Add("postback.payload", postback.Get("payload"u8).AsText());
        Referral(postback.Get("referral"u8), ref extras);
        return Sides.Event(id, ContactChange.Received, sides.Contact(item, id, ContactKind.Message) with
        {
            Text = postback.Get("title"u8).AsText(),
            Extras = extras.Values,
        });
    }

    private static Reading.Found Placeholder(Origin origin, JsonElement item)
    {
        var sides = new Sides(origin, item, false);
        var id = item.ContentId();
        Extras extras = default;
        extras.Add("type", TypeOf(item));
        return Sides.Event(id, ContactChange.Received, sides.Contact(item, id, ContactKind.Placeholder) with { Extras = extras.Values });
    }

    private static string TypeOf(JsonElement item)
    {
        if (item.ValueKind is not JsonValueKind.Object) return "unknown";
        foreach (var property in item.EnumerateObject())
        {
            if (property.Value.ValueKind is JsonValueKind.Object && !property.NameEquals("sender"u8) && !property.NameEquals("recipient"u8)) return property.Name;
        }
        return "unknown";
    }

    // The addresses expire, so they are fetched apart and soon. A location has coordinates instead of an address.
    // https://developers.facebook.com/docs/messenger-platform/reference/webhook-events/messages
    private static List<Attachment> Attachments(JsonElement items, ref Extras extras, out bool unreadable)
    {
        unreadable = false;
        if (items.Count() == 0) return None;
        var attachments = new List<Attachment>(items.Count());
        foreach (var item in items.Items())
        {
            var payload = item.Get("payload"u8);
            var type = item.Get("type"u8).AsText();
            if (type is "unsupported_type") unreadable = true;
            if ((payload.Get("url"u8).AsText() ?? item.Get("url"u8).AsText()) is { } url)
                attachments.Add(new(url, type, Name: payload.Get("title"u8).AsText() ?? item.Get("title"u8).AsText()));
            else if (payload.Get("coordinates"u8) is { ValueKind: JsonValueKind.Object } place)
                extras.Add("location", $"{place.Get("lat"u8).AsId()},{place.Get("long"u8).AsId()}");
        }
        return attachments;
    }

    private static void Referral(JsonElement referral, ref Extras extras)
    {
        if (referral.ValueKind is not JsonValueKind.Object) return;
        extras.Add("referral.ref", referral.Get("ref"u8).AsText());
        extras.Add("referral.source", referral.Get("source"u8).AsText());
        extras.Add("referral.ad_id", referral.Get("ad_id"u8).AsId());
        extras.Add("referral.product.id", referral.Get("product"u8).Get("id"u8).AsId());
    }

    /// <summary>Who is the customer and who is us. An echo is what our own people or another app wrote (P16): its customer is the recipient.</summary>
    private readonly record struct Sides
    {
        private readonly Origin _origin;
        private readonly string _account;

        public Sides(Origin origin, JsonElement item, bool echo)
        {
            _origin = origin;
            _account = origin.EntryId;
            var sender = item.Get("sender"u8).Get("id"u8).AsId();

            // Instagram marks what an account writes to itself; its sender is not always the id of the entry.
            // https://developers.facebook.com/docs/instagram-platform/self-messaging
            Outbound = echo || sender == _account || item.Get("is_self"u8).IsTrue();
            Customer = Outbound ? item.Get("recipient"u8).Get("id"u8).AsId() : sender;
        }

        public bool Outbound { get; }

        public string? Customer { get; }

        public static Reading.Found Event(string id, ContactChange change, Contact contact) => new Reading.Found(new(id, change, contact));

        public Contact Contact(JsonElement item, string id, ContactKind kind)
        {
            var instagram = _origin.Object is MetaObject.Instagram;
            var network = instagram ? "instagram" : "messenger";
            var occurredAt = item.Get("timestamp"u8).AsTime(_origin.ReceivedAt);
            return new()
            {
                Channel = "meta",
                Network = network,
                Account = _account,
                ExternalId = id,
                Kind = kind,
                Direction = Outbound ? Direction.Outbound : Direction.Inbound,
                Entry = _account,
                ThreadKey = Customer is null ? null : $"{network}:{_account}:{Customer}",
                Parties = Customer is null ? [] : [new Identity(instagram ? "igsid" : "psid", Customer, Evidence.Attested, _account)],
                OccurredAt = occurredAt,
                ReceivedAt = _origin.ReceivedAt,
                Reply = Customer is null || Outbound ? null : new(Customer, occurredAt + Window),
            };
        }
    }
}
