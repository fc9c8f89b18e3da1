using System.Text.Json;
using Serverless.Contacts;

namespace Serverless.Channels.Meta;

/// <summary>Reads direct messages of Messenger and Instagram, which share one form.</summary>
/// <remarks>https://developers.facebook.com/docs/messenger-platform/reference/webhook-events</remarks>
internal static class MessagingPayload
{
    public static Parsed Read(MetaOrigin origin, JsonElement item)
    {
        if (item.Get("message"u8) is { ValueKind: JsonValueKind.Object } message) return Message(origin, item, message);
        if (item.Get("message_edit"u8) is { ValueKind: JsonValueKind.Object } edit) return Edit(origin, item, edit);
        if (item.Get("postback"u8) is { ValueKind: JsonValueKind.Object } postback) return Postback(origin, item, postback);
        if (item.Has("delivery"u8)) return new Parsed.Ignored("delivery");
        if (item.Has("read"u8)) return new Parsed.Ignored("read");
        if (item.Get("reaction"u8) is { ValueKind: JsonValueKind.Object } reaction) return Reaction(origin, item, reaction);

        // A mention in a story comes as a message, and here and there as this.
        if (item.Get("referral"u8) is { ValueKind: JsonValueKind.Object } mention
            && (mention.Has("story"u8) || mention.Get("source"u8).Is("STORY_MENTION"u8))) return StoryMention(origin, item, mention);

        // The user followed a link and has not written yet.
        if (item.Has("referral"u8)) return new Parsed.Ignored("referral");
        if (item.Has("optin"u8)) return new Parsed.Ignored("opt-in");
        if (item.Has("account_linking"u8)) return new Parsed.Ignored("account-linking");

        // Another app took or wants the conversation. One passed to us is not here: its customer now waits for a person.
        if (item.Has("take_thread_control"u8) || item.Has("request_thread_control"u8) || item.Has("app_roles"u8))
            return new Parsed.Ignored("thread-control");
        return Placeholder(origin, item);
    }

    private static Parsed.Found Message(MetaOrigin origin, JsonElement item, JsonElement message)
    {
        var mid = message.Get("mid"u8).AsId() ?? item.ContentId();
        var sides = new MessagingSides(origin, item, message.Get("is_echo"u8).IsTrue());
        ExtraFields extras = default;
        if (message.Get("is_deleted"u8).IsTrue())
            return sides.Event($"{mid}:removed", ContactChange.Removed, mid, new(ContactKind.Message), extras);

        var text = message.Get("text"u8).AsText();
        var attachments = Attachments(message.Get("attachments"u8), ref extras, out var readable);
        readable &= text is not null || attachments is not null || extras.Values is not null || sides.Outbound;
        readable &= !message.Get("is_unsupported"u8).IsTrue();
        var answered = message.Get("reply_to"u8);
        extras.Add("reply_to.mid", answered.Get("mid"u8).AsId());
        extras.Add("reply_to.story.id", answered.Get("story"u8).Get("id"u8).AsId());
        extras.Add("reply_to.story.url", answered.Get("story"u8).Get("url"u8).AsText());
        extras.Add("quick_reply.payload", message.Get("quick_reply"u8).Get("payload"u8).AsText());
        extras.Add("app_id", message.Get("app_id"u8).AsId());
        Referral(message.Get("referral"u8), ref extras);
        var kind = readable ? ContactKind.Message : ContactKind.Placeholder;
        return sides.Event(mid, ContactChange.Received, mid, new(kind, text, attachments), extras);
    }

    // All that happens to the sign under one message is one contact: shown in its case, and starts nothing.
    // https://developers.facebook.com/docs/messenger-platform/reference/webhook-events/message-reactions
    private static Parsed Reaction(MetaOrigin origin, JsonElement item, JsonElement reaction)
    {
        if (reaction.Get("mid"u8).AsId() is not { } under) return new Parsed.Ignored("reaction");
        var sides = new MessagingSides(origin, item, echo: false);
        var taken = reaction.Get("action"u8).Is("unreact"u8);
        ExtraFields extras = default;
        extras.Add("reaction.mid", under);
        var said = new MetaText(ContactKind.Reaction, taken
            ? null : reaction.Get("emoji"u8).AsText() ?? reaction.Get("reaction"u8).AsText());
        var id = $"{under}:reaction{(sides.Outbound ? ":ours" : "")}";
        return sides.Event($"{id}:{item.Get("timestamp"u8).AsId() ?? item.ContentId()}", taken
            ? ContactChange.Removed : ContactChange.Received, id, said, extras);
    }

    private static Parsed.Found StoryMention(MetaOrigin origin, JsonElement item, JsonElement mention)
    {
        var sides = new MessagingSides(origin, item, echo: false);
        var id = $"{sides.Customer}:mention:{mention.Get("story"u8).Get("id"u8).AsId() ?? item.Get("timestamp"u8).AsId()}";
        ExtraFields extras = default;
        Referral(mention, ref extras);
        extras.Add("story.id", mention.Get("story"u8).Get("id"u8).AsId());
        var file = mention.Get("story"u8).Get("url"u8).AsText() is { } url ? new Attachment(url, "story_mention") : null;
        return sides.Event(id, ContactChange.Received, id, new(ContactKind.Message, null, file is null ? null : [file]), extras);
    }

