using System.Text.Json;

namespace Serverless.Channels.Meta;

/// <summary>Reads the WhatsApp Cloud API: messages, echoes of our own phone app, statuses, errors.</summary>
/// <remarks>https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages</remarks>
internal static class WhatsAppPayload
{
    // https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages#customer-service-windows
    private static readonly TimeSpan Window = TimeSpan.FromHours(24);

    /// <summary>One element for each message, status, echo, call or error of a change.</summary>
    public static IEnumerable<Element> InChange(Origin origin, JsonElement change, string at)
    {
        var value = change.Get("value"u8);
        var known = false;
        if (value.ValueKind is JsonValueKind.Object)
        {
            foreach (var property in value.EnumerateObject())
            {
                if (ListOf(property) is not { } list) continue;
                var number = 0;
                var alone = property.Value.Count() == 1;
                foreach (var item in property.Value.Items())
                {
                    known = true;
                    yield return new($"{at}.value.{list}[{number++}]", () => Read(origin, change, list, item, alone));
                }
            }
        }

        if (!known) yield return new($"{at}.value", () => ReadField(origin, change));
    }

    private static string? ListOf(JsonProperty property) =>
        property.NameEquals("messages"u8) ? "messages" :
        property.NameEquals("statuses"u8) ? "statuses" :
        property.NameEquals("message_echoes"u8) ? "message_echoes" :
        property.NameEquals("errors"u8) ? "errors" :
        property.NameEquals("calls"u8) ? "calls" : null;

    private static Reading Read(Origin origin, JsonElement change, string list, JsonElement item, bool alone)
    {
        // Another agent answers these conversations.
        if (change.Get("field"u8).AsText() is "standby") return new Reading.Ignored("standby");
        var value = change.Get("value"u8);
        return list switch
        {
            "statuses" => new Reading.Ignored(item.Get("status"u8).AsText() is "failed" ? "status-failed" : "status"),
            "errors" => Error(origin, value, item),
            "calls" => Call(new(origin, value, item, list is "message_echoes", alone), item),
            _ => Message(new(origin, value, item, list is "message_echoes", alone), item),
        };
    }

    /// <summary>A change without messages: news about our own account are nothing for a case, anything else a person should see.</summary>
    private static Reading ReadField(Origin origin, JsonElement change) => change.Get("field"u8).AsText() switch
    {
        "standby" => new Reading.Ignored("standby"),

        // Old chats and address book entries, sent once when a number of the phone app joins the Cloud API: imported, so no contacts of today.
        "history" or "smb_app_state_sync" => new Reading.Ignored("imported"),
        "account_alerts" or "account_review_update" or "account_update" or "business_capability_update" or "business_username_update"
            or "message_template_components_update" or "message_template_quality_update" or "message_template_status_update"
            or "phone_number_name_update" or "phone_number_quality_update" or "template_category_update" or "security"
            => new Reading.Ignored("account-notice"),
        var field => Unread.Piece(origin, "whatsapp", AccountOf(origin, change.Get("value"u8)), field ?? "unknown", change),
    };

    private static Reading Message(WhatsAppSides sides, JsonElement message)
    {
        var id = message.Get("id"u8).AsId() ?? message.ContentId();
        var type = message.Get("type"u8).AsText();
        switch (type)
        {
            case "reaction": return new Reading.Ignored("reaction");
            case "request_welcome": return new Reading.Ignored("chat-opened");

            // The old and the new number in one sentence of Meta's, no word of the customer's. Whoever links people reads it from the delivery.
            // https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/system
            case "system" when message.Get("system"u8).Get("type"u8).AsText() is "user_changed_number" or "user_changed_user_id" or "customer_changed_number":
                return new Reading.Ignored("number-changed");

            // https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/edit
            case "edit" when message.Get("edit"u8).Get("original_message_id"u8).AsId() is { } original:
                var edited = WhatsAppContent.Of(message.Get("edit"u8).Get("message"u8));
                return Event($"{original}:edited:{id}", ContactChange.Edited, sides.Contact(message, original) with
                {
                    Text = edited.Text,
                    Attachments = edited.Attachments,
                    Reply = null,
                });
            case "revoke" when message.Get("revoke"u8).Get("original_message_id"u8).AsId() is { } original:
                return Event($"{original}:removed", ContactChange.Removed, sides.Contact(message, original) with { Reply = null });
        }

        var content = WhatsAppContent.Of(message);
        return Event(id, ContactChange.Received, sides.Contact(message, id) with
        {
            Kind = content.Unreadable ? ContactKind.Placeholder : ContactKind.Message,
            Text = content.Text,
            Attachments = content.Attachments,
            Extras = sides.Told(content.Extras),
        });
    }

