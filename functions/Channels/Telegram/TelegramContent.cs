using System.Collections.Frozen;
using System.Text;
using System.Text.Json;
using Serverless.Contacts;

namespace Serverless.Channels.Telegram;

/// <summary>What a message says: words, files, and what has neither (a place, a contact, a poll).</summary>
/// <param name="Kind">A placeholder where we cannot read it.</param>
/// <param name="Text">The customer's words: the text, or the words under a picture or file.</param>
/// <param name="Attachments">Files by their file_id; null for none.</param>
/// <param name="Phone">The customer's own number, if they shared it.</param>
/// <param name="IsNothing">A service message of the chat, without content.</param>
internal readonly record struct TelegramContent(
    ContactKind Kind, string? Text = null, List<Attachment>? Attachments = null, Identity? Phone = null, bool IsNothing = false)
{
    // What happened in a chat (https://core.telegram.org/bots/api#message, "Service message"). A name that is not here and not read below
    // becomes a placeholder.
    private static readonly FrozenSet<string> Service = FrozenSet.Create(
        StringComparer.Ordinal,
        "new_chat_members", "left_chat_member", "new_chat_title", "new_chat_photo", "delete_chat_photo", "group_chat_created",
        "supergroup_chat_created", "channel_chat_created",
        "message_auto_delete_timer_changed", "migrate_to_chat_id", "migrate_from_chat_id", "pinned_message", "successful_payment",
        "refunded_payment", "users_shared", "chat_shared",
        "connected_website", "write_access_allowed", "passport_data", "proximity_alert_triggered", "boost_added", "chat_background_set",
        "forum_topic_created", "forum_topic_edited",
        "forum_topic_closed", "forum_topic_reopened", "general_forum_topic_hidden", "general_forum_topic_unhidden", "giveaway_created",
        "giveaway", "giveaway_winners", "giveaway_completed",
        "gift", "unique_gift", "gift_upgrade_sent", "paid_message_price_changed", "direct_message_price_changed", "video_chat_scheduled",
        "video_chat_started", "video_chat_ended",
        "video_chat_participants_invited", "checklist_tasks_done", "checklist_tasks_added", "suggested_post_approved",
        "suggested_post_approval_failed", "suggested_post_declined",
        "suggested_post_paid", "suggested_post_refunded", "chat_owner_left", "chat_owner_changed", "community_chat_added",
        "community_chat_removed", "managed_bot_created",
        "poll_option_added", "poll_option_deleted");

    public static TelegramContent Of(JsonElement message, ref ExtraFields extras)
    {
        if (message.Get("text"u8).AsText() is { } text) return new(ContactKind.Message, text);
        var files = Files(message);
        var caption = message.Get("caption"u8).AsText();
        if (message.Get("sticker"u8) is { ValueKind: JsonValueKind.Object } sticker)
            extras.Add("sticker.emoji", sticker.Get("emoji"u8).AsText());
        if (files is not null || caption is not null) return new(ContactKind.Message, caption, files);
        if (message.Get("web_app_data"u8) is { ValueKind: JsonValueKind.Object } form)
        {
            extras.Add("web_app_data.button_text", form.Get("button_text"u8).AsText());
            extras.Add("web_app_data.data", form.Get("data"u8).AsText());
            return new(ContactKind.Form);
        }

        if (message.Get("contact"u8) is { ValueKind: JsonValueKind.Object } card) return Card(message, card, ref extras);
        Place(message, ref extras);
        Plays(message, ref extras);
        return extras.Values is not null ? new(ContactKind.Message) : Unread(message, ref extras);
    }

    // A shared contact card of another person is content, not an address of the customer; even their own may be typed in by hand, so it
    // is a claim.
    private static TelegramContent Card(JsonElement message, JsonElement card, ref ExtraFields extras)
    {
        var number = card.Get("phone_number"u8).AsText();
        extras.Add("contact.phone_number", number);
        extras.Add("contact.first_name", card.Get("first_name"u8).AsText());
        extras.Add("contact.last_name", card.Get("last_name"u8).AsText());
        var own = card.Get("user_id"u8).AsId() is { } id && id == message.Get("from"u8).Get("id"u8).AsId();
        return new(ContactKind.Message, Phone: own && International(number) is { } phone
            ? new Identity("phone", phone, Evidence.Claimed) : null);
    }

    // Telegram writes numbers with their country code, with and without the plus.
    private static string? International(string? number)
    {
        if (number is null || number.Length > 40) return null;
        var digits = new StringBuilder("+");
        foreach (var c in number)
        {
            if (char.IsAsciiDigit(c)) digits.Append(c);
        }

        return digits.Length is > 7 and <= 16 ? digits.ToString() : null;
    }

    private static void Place(JsonElement message, ref ExtraFields extras)
    {
        if (message.Get("location"u8) is { ValueKind: JsonValueKind.Object } at)
            extras.Add("location", $"{at.Get("latitude"u8).AsId()},{at.Get("longitude"u8).AsId()}");
        if (message.Get("venue"u8) is not { ValueKind: JsonValueKind.Object } venue) return;
        extras.Add("venue.title", venue.Get("title"u8).AsText());
        extras.Add("venue.address", venue.Get("address"u8).AsText());
    }

    private static void Plays(JsonElement message, ref ExtraFields extras)
    {
        extras.Add("poll.question", message.Get("poll"u8).Get("question"u8).AsText());
        extras.Add("checklist.title", message.Get("checklist"u8).Get("title"u8).AsText());
        extras.Add("dice.emoji", message.Get("dice"u8).Get("emoji"u8).AsText());
        extras.Add("game.title", message.Get("game"u8).Get("title"u8).AsText());
        extras.Add("invoice.title", message.Get("invoice"u8).Get("title"u8).AsText());
        if (message.Has("story"u8)) extras.Add("story.id", message.Get("story"u8).Get("id"u8).AsId());
    }

    private static TelegramContent Unread(JsonElement message, ref ExtraFields extras)
    {
        string? unknown = null;
        foreach (var property in message.Properties())
        {
            if (Service.Contains(property.Name)) return new(ContactKind.Message, IsNothing: true);
            if (property.Value.ValueKind is JsonValueKind.Object
                && property.Name is not ("from" or "chat" or "reply_to_message" or "sender_chat" or "via_bot" or "reply_markup"))
                    unknown = property.Name;
        }

        extras.Add("type", unknown ?? "unknown");
        return new(ContactKind.Placeholder);
    }

    // The largest of a picture's sizes is last. An animation comes as a document, too, for compatibility.
    private static List<Attachment>? Files(JsonElement message)
    {
        List<Attachment>? files = null;
        JsonElement largest = default;
        foreach (var size in message.Get("photo"u8).Items()) largest = size;
        Add(ref files, largest, "image/jpeg");
        var animation = message.Get("animation"u8);
        Add(ref files, animation, "animation");
        if (animation.ValueKind is not JsonValueKind.Object) Add(ref files, message.Get("document"u8), null);
        Add(ref files, message.Get("video"u8), "video");
        Add(ref files, message.Get("audio"u8), "audio");
        Add(ref files, message.Get("voice"u8), "voice");
        Add(ref files, message.Get("video_note"u8), "video/mp4");
        Add(ref files, message.Get("sticker"u8), "sticker");
        foreach (var paid in message.Get("paid_media"u8).Get("paid_media"u8).Items())
        {
            Add(ref files, paid.Get("video"u8), "video");
            largest = default;
            foreach (var size in paid.Get("photo"u8).Items()) largest = size;
            Add(ref files, largest, "image/jpeg");
        }

        return files;
    }

    private static void Add(ref List<Attachment>? files, JsonElement file, string? kind)
    {
        if (file.Get("file_id"u8).AsText() is { } id)
            (files ??= []).Add(new(id, file.Get("mime_type"u8).AsText() ?? kind, file.Get("file_size"u8).AsNumber(), file.Get("file_name"u8)
                .AsText()));
    }
}
