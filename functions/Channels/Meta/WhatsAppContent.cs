using System.Text.Json;
using Serverless.Contacts;

namespace Serverless.Channels.Meta;

/// <summary>What a WhatsApp message says, by its type.</summary>
/// <remarks>
/// A medium comes as an id; its address is requested on fetching and is valid for five minutes.
/// https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages
/// </remarks>
internal static class WhatsAppContent
{
    /// <summary>The new form of an edited message.</summary>
    public static MetaText OfEdit(JsonElement message)
    {
        ExtraFields unused = default;
        return Of(message, message.Get("type"u8).AsText(), ref unused) with { Kind = ContactKind.Message };
    }

    /// <param name="message">The message.</param>
    /// <param name="type">Its type.</param>
    /// <param name="extras">Receives further fields.</param>
    public static MetaText Of(JsonElement message, string? type, ref ExtraFields extras)
    {
        Context(message, ref extras);
        switch (type)
        {
            case "text": return new(ContactKind.Message, message.Get("text"u8).Get("body"u8).AsText());
            case "image": return Media(message.Get("image"u8), ref extras);
            case "audio": return Media(message.Get("audio"u8), ref extras);
            case "video": return Media(message.Get("video"u8), ref extras);
            case "sticker": return Media(message.Get("sticker"u8), ref extras);
            case "document": return Media(message.Get("document"u8), ref extras);
            case "button":
                extras.Add("button.payload", message.Get("button"u8).Get("payload"u8).AsText());
                return new(ContactKind.Message, message.Get("button"u8).Get("text"u8).AsText());
            case "interactive": return Interactive(message.Get("interactive"u8), ref extras);
            case "location":
                var place = message.Get("location"u8);
                extras.Add("location", $"{place.Get("latitude"u8).AsId()},{place.Get("longitude"u8).AsId()}");
                extras.Add("location.name", place.Get("name"u8).AsText());
                extras.Add("location.address", place.Get("address"u8).AsText());
                return new(ContactKind.Message);
            case "contacts":
                extras.Add("contacts", message.Get("contacts"u8).AsJson());
                extras.Add("origin", message.Get("origin"u8).AsText());
                return new(ContactKind.Message);
            case "order":
                extras.Add("order", message.Get("order"u8).AsJson());
                Products(message.Get("order"u8).Get("product_items"u8), ref extras);
                return new(ContactKind.Message, message.Get("order"u8).Get("text"u8).AsText());
            default: return Unknown(message, type, ref extras);
        }
    }

    // Products in the basket; their titles are in the catalogue.
    private static void Products(JsonElement items, ref ExtraFields extras)
    {
        var n = 0;
        foreach (var item in items.Items())
        {
            var at = n == 0 ? "product" : $"product[{n}]";
            if (n++ == 30) break;
            extras.Add($"{at}.id", item.Get("product_retailer_id"u8).AsId());
            extras.Add($"{at}.quantity", item.Get("quantity"u8).AsId());
            extras.Add($"{at}.price", item.Get("item_price"u8).AsId() is { } price
                ? $"{price} {item.Get("currency"u8).AsText()}".TrimEnd() : null);
        }
    }

    private static MetaText Media(JsonElement media, ref ExtraFields extras)
    {
        if (media.Get("voice"u8).IsTrue()) extras.Add("voice", "true");
        var caption = media.Get("caption"u8).AsText();
        return media.Get("id"u8).AsId() is { } id
            ? new(ContactKind.Message, caption, [new(id, media.Get("mime_type"u8).AsText(), Name: media.Get("filename"u8).AsText())])
            : new(caption is null ? ContactKind.Placeholder : ContactKind.Message, caption);
    }

    private static MetaText Interactive(JsonElement interactive, ref ExtraFields extras)
    {
        var type = interactive.Get("type"u8).AsText();
        var reply = type switch
        {
            "button_reply" => interactive.Get("button_reply"u8),
            "list_reply" => interactive.Get("list_reply"u8),
            "nfm_reply" => interactive.Get("nfm_reply"u8),
            _ => default,
        };
        extras.Add("interactive.type", type);
        extras.Add("interactive.id", reply.Get("id"u8).AsId());
        extras.Add("interactive.description", reply.Get("description"u8).AsText());
        extras.Add("interactive.response_json", reply.Get("response_json"u8).AsText());
        // The body of a filled-in form says no more than that it was sent.
        if (FormAnswers.Of(reply.Get("response_json"u8).AsText()) is { } answers)
        {
            foreach (var (name, value) in answers.Fields) extras.Add(name, value);
            return new(ContactKind.Message, answers.Text);
        }

        return reply.ValueKind is JsonValueKind.Object
            ? new(ContactKind.Message, reply.Get("title"u8).AsText() ?? reply.Get("body"u8).AsText())
            : new(ContactKind.Placeholder);
    }

    // https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/unsupported
    private static MetaText Unknown(JsonElement message, string? type, ref ExtraFields extras)
    {
        extras.Add("type", type ?? "unknown");
        extras.Add("unsupported.type", message.Get("unsupported"u8).Get("type"u8).AsText());
        foreach (var error in message.Get("errors"u8).Items())
        {
            extras.Add("errors.code", error.Get("code"u8).AsId());
            extras.Add("errors.title", error.Get("title"u8).AsText());
        }
        return new(ContactKind.Placeholder);
    }

    private static void Context(JsonElement message, ref ExtraFields extras)
    {
        if (message.Get("context"u8) is { ValueKind: JsonValueKind.Object } context)
        {
            extras.Add("context.id", context.Get("id"u8).AsId());
            if (context.Get("forwarded"u8).IsTrue() || context.Get("frequently_forwarded"u8).IsTrue())
                extras.Add("context.forwarded", "true");
            extras.Add("context.product", context.Get("referred_product"u8).Get("product_retailer_id"u8).AsId());
        }

        if (message.Get("referral"u8) is not { ValueKind: JsonValueKind.Object } referral) return;
        extras.Add("referral.source_url", referral.Get("source_url"u8).AsText());
        extras.Add("referral.source_id", referral.Get("source_id"u8).AsId());
        extras.Add("referral.headline", referral.Get("headline"u8).AsText());
        extras.Add("referral.ctwa_clid", referral.Get("ctwa_clid"u8).AsId());
    }
}
