using System.Text;
using System.Text.Json;
using Serverless.Contacts;

namespace Serverless.Channels.X;

/// <summary>Reads direct messages in the three forms X has for them, and the encrypted ones nobody but X's own app can read.</summary>
internal static class XDirectMessage
{
    /// <summary>One of <c>direct_message_events</c>, which both products deliver.
    /// https://docs.x.com/x-api/account-activity/introduction</summary>
    /// <param name="message">The event.</param>
    /// <param name="users">People by id.</param>
    /// <param name="teller">Whose account it is about.</param>
    public static Parsed Delivered(JsonElement message, JsonElement users, XSender teller)
    {
        var create = message.Get("message_create"u8);
        if (message.Get("id"u8).AsId() is not { } id || create.Get("sender_id"u8).AsId() is not { } sender)
            return teller.Unread(message.Get("type"u8).AsText() ?? "direct_message_events", message);
        var data = create.Get("message_data"u8);
        var attachment = data.Get("attachment"u8);
        var media = attachment.Get("media"u8);
        var url = XText.BestVideo(media.Get("video_info"u8).Get("variants"u8)) ?? media.Get("media_url_https"u8).AsText();
        return new Said(teller, id, sender, create.Get("target"u8).Get("recipient_id"u8).AsId(),
            teller.Milliseconds(message.Get("created_timestamp"u8)))
        {
            SenderUser = users.Get(Encoding.UTF8.GetBytes(sender)),
            Text = XText.Plain(data.Get("text"u8).AsText()),
            Attachments = url is null ? [] : [new(url, media.Get("type"u8).AsText())],
            QuickReply = data.Get("quick_reply_response"u8).Get("metadata"u8).AsText(),
        }.Read();
    }

    /// <summary>
    /// One event of <c>GET /2/dm_events</c>, imported by reconciliation. https://docs.x.com/x-api/direct-messages/get-dm-events
    /// </summary>
    /// <param name="message">The event.</param>
    /// <param name="includes">People and media it refers to.</param>
    /// <param name="teller">Whose account it is about.</param>
    public static Parsed Held(JsonElement message, JsonElement includes, XSender teller)
    {
        if (message.Get("id"u8).AsId() is not { } id || message.Get("sender_id"u8).AsId() is not { } sender)
            return teller.Unread("dm_event", message);
        var conversation = message.Get("dm_conversation_id"u8).AsId();
        return new Said(teller, id, sender, Other(conversation, '-', teller), teller.Time(message.Get("created_at"u8)))
        {
            Text = XText.Plain(message.Get("text"u8).AsText()),
            Attachments = NewerPost.Media(message.Get("attachments"u8).Get("media_keys"u8), includes) ?? [],
            SenderUser = NewerPost.User(includes, sender),
        }.Read();
    }

    /// <summary>
    /// An encrypted message: only X's own app can open it, so a person must look there (P5). One that we sent stops the clock all the same
    /// (P16).
    /// https://docs.x.com/x-api/activity/event-payloads
    /// </summary>
    public static Parsed Encrypted(JsonElement message, string type, XSender teller)
    {
        if (message.Get("id"u8).AsId() is not { } id || message.Get("sender_id"u8).AsId() is not { } sender)
            return teller.Unread(type, message);
        return new Said(teller, id, sender, Other(message.Get("conversation_id"u8).AsId(), ':', teller),
            teller.Milliseconds(message.Get("created_at_msec"u8))) { Sealed = type }.Read();
    }

    /// <summary>What holds the messages of one person and one account of ours together.</summary>
    public static string ThreadOf(string account, string customer) => $"dm:{account}:{customer}";

    // The id of a conversation of two is both ids in one; a group has an id of its own, and then the customer of our message is not known.
    private static string? Other(string? conversation, char separator, XSender teller)
    {
        if (conversation?.Split(separator) is not [var one, var two]) return null;
        return teller.IsUs(one) ? two : one;
    }

    /// <summary>What a message says, on its way to being a reading.</summary>
    private sealed record Said(XSender Teller, string Id, string Sender, string? Recipient, DateTimeOffset At)
    {
        public string? Text { get; init; }

        public IReadOnlyList<Attachment> Attachments { get; init; } = [];

        public string? QuickReply { get; init; }

        public string? Sealed { get; init; }

        public JsonElement SenderUser { get; init; }

        public Parsed Read()
        {
            var own = Teller.IsUs(Sender);
            var customer = own ? Recipient : Sender;
            if (own && (customer is null || Teller.IsUs(customer))) return new Parsed.Ignored("own-message");
            var user = SenderUser.Get("data"u8) is { ValueKind: JsonValueKind.Object } inner ? inner : SenderUser;
            return new Parsed.Found(new(Id, ContactChange.Received, new()
            {
                Channel = XChannel.ChannelName,
                Network = XChannel.ChannelName,
                Account = Teller.Account,
                ExternalId = Id,
                Kind = Sealed is not null && !own ? ContactKind.Placeholder : ContactKind.Message,
                Direction = own ? Direction.Outbound : Direction.Inbound,
                Entry = Teller.Account,
                ThreadKey = ThreadOf(Teller.Account, customer!),
                Parties = [XSender.Person(customer!, own ? null : user.Get("name"u8).AsText())],
                OccurredAt = At,
                ReceivedAt = Teller.ReceivedAt,
                Text = Text,
                Attachments = Attachments,
                Reply = own ? null : new(customer!),
                Extras = Extras(own, user),
            }));
        }

        private Dictionary<string, string>? Extras(bool own, JsonElement user)
        {
            Dictionary<string, string>? extras = null;
            void Add(string name, string? value)
            {
                if (value is not null) (extras ??= new(StringComparer.Ordinal))[name] = value;
            }

            if (!own) Add("username", user.Get("screen_name"u8).AsText() ?? user.Get("username"u8).AsText());
            Add("quick_reply", QuickReply);
            Add("type", Sealed);
            return extras;
        }
    }
}
