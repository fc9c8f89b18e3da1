using System.Text.Json;

namespace Serverless.Channels.Meta;

/// <summary>What a WhatsApp message says, by its type.</summary>
/// <param name="Text">The customer's words.</param>
/// <param name="Attachments">By media id; its address is asked for when it is fetched and lasts five minutes.</param>
/// <param name="Extras">What else was told.</param>
/// <param name="Unreadable">A type that we do not know, or that WhatsApp itself calls unsupported.</param>
internal readonly record struct WhatsAppContent(string? Text, IReadOnlyList<Attachment> Attachments, Extras Extras, bool Unreadable)
{
    /// <summary>https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages</summary>
    public static WhatsAppContent Of(JsonElement message)
    {
        var type = message.Get("type"u8).AsText();
        Extras extras = default;
        Context(message, ref extras);
        switch (type)
        {
            case "text": return new(message.Get("text"u8).Get("body"u8).AsText(), [], extras, false);
            case "image": return Media(message.Get("image"u8), extras);
            case "audio": return Media(message.Get("audio"u8), extras);
            case "video": return Media(message.Get("video"u8), extras);
            case "sticker": return Media(message.Get("sticker"u8), extras);
            case "document": return Media(message.Get("document"u8), extras);
            case "button":
                extras.Add("button.payload", message.Get("button"u8).Get("payload"u8).AsText());
                return new(message.Get("button"u8).Get("text"u8).AsText(), [], extras, false);
            case "interactive": return Interactive(message.Get("interactive"u8), extras);
            case "location":
                var place = message.Get("location"u8);
                extras.Add("location", $"{place.Get("latitude"u8).AsId()},{place.Get("longitude"u8).AsId()}");
                extras.Add("location.name", place.Get("name"u8).AsText());
                extras.Add("location.address", place.Get("address"u8).AsText());
                return new(null, [], extras, false);
            case "contacts":
                extras.Add("contacts", message.Get("contacts"u8).AsJson());
                extras.Add("origin", message.Get("origin"u8).AsText());
                return new(null, [], extras, false);
            case "order":
                extras.Add("order", message.Get("order"u8).AsJson());
                return new(message.Get("order"u8).Get("text"u8).AsText(), [], extras, false);
            default: return Unknown(message, type, extras);
        }
    }

    private static WhatsAppContent Media(JsonElement media, Extras extras)
    {
        if (media.Get("voice"u8).IsTrue()) extras.Add("voice", "true");
        var caption = media.Get("caption"u8).AsText();
        return media.Get("id"u8).AsId() is { } id
            ? new(caption, [new(id, media.Get("mime_type"u8).AsText(), Name: media.Get("filename"u8).AsText())], extras, false)
            : new(caption, [], extras, caption is null);
    }

    private static WhatsAppContent Interactive(JsonElement interactive, Extras extras)
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
        return new(reply.Get("title"u8).AsText() ?? reply.Get("body"u8).AsText(), [], extras, reply.ValueKind is JsonValueKind.Undefined);
    }

    // https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/unsupported
    private static WhatsAppContent Unknown(JsonElement message, string? type, Extras extras)
    {
        extras.Add("type", type ?? "unknown");
        extras.Add("unsupported.type", message.Get("unsupported"u8).Get("type"u8).AsText());
        foreach (var error in message.Get("errors"u8).Items())
        {
            extras.Add("errors.code", error.Get("code"u8).AsId());
            extras.Add("errors.title", error.Get("title"u8).AsText());
        }
        return new(null, [], extras, true);
    }

    private static void Context(JsonElement message, ref Extras extras)
    {
        var context = message.Get("context"u8);
        extras.Add("context.id", context.Get("id"u8).AsId());
        if (context.Get("forwarded"u8).IsTrue() || context.Get("frequently_forwarded"u8).IsTrue()) extras.Add("context.forwarded", "true");
        extras.Add("context.product", context.Get("referred_product"u8).Get("product_retailer_id"u8).AsId());
        var referral = message.Get("referral"u8);
        extras.Add("referral.source_url", referral.Get("source_url"u8).AsText());
        extras.Add("referral.source_id", referral.Get("source_id"u8).AsId());
        extras.Add("referral.headline", referral.Get("headline"u8).AsText());
        extras.Add("referral.ctwa_clid", referral.Get("ctwa_clid"u8).AsId());
    }
}
