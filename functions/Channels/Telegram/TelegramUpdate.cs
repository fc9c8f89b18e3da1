using System.Text.Json;
using Serverless.Contacts;

namespace Serverless.Channels.Telegram;

/// <summary>What every reader needs besides the piece it reads.</summary>
/// <param name="Account">Name of the bot in our settings.</param>
/// <param name="Bot">Its settings; null when they are gone since.</param>
/// <param name="ReceivedAt">When the delivery reached us.</param>
internal sealed record TelegramOrigin(string Account, TelegramBot? Bot, DateTimeOffset ReceivedAt);

/// <summary>Takes an update apart: one of its many kinds, or several deleted messages at once.</summary>
/// <remarks>https://core.telegram.org/bots/api#update</remarks>
internal static class TelegramUpdate
{
    public static IEnumerable<DeliveryItem> Elements(Delivery delivery, TelegramOrigin origin)
    {
        using var document = JsonDocument.Parse(delivery.Body);
        var update = document.RootElement;
        if (!update.Has("update_id"u8)) throw new JsonException("There is no update in this delivery.");
        foreach (var property in update.EnumerateObject())
        {
            if (property.NameEquals("update_id"u8)) continue;
            var (kind, value) = (property.Name, property.Value);
            if (kind is not "deleted_business_messages")
            {
                yield return Of(origin, update, kind, value);
                continue;
            }

            var n = 0;
            foreach (var id in value.Get("message_ids"u8).Items()) yield return Deleted($"{kind}.message_ids[{n++}]", origin, value, id);
        }
    }

    private static DeliveryItem Of(TelegramOrigin origin, JsonElement update, string kind, JsonElement value) =>
        new(kind, () => Read(origin, update, kind, value));

    private static DeliveryItem Deleted(string at, TelegramOrigin origin, JsonElement deleted, JsonElement id) =>
        new(at, () => new TelegramMessage(origin, deleted, id).Removed());

    private static Parsed Read(TelegramOrigin origin, JsonElement update, string kind, JsonElement value) => kind switch
    {
        "message" when Moved(origin, value) is { } moved => moved,
        "message" or "business_message" or "guest_message" => new TelegramMessage(origin, value).Received(),
        "edited_message" or "edited_business_message" => new TelegramMessage(origin, value).Edited(update.Get("update_id"u8).AsId()),
        "callback_query" => TelegramButton.Pressed(origin, value),

        // A channel post is written by its admins for everyone: a broadcast answers no customer.
        "channel_post" or "edited_channel_post" => new Parsed.Ignored("channel-post"),
        "message_reaction" when value.Get("chat"u8).Get("type"u8).Is("private"u8) =>
            TelegramReaction.Read(origin, value, update.Get("update_id"u8).AsId()),
        "message_reaction" or "message_reaction_count" => new Parsed.Ignored("reaction"),
        "my_chat_member" => new Parsed.Ignored(Membership(value)),
        "chat_member" or "chat_join_request" => new Parsed.Ignored("membership"),
        "business_connection" => new Parsed.Ignored("business-connection"),
        "inline_query" or "chosen_inline_result" => new Parsed.Ignored("inline-query"),
        "shipping_query" or "pre_checkout_query" or "purchased_paid_media" or "subscription" => new Parsed.Ignored("payment"),
        "poll" or "poll_answer" => new Parsed.Ignored("poll"),
        "chat_boost" or "removed_chat_boost" => new Parsed.Ignored("boost"),
        "managed_bot" => new Parsed.Ignored("managed-bot"),
        // New kinds come with new versions of the Bot API; upkeep subscribes only to those that are parsed. A message has an author;
        // anything else needs no answer.
        _ when value.Has("message_id"u8) && value.Has("chat"u8) => Unknown(origin, update, kind),
        _ => new Parsed.Ignored("unknown-update"),
    };

    // Told twice, in the old chat and in the new one. https://core.telegram.org/bots/api#message (migrate_to_chat_id)
    private static Parsed.PlaceRenamed? Moved(TelegramOrigin origin, JsonElement message)
    {
        if (message.Get("chat"u8).Get("id"u8).AsId() is not { } chat) return null;
        if (message.Get("migrate_to_chat_id"u8).AsId() is { } to) return new Parsed.PlaceRenamed(origin.Account, chat, to);
        return message.Get("migrate_from_chat_id"u8).AsId() is { } from ? new Parsed.PlaceRenamed(origin.Account, from, chat) : null;
    }

    // In a private chat this says that the customer blocked or unblocked the bot. https://core.telegram.org/bots/api#update
    // (my_chat_member)
    private static string Membership(JsonElement changed) =>
        !changed.Get("chat"u8).Get("type"u8).Is("private"u8) ? "membership" :
        changed.Get("new_chat_member"u8).Get("status"u8).Is("kicked"u8) ? "bot-blocked" : "bot-unblocked";

    private static Parsed.Found Unknown(TelegramOrigin origin, JsonElement update, string kind) =>
        new(ContactEvent.Unread(
            TelegramChannel.ChannelName, TelegramChannel.ChannelName, origin.Account,
            $"update:{update.Get("update_id"u8).AsId()}:{update.ContentId()}", origin.ReceivedAt, origin.ReceivedAt, kind));
}
