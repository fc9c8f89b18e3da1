using System.Text.Json;
using Serverless.Contacts;

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
        property.NameEquals("calls"u8) ? "calls" :
        property.NameEquals("user_preferences"u8) ? "user_preferences" : null;

    /// <param name="origin">The entry it came in.</param>
    /// <param name="change">The change it came in.</param>
    /// <param name="list">The list it came in, as <see cref="ListOf"/> names it.</param>
    /// <param name="item">One of that list.</param>
    /// <param name="alone">Whether it is the only one of that list.</param>
    public static Parsed Read(MetaOrigin origin, JsonElement change, string list, JsonElement item, bool alone)
    {
        // Another agent answers these conversations.
        if (change.Get("field"u8).Is("standby"u8)) return new Parsed.Ignored("standby");
        var value = change.Get("value"u8);
        return list switch
        {
            "statuses" => Status(origin, value, item),
            // They are about a message that says so itself, by its type or its status.
            "errors" => new Parsed.Ignored("message-error"),
            "user_preferences" => Preference(new(origin, value, item, false, alone), item),
            "calls" => Call(new(origin, value, item, item.Get("direction"u8).Is("BUSINESS_INITIATED"u8), alone), item, origin),
            _ => Message(new(origin, value, item, list is "message_echoes", alone), item),
        };
    }

    /// <summary>A change without messages: news about our own account are nothing for a case, anything else a person should see.</summary>
    public static Parsed ReadField(MetaOrigin origin, string? field, JsonElement change) => field switch
    {
        // Old chats and address book entries, sent once when a number of the phone app joins the Cloud API: imported, so not current
        // contacts.
        "history" or "smb_app_state_sync" => new Parsed.Ignored("imported"),
        "account_update" or "account_review_update" => WhatsAppAccount.Read(origin, change.Get("value"u8)),
        "account_alerts" or "business_capability_update" or "business_username_update"
            or "message_template_components_update" or "message_template_quality_update" or "message_template_status_update"
            or "phone_number_name_update" or "phone_number_quality_update" or "template_category_update" or "security"
            => new Parsed.Ignored("account-notice"),
        _ => MetaPlaceholders.Piece(origin, "whatsapp", AccountOf(origin, change.Get("value"u8)), field ?? "unknown", change),
    };

    // https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/status
    private static Parsed Status(MetaOrigin origin, JsonElement value, JsonElement status)
    {
        MessageState? state = status.Get("status"u8).AsText() switch
        {
            "sent" => MessageState.Sent,
            "delivered" => MessageState.Delivered,
            "read" or "played" => MessageState.Read,
            "failed" => MessageState.Failed,
            _ => null,
        };
        if (state is null || status.Get("id"u8).AsId() is not { } id) return new Parsed.Ignored("status");
        string? reason = null;
        foreach (var error in status.Get("errors"u8).Items()) reason ??= error.Get("code"u8).AsId();
        return new Parsed.StatusUpdate(new MessageStatus(
            AccountOf(origin, value), id, state.Value, status.Get("timestamp"u8).AsTime(origin.ReceivedAt), reason,
            status.Get("biz_opaque_callback_data"u8).AsText()));
    }

    private static Parsed Message(WhatsAppSides sides, JsonElement message)
    {
        var id = message.Get("id"u8).AsId() ?? message.ContentId();
        ExtraFields extras = default;
        var type = message.Get("type"u8).AsText();
        switch (type)
        {
            case "reaction": return Reaction(sides, message, id);
            case "request_welcome": return new Parsed.Ignored("chat-opened");

            // Old and new number in a sentence of Meta's, no text of the customer. Linking people reads it from the delivery.
            // https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/system
            case "system" when message.Get("system"u8).Get("type"u8).AsText() is "user_changed_number" or "user_changed_user_id":
                return new Parsed.Ignored("number-changed");
            // A new telephone or app: its key is another one.
            case "system" when message.Get("system"u8).Get("type"u8).AsText() is "customer_identity_changed":
                return new Parsed.Ignored("identity-changed");
            // Whether we may ring the customer: nothing that anybody answers.
            // https://developers.facebook.com/documentation/business-messaging/whatsapp/calling/user-call-permissions
            case "interactive" when message.Get("interactive"u8).Get("type"u8).Is("call_permission_reply"u8):
                return new Parsed.Ignored("call-permission");

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

    // All that happens to the sign under one message is one contact: shown in its case, and starts nothing. Without a sign it was taken
    // back.
    // https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/reaction
    private static Parsed.Found Reaction(WhatsAppSides sides, JsonElement message, string id)
    {
        var reaction = message.Get("reaction"u8);
        var sign = reaction.Get("emoji"u8).AsText();
        var under = reaction.Get("message_id"u8).AsId();
        ExtraFields extras = default;
        extras.Add("reaction.message_id", under);
        return sides.Event(id, sign is null ? ContactChange.Removed : ContactChange.Received, message, under is null
            ? id : $"{under}:reaction{sides.Who}", new(ContactKind.Reaction, sign), extras);
    }

    // A contact preference of the customer: stored, no answer needed.
    // https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/user_preferences
    private static Parsed.Found Preference(WhatsAppSides sides, JsonElement item)
    {
        var id = $"preference:{item.ContentId()}";
        ExtraFields extras = default;
        extras.Add("preference.category", item.Get("category"u8).AsText());
        extras.Add("preference.value", item.Get("value"u8).AsText());
        extras.Add("preference.detail", item.Get("detail"u8).AsText());
        return sides.Event(id, ContactChange.Received, item, id, new(ContactKind.Preference), extras);
    }

    // A call is reported when it rings and when it ends; only an answered one has a duration. Calls by our staff are answers of ours
    // (P16). https://developers.facebook.com/documentation/business-messaging/whatsapp/calling/user-initiated-calls
    private static Parsed.Found Call(WhatsAppSides sides, JsonElement call, MetaOrigin origin)
    {
        var id = call.Get("id"u8).AsId() ?? call.ContentId();
        var what = call.Get("event"u8).AsText();
        var over = what is "terminate";
        var seconds = call.Get("duration"u8).AsNumber() is > 0 and < int.MaxValue and var talked ? (int?)talked : null;
        ExtraFields extras = default;
        extras.Add("event", what);
        extras.Add("status", call.Get("status"u8).AsId());
        var found = sides.Event($"{id}:{what}", over
            ? ContactChange.Progressed : ContactChange.Received, call, id, new(ContactKind.Call), extras);
        var contact = found.Event.Contact;
        var journey = new CallJourney
        {
            Outcome = seconds is not null ? CallOutcome.Answered : over ? CallOutcome.Missed : CallOutcome.Ringing,
            AnsweredAt = seconds is not null && call.Has("start_time"u8) ? call.Get("start_time"u8).AsTime(origin.ReceivedAt) : null,
            DurationSeconds = seconds,
            Ended = over,
        };
        return found with { Event = found.Event
            with { Contact = contact
                with { Kind = contact.Direction == Direction.Outbound ? ContactKind.Call : journey.Kind, Call = journey } } };
    }

    private static string AccountOf(MetaOrigin origin, JsonElement value) =>
        value.Get("metadata"u8).Get("phone_number_id"u8).AsId() ?? origin.EntryId;
}
