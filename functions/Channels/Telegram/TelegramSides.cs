using System.Text.Json;
using Serverless.Contacts;

namespace Serverless.Channels.Telegram;

/// <summary>Who is the customer and who is us in a chat, and which conversation it is.</summary>
/// <remarks>
/// A private chat is one conversation, with topics one each. In a group it is the customer in the chat or topic (P10): strangers meet in
/// a topic, so no one joins the case of another person, and an answer of our own people belongs to whom it replies to.
/// https://core.telegram.org/bots/api#message
/// </remarks>
internal readonly struct TelegramSides
{
    public TelegramSides(TelegramOrigin origin, JsonElement message, JsonElement presser = default)
    {
        var chat = message.Get("chat"u8);
        ChatId = chat.Get("id"u8).AsId() ?? throw new JsonException("A message names no chat.");
        Business = message.Get("business_connection_id"u8).AsId();
        Direct = message.Get("direct_messages_topic"u8).Get("topic_id"u8).AsId();
        Topic = message.Get("is_topic_message"u8).IsTrue() ? message.Get("message_thread_id"u8).AsId() : null;
        IsPrivate = Business is not null || chat.Get("type"u8).Is("private"u8);
        IsPublic = !IsPrivate && Direct is null;
        Account = origin.Account;

        var sender = presser.ValueKind is JsonValueKind.Object ? presser : message.Get("from"u8);
        var speaker = message.Get("sender_chat"u8);
        var pressed = presser.ValueKind is JsonValueKind.Object;

        // A message for a group or channel names it in sender_chat, and "from" is a placeholder bot of Telegram. A group that writes in
        // its own name is one of its admins; another one is a customer who writes as a channel.
        var masked = !pressed && speaker.ValueKind is JsonValueKind.Object;
        Outbound = Business is not null
            ? message.Has("sender_business_bot"u8) || (!pressed && sender.Get("id"u8).AsId() is { } id && id != ChatId)
            : masked ? speaker.Get("id"u8).AsId() == ChatId || message.Get("is_automatic_forward"u8).IsTrue()
            : IsOurs(origin, sender);
        IsOtherBot = !Outbound && !masked && sender.Get("is_bot"u8).IsTrue();
        Customer = !Outbound ? (masked ? speaker : sender) : Addressee(origin, message, chat, IsPrivate);
        CustomerId = Customer.Get("id"u8).AsId();
    }

    public string Account { get; }

    public string ChatId { get; }

    /// <summary>Id of the connection to a business account whose chats the bot sees; null otherwise.</summary>
    public string? Business { get; }

    /// <summary>Topic of a channel's direct messages; null otherwise.</summary>
    public string? Direct { get; }

    public string? Topic { get; }

    public bool IsPrivate { get; }

    public bool IsPublic { get; }

    public bool Outbound { get; }

    /// <summary>Written by a bot that is not ours: never a customer (P9).</summary>
    public bool IsOtherBot { get; }

    /// <summary>User or chat; undefined for an answer to nobody in particular.</summary>
    public JsonElement Customer { get; }

    public string? CustomerId { get; }

    public string? ThreadKey
    {
        get
        {
            if (Business is not null) return $"telegram:{Account}:business:{Business}:{ChatId}";
            if (Direct is not null) return $"telegram:{Account}:{ChatId}:direct:{Direct}";
            var place = Topic is null ? $"telegram:{Account}:{ChatId}" : $"telegram:{Account}:{ChatId}:{Topic}";
            return IsPrivate ? place : CustomerId is null ? null : $"{place}:{CustomerId}";
        }
    }

    /// <summary>Message ids are unique within a chat only; in business chats, within the connection's view of it.</summary>
    public string Id(string messageId) => Business is null ? $"{ChatId}:{messageId}" : $"{Business}:{ChatId}:{messageId}";

    /// <summary>The customer as Telegram names them: a person has a first name, a channel or group a title.</summary>
    public Identity? Identity()
    {
        if (CustomerId is null) return null;
        var title = Customer.Get("title"u8).AsText();
        var (first, last) = (Customer.Get("first_name"u8).AsText(), Customer.Get("last_name"u8).AsText());
        var name = title ?? (first is null || last is null ? first ?? last : $"{first} {last}");
        return new Identity(title is null ? "telegram" : "telegram-chat", CustomerId, Evidence.Attested, Name: name);
    }

    private static bool IsOurs(TelegramOrigin origin, JsonElement user) =>
        user.Get("id"u8).AsId() is { } id && (id == origin.Bot?.Id || origin.Bot?.IsStaff(id, user.Get("username"u8).AsText()) == true);

    // In a private chat we answer the person it is with, in a group whomever we reply to.
    private static JsonElement Addressee(TelegramOrigin origin, JsonElement message, JsonElement chat, bool isPrivate)
    {
        if (isPrivate) return chat;
        if (message.Get("direct_messages_topic"u8).Get("user"u8) is { ValueKind: JsonValueKind.Object } user) return user;
        var answered = message.Get("reply_to_message"u8);
        if (answered.Get("sender_chat"u8) is { ValueKind: JsonValueKind.Object } speaker)
            return speaker.Get("id"u8).AsId() == chat.Get("id"u8).AsId() || answered.Get("is_automatic_forward"u8).IsTrue()
                ? default : speaker;
        var author = answered.Get("from"u8);
        return author.Get("is_bot"u8).IsTrue() || IsOurs(origin, author) ? default : author;
    }
}