    // https://developers.facebook.com/docs/messenger-platform/reference/webhook-events/message-edits (num_edit comes as a number or as
    // text)
    private static Parsed.Found Edit(MetaOrigin origin, JsonElement item, JsonElement edit)
    {
        if (edit.Get("mid"u8).AsId() is not { } mid) return Placeholder(origin, item);
        var sides = new MessagingSides(origin, item, edit.Get("is_echo"u8).IsTrue());
        var number = edit.Get("num_edit"u8).AsId() ?? item.ContentId();
        var said = new MetaText(ContactKind.Message, edit.Get("text"u8).AsText());
        return sides.Event($"{mid}:edited:{number}", ContactChange.Edited, mid, said, default);
    }

    // The label of the button is what the customer said by pressing it. Before v11.0 a postback had no mid.
    private static Parsed.Found Postback(MetaOrigin origin, JsonElement item, JsonElement postback)
    {
        var sides = new MessagingSides(origin, item, false);
        var id = postback.Get("mid"u8).AsId() ?? $"{sides.Customer}:{item.Get("timestamp"u8).AsId()}";
        ExtraFields extras = default;
        extras.Add("postback.payload", postback.Get("payload"u8).AsText());
        Referral(postback.Get("referral"u8), ref extras);
        return sides.Event(id, ContactChange.Received, id, new(ContactKind.Message, postback.Get("title"u8).AsText()), extras);
    }

    private static Parsed.Found Placeholder(MetaOrigin origin, JsonElement item)
    {
        var sides = new MessagingSides(origin, item, false);
        var id = item.ContentId();
        ExtraFields extras = default;
        extras.Add("type", TypeOf(item));
        return sides.Event(id, ContactChange.Received, id, new(ContactKind.Placeholder), extras);
    }

    private static string TypeOf(JsonElement item)
    {
        if (item.ValueKind is not JsonValueKind.Object) return "unknown";
        foreach (var property in item.EnumerateObject())
        {
            var side = property.NameEquals("sender"u8) || property.NameEquals("recipient"u8);
            if (property.Value.ValueKind is JsonValueKind.Object && !side) return property.Name;
        }
        return "unknown";
    }

    // The addresses expire, so they are fetched apart and soon. A location has coordinates instead of an address.
    // https://developers.facebook.com/docs/messenger-platform/reference/webhook-events/messages
    private static List<Attachment>? Attachments(JsonElement items, ref ExtraFields extras, out bool readable)
    {
        readable = true;
        List<Attachment>? attachments = null;
        foreach (var item in items.Items())
        {
            var payload = item.Get("payload"u8);
            var type = item.Get("type"u8).AsText();
            readable &= type is not "unsupported_type";
            Products(payload, ref attachments, ref extras);
            if ((payload.Get("url"u8).AsText() ?? item.Get("url"u8).AsText()) is { } url)
                (attachments ??= []).Add(new(url, type, Name: payload.Get("title"u8).AsText() ?? item.Get("title"u8).AsText()));
            else if (payload.Get("coordinates"u8) is { ValueKind: JsonValueKind.Object } place)
                extras.Add("location", $"{place.Get("lat"u8).AsId()},{place.Get("long"u8).AsId()}");
        }
        return attachments;
    }

    // A product of the shop, or a card with title and subtitle (for a product its price), that the customer shared.
    // https://developers.facebook.com/docs/messenger-platform/reference/webhook-events/messages (product template)
    private static void Products(JsonElement payload, ref List<Attachment>? attachments, ref ExtraFields extras)
    {
        var n = 0;
        foreach (var list in new[] { payload.Get("product"u8).Get("elements"u8), payload.Get("generic"u8).Get("elements"u8),
            payload.Get("elements"u8) })
        {
            foreach (var product in list.Items())
            {
                var at = n == 0 ? "product" : $"product[{n}]";
                if (n++ == 10) return;
                extras.Add($"{at}.title", product.Get("title"u8).AsText());
                extras.Add($"{at}.price", product.Get("subtitle"u8).AsText() ?? product.Get("price"u8).AsId());
                extras.Add($"{at}.id", product.Get("id"u8).AsId());
                extras.Add($"{at}.retailer_id", product.Get("retailer_id"u8).AsId());
                if (product.Get("image_url"u8).AsText() is { } image)
                    (attachments ??= []).Add(new(image, "image", Name: product.Get("title"u8).AsText()));
            }
        }
    }

    private static void Referral(JsonElement referral, ref ExtraFields extras)
    {
        if (referral.ValueKind is not JsonValueKind.Object) return;
        extras.Add("referral.ref", referral.Get("ref"u8).AsText());
        extras.Add("referral.source", referral.Get("source"u8).AsText());
        extras.Add("referral.ad_id", referral.Get("ad_id"u8).AsId());
        extras.Add("referral.product.id", referral.Get("product"u8).Get("id"u8).AsId());
    }
}
