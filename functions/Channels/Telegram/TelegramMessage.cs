using System.Text.Json;
using Serverless.Contacts;

namespace Serverless.Channels.Telegram;

/// <summary>Reads one message: what it says, who said it to whom, and what happened to it.</summary>
/// <remarks>https://core.telegram.org/bots/api#message</remarks>
internal readonly struct TelegramMessage
{
    // In a business chat a bot may write for 24 hours after the customer did.
    // https://core.telegram.org/bots/api#businessbotrights (can_reply)
    private static readonly TimeSpan BusinessWindow = TimeSpan.FromHours(24);

    private readonly TelegramOrigin _origin;
    private readonly JsonElement _message;
    private readonly TelegramSides _sides;
    private readonly string _id;

    public TelegramMessage(TelegramOrigin origin, JsonElement message) : this(origin, message, message.Get("message_id"u8)) { }

    /// <param name="origin">Where it came from.</param>
    /// <param name="message">A message, or the report of a deleted one.</param>
    /// <param name="id">Its id within the chat.</param>
    public TelegramMessage(TelegramOrigin origin, JsonElement message, JsonElement id)
    {
        _origin = origin;
        _message = message;
        _sides = new TelegramSides(origin, message);
        _id = _sides.Id(id.AsId() ?? throw new JsonException("A message has no id."));
    }

    public Parsed Received()
    {
        if (_sides.IsOtherBot) return new Parsed.Ignored("bot");
        ExtraFields extras = default;
        var content = TelegramContent.Of(_message, ref extras);
        if (content.IsNothing) return new Parsed.Ignored("service-message");
        if (_sides is { IsPrivate: true, Outbound: false } && IsStart(content.Text)) return new Parsed.Ignored("start");
        Around(ref extras);
        return Event(_id, ContactChange.Received, content, extras, _message.Get("date"u8).AsUnixTime(_origin.ReceivedAt));
    }

    /// <summary>An edit has no id of its own; two within a second differ by the update that brings them.</summary>
    public Parsed Edited(string? updateId)
    {
        if (_sides.IsOtherBot) return new Parsed.Ignored("bot");

        // A live location is edited every few seconds. https://core.telegram.org/bots/api#location
        if (_message.Get("location"u8).Has("live_period"u8)) return new Parsed.Ignored("live-location");
        ExtraFields extras = default;
        var content = TelegramContent.Of(_message, ref extras);
        if (content.IsNothing) return new Parsed.Ignored("service-message");
        var editedAt = _message.Get("edit_date"u8);
        return Event($"{_id}:edited:{editedAt.AsId()}:{updateId}", ContactChange.Edited, content, extras,
            editedAt.AsUnixTime(_origin.ReceivedAt));
    }

    /// <summary>
    /// Only business chats report deletions, of both sides and without a time. https://core.telegram.org/bots/api#businessmessagesdeleted
    /// </summary>
    public Parsed.Found Removed() =>
        Event($"{_id}:removed", ContactChange.Removed, new(ContactKind.Message), default, _origin.ReceivedAt);

    // The user pressed Start and has not written yet. https://core.telegram.org/bots/features#commands
    private static bool IsStart(string? text) =>
        text is not null && text.StartsWith("/start", StringComparison.Ordinal) && (text.Length == 6 || text[6] is ' ' or '@');

    private void Around(ref ExtraFields extras)
    {
        if (!_sides.Outbound) extras.Add("from.username", _sides.Customer.Get("username"u8).AsText());
        if (_sides.IsPublic) extras.Add("chat.title", _message.Get("chat"u8).Get("title"u8).AsText());
        extras.Add("message_thread_id", _sides.Topic);
        extras.Add("business_connection_id", _sides.Business);
        extras.Add("direct_messages_topic.topic_id", _sides.Direct);
        extras.Add("reply_to_message.message_id", _message.Get("reply_to_message"u8).Get("message_id"u8).AsId());
        extras.Add("quote.text", _message.Get("quote"u8).Get("text"u8).AsText());
        extras.Add("media_group_id", _message.Get("media_group_id"u8).AsId());
        extras.Add("forward_origin.type", _message.Get("forward_origin"u8).Get("type"u8).AsText());
    }

    private Parsed.Found Event(string eventId, ContactChange change, TelegramContent content, ExtraFields extras, DateTimeOffset occurredAt)
    {
        // Who wrote as a guest question is answered once and through another call, which we do not make.
        // https://core.telegram.org/bots/api#answerguestquery
        var answerable = !_sides.Outbound && change is ContactChange.Received && !_message.Has("guest_query_id"u8);
        var customer = _sides.Identity();
        return new(new(eventId, change, new()
        {
            Channel = TelegramChannel.ChannelName,
            Network = TelegramChannel.ChannelName,
            Account = _origin.Account,
            ExternalId = _id,
            Kind = content.Kind,
            Direction = _sides.Outbound ? Direction.Outbound : Direction.Inbound,
            Place = _sides.IsPublic ? Place.Public : Place.Private,
            Entry = _sides.IsPublic ? _sides.ChatId : _origin.Account,
            ThreadKey = _sides.ThreadKey,
            ThreadPlace = _sides.IsPublic ? _sides.ChatId : null,
            Parties = customer is null ? [] : content.Phone is null || _sides.Outbound ? [customer] : [customer, content.Phone],
            OccurredAt = occurredAt,
            ReceivedAt = _origin.ReceivedAt,
            Text = content.Text,
            Language = _sides.Outbound ? null : _message.Get("from"u8).Get("language_code"u8).AsText(),
            Attachments = content.Attachments ?? [],
            Reply = !answerable ? null : new(_sides.ChatId, _sides.Business is null ? null : occurredAt + BusinessWindow),
            Extras = extras.Values,
        }));
    }
}