    // A WhatsApp call tells of itself twice, when it rings and when it ends: shown as one placeholder until calls are read.
    // https://developers.facebook.com/documentation/business-messaging/whatsapp/calling/user-initiated-calls
    private static Reading.Found Call(WhatsAppSides sides, JsonElement call)
    {
        var id = call.Get("id"u8).AsId() ?? call.ContentId();
        var what = call.Get("event"u8).AsText();
        Extras extras = default;
        extras.Add("type", "call");
        extras.Add("event", what);
        return Event($"{id}:{what}", what is "terminate" ? ContactChange.Progressed : ContactChange.Received, sides.Contact(call, id) with
        {
            Kind = ContactKind.Placeholder,
            Extras = sides.Told(extras),
        });
    }

    private static Reading Error(Origin origin, JsonElement value, JsonElement error) =>
        Unread.Piece(origin, "whatsapp", AccountOf(origin, value), $"error {error.Get("code"u8).AsId()}", error);

    private static Reading.Found Event(string id, ContactChange change, Contact contact) => new(new(id, change, contact));

    private static string AccountOf(Origin origin, JsonElement value) =>
        value.Get("metadata"u8).Get("phone_number_id"u8).AsId() ?? origin.EntryId;

    /// <summary>Our number and the customer behind one message. In an echo of our own phone app the customer is the addressee (P16).</summary>
    private readonly struct WhatsAppSides
    {
        private readonly Origin _origin;
        private readonly JsonElement _value;
        private readonly bool _outbound;
        private readonly string? _number;
        private readonly string? _userId;
        private readonly string? _group;
        private readonly JsonElement _card;

        public WhatsAppSides(Origin origin, JsonElement value, JsonElement message, bool echo, bool alone)
        {
            _origin = origin;
            _value = value;
            _outbound = echo || message.Get("direction"u8).AsText() is "BUSINESS_INITIATED";
            _number = message.Get(_outbound ? "to"u8 : "from"u8).AsId();
            _userId = message.Get(_outbound ? "to_user_id"u8 : "from_user_id"u8).AsId();
            _group = message.Get("group_id"u8).AsId();
            _card = Card(value.Get("contacts"u8), alone);
            _number ??= _card.Get("wa_id"u8).AsId();
            _userId ??= _card.Get("user_id"u8).AsId();
        }

        public Contact Contact(JsonElement message, string id)
        {
            var account = AccountOf(_origin, _value);
            var occurredAt = message.Get("timestamp"u8).AsTime(_origin.ReceivedAt);
            var phone = Phone(_number);
            var address = _group ?? phone ?? _userId ?? _number;
            return new()
            {
                Channel = "meta",
                Network = "whatsapp",
                Account = account,
                ExternalId = id,
                Kind = ContactKind.Message,
                Direction = _outbound ? Direction.Outbound : Direction.Inbound,
                Entry = _value.Get("metadata"u8).Get("display_phone_number"u8).AsId() ?? account,
                ThreadKey = Thread(account),
                Parties = Parties(phone),
                OccurredAt = occurredAt,
                ReceivedAt = _origin.ReceivedAt,
                Reply = _outbound || address is null ? null : new(address, occurredAt + Window),
            };
        }

        public IReadOnlyDictionary<string, string>? Told(Extras extras)
        {
            // A user name can be given up and taken by somebody else: told, but no identity.
            extras.Add("username", _card.Get("profile"u8).Get("username"u8).AsText());
            extras.Add("group_id", _group);
            return extras.Values;
        }

        /// <summary>
        /// Our number plus the customer's business-scoped user id, or the phone number where there is no such id. The id is in every message
        /// since April 2026, while the phone number comes and goes with a user name and the time since the last message, so the key holds when
        /// the number disappears. A number given to a new owner comes with a new id, so the new owner does not fall into the old one's case
        /// (P10). A message with the number alone, of before that date, starts anew rather than guess. In a group the group is the thread.
        /// https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids
        /// </summary>
        private string? Thread(string account) => (_group ?? _userId ?? _number) is { } other ? $"whatsapp:{account}:{other}" : null;

        // The provider does not say the portfolio that a user id belongs to; the WhatsApp Business account is the narrower scope it does say.
        private IReadOnlyList<Identity> Parties(string? phone)
        {
            var name = _card.Get("profile"u8).Get("name"u8).AsText();
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
                if (_userId is not null && card.Get("user_id"u8).AsId() is { } userId)
                {
                    if (userId == _userId) return card;
                }
                else if (_number is not null && card.Get("wa_id"u8).AsId() == _number)
                {
                    return card;
                }
                else if (alone && cards.Count() == 1)
                {
                    return card;
                }
            }

            return default;
        }
    }
}
