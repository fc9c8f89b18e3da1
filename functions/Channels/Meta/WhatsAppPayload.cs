using System.Text.Json;

namespace Serverless.Channels.Meta;

/// <summary>Reads the WhatsApp Cloud API: messages, echoes of our own phone app, statuses, errors.</summary>
/// <remarks>https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages</remarks>
internal static class WhatsAppPayload
{
    /// <summary>The name of a list whose items are elements; null for any other property of a change's value.</summary>
    public static string? ListOf(JsonProperty property) =>
        property.NameEquals("messages"u8) ? "messages" :
        property.NameEquals("statuses"u8) ? "statuses" :
        property.NameEquals("message_echoes"u8) ? "message_echoes" :
        property.NameEquals("errors"u8) ? "errors" :
        property.NameEquals("calls"u8) ? "calls" : null;

    /// <param name="origin">The entry it came in.</param>
    /// <param name="change">The change it came in.</param>
    /// <param name="list">The list it came in, as <see cref="ListOf"/> names it.</param>
    /// <param name="item">One of that list.</param>
    /// <param name="alone">Whether it is the only one of that list.</param>
    public static Reading Read(Origin origin, JsonElement change, string list, JsonElement item, bool alone)
    {
        // Another agent answers these conversations.
        if (change.Get("field"u8).Is("standby"u8)) return new Reading.Ignored("standby");
        var value = change.Get("value"u8);
        return list switch
        {
            "statuses" => Status(origin, value, item),
            "errors" => Unread.Piece(origin, "whatsapp", AccountOf(origin, value), $"error {item.Get("code"u8).AsId()}", item),
            "calls" => Call(new(origin, value, item, item.Get("direction"u8).Is("BUSINESS_INITIATED"u8), alone), item),
            _ => Message(new(origin, value, item, list is "message_echoes", alone), item),
        };
    }

    /// <summary>A change without messages: news about our own account are nothing for a case, anything else a person should see.</summary>
    public static Reading ReadField(Origin origin, string? field, JsonElement change) => field switch
    {
        // Old chats and address book entries, sent once when a number of the phone app joins the Cloud API: imported, so no contacts of today.
        "history" or "smb_app_state_sync" => new Reading.Ignored("imported"),
        "account_alerts" or "account_review_update" or "account_update" or "business_capability_update" or "business_username_update"
            or "message_template_components_update" or "message_template_quality_update" or "message_template_status_update"
            or "phone_number_name_update" or "phone_number_quality_update" or "template_category_update" or "security"
            => new Reading.Ignored("account-notice"),
        _ => Unread.Piece(origin, "whatsapp", AccountOf(origin, change.Get("value"u8)), field ?? "unknown", change),
    };

    // https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/status
    private static Reading Status(Origin origin, JsonElement value, JsonElement status)
    {
        MessageState? state = status.Get("status"u8).AsText() switch
        {
            "sent" => MessageState.Sent,
            "delivered" => MessageState.Delivered,
            "read" or "played" => MessageState.Read,
            "failed" => MessageState.Failed,
            _ => null,
        };
        if (state is null || status.Get("id"u8).AsId() is not { } id) return new Reading.Ignored("status");
        string? reason = null;
        foreach (var error in status.Get("errors"u8).Items()) reason ??= error.Get("code"u8).AsId();
        return new Reading.Status(new MessageStatus(
            AccountOf(origin, value), id, state.Value, status.Get("timestamp"u8).AsTime(origin.ReceivedAt), reason, status.Get("biz_opaque_callback_data"u8).AsText()));
    }

    private static Reading Message(WhatsAppSides sides, JsonElement message)
    {
        var id = message.Get("id"u8).AsId() ?? message.ContentId();
        ExtraFields extras = default;
        var type = message.Get("type"u8).AsText();
        switch (type)
        {
            case "reaction": return new Reading.Ignored("reaction");
            case "request_welcome": return new Reading.Ignored("chat-opened");

            // Old and new number in one sentence of Meta's, no word of the customer's. Whoever links people reads it from the delivery.
            // https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/system
            case "system" when message.Get("system"u8).Get("type"u8).AsText() is "user_changed_number" or "user_changed_user_id":
                return new Reading.Ignored("number-changed");

            // https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/edit
            case "edit" when message.Get("edit"u8).Get("original_message_id"u8).AsId() is { } original:
                var edited = WhatsAppContent.OfEdit(message.Get("edit"u8).Get("message"u8));
                return sides.Event($"{original}:edited:{id}", ContactChange.Edited, message, original, edited, default);

            // https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/revoke
            case "revoke" when message.Get("revoke"u8).Get("original_message_id"u8).AsId() is { } original:
                return sides.Event($"{original}:removed", ContactChange.Removed, message, original, new(ContactKind.Message), default);
        }

        var said = WhatsAppContent.Of(message, type, ref extras);
        return sides.Event(id, ContactChange.Received, message, id, said, extras);
    }

    // A WhatsApp call tells of itself twice, when it rings and when it ends: shown as one placeholder until calls are read.
    // https://developers.facebook.com/documentation/business-messaging/whatsapp/calling/user-initiated-calls
    private static Reading.Found Call(WhatsAppSides sides, JsonElement call)
    {
        var id = call.Get("id"u8).AsId() ?? call.ContentId();
        var what = call.Get("event"u8).AsText();
        var change = what is "terminate" ? ContactChange.Progressed : ContactChange.Received;
        ExtraFields extras = default;
        extras.Add("type", "call");
        extras.Add("event", what);
        return sides.Event($"{id}:{what}", change, call, id, new(ContactKind.Placeholder), extras);
    }

    private static string AccountOf(Origin origin, JsonElement value) =>
        value.Get("metadata"u8).Get("phone_number_id"u8).AsId() ?? origin.EntryId;
}
