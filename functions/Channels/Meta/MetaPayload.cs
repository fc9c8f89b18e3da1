using System.Text.Json;

namespace Serverless.Channels.Meta;

/// <summary>Splits a delivery: each message, status, comment or change in it is one item, parsed on demand.</summary>
/// <remarks>
/// Up to 1,000 updates come in one call (https://developers.facebook.com/docs/graph-api/webhooks/getting-started), so this walk reads
/// the structure alone; every text is read inside its element, where a bad one costs only itself.
/// </remarks>
internal static class MetaPayload
{
    public static IEnumerable<DeliveryItem> Elements(Delivery delivery, MetaOptions options)
    {
        using var document = JsonDocument.Parse(delivery.Body);
        var entries = document.RootElement.Get("entry"u8);
        if (entries.Count() == 0) throw new JsonException("There is no entry in this delivery.");
        var about = MetaOrigin.ObjectOf(document.RootElement.Get("object"u8));
        var e = 0;
        foreach (var entry in entries.Items())
        {
            var origin = new MetaOrigin(about, entry, delivery.ReceivedAt);
            var at = e == 0 ? "entry[0]" : $"entry[{e}]";
            e++;
            var (messaging, standby, changes) = (entry.Get("messaging"u8), entry.Get("standby"u8), entry.Get("changes"u8));
            var n = 0;
            foreach (var item in messaging.Items()) yield return Messaging($"{at}.messaging[{n++}]", origin, item);

            // Another app owns these conversations. https://developers.facebook.com/docs/messenger-platform/handover-protocol
            n = 0;
            foreach (var _ in standby.Items()) yield return new($"{at}.standby[{n++}]", static () => new Parsed.Ignored("standby"));
            n = 0;
            foreach (var change in changes.Items())
                foreach (var element in InChange($"{at}.changes[{n++}].value", origin, change, options)) yield return element;

            // Apps with Instagram Login get field and value without "changes" around them.
            // https://developers.facebook.com/docs/instagram-platform/webhooks/examples
            if (entry.Has("field"u8))
                foreach (var element in InChange($"{at}.value", origin, entry, options)) yield return element;
            else if (messaging.Count() + standby.Count() + changes.Count() == 0)
                yield return Unknown(at, origin);
        }
    }

    private static IEnumerable<DeliveryItem> InChange(string at, MetaOrigin origin, JsonElement change, MetaOptions options)
    {
        var value = change.Get("value"u8);
        var whole = true;
        if (origin.Object is MetaObject.WhatsApp)
        {
            foreach (var property in value.Properties())
            {
                if (WhatsAppPayload.ListOf(property) is not { } list) continue;
                var n = 0;
                foreach (var item in property.Value.Items())
                {
                    whole = false;
                    yield return WhatsApp($"{at}.{list}[{n++}]", origin, change, list, item, property.Value.Count() == 1);
                }
            }
        }
        else
        {
            // The page on Instagram examples calls value an array and shows an object: both are taken.
            var n = 0;
            foreach (var item in value.Items())
            {
                whole = false;
                yield return Change($"{at}[{n++}]", origin, change, item, options);
            }
        }

        if (whole) yield return Change(at, origin, change, value.ValueKind is JsonValueKind.Object ? value : change, options);
    }

    // Each makes its closure apart, so that the walk itself carries none.
    private static DeliveryItem Messaging(string at, MetaOrigin origin, JsonElement item) =>
        new(at, () => MessagingPayload.Read(origin, item));

    private static DeliveryItem Change(string at, MetaOrigin origin, JsonElement change, JsonElement value, MetaOptions options) =>
        new(at, () => Read(origin, change, value, options));

    private static DeliveryItem WhatsApp(string at, MetaOrigin origin, JsonElement change, string list, JsonElement item, bool alone) =>
        new(at, () => WhatsAppPayload.Read(origin, change, list, item, alone));

    private static DeliveryItem Unknown(string at, MetaOrigin origin) => new(at, () => MetaPlaceholders.Change(origin, null, origin.Entry));

    private static Parsed Read(MetaOrigin origin, JsonElement change, JsonElement value, MetaOptions options)
    {
        var field = change.Get("field"u8).AsText();
        if (field is "standby") return new Parsed.Ignored("standby");

        // The test button of the App Dashboard sends messages as a change instead of an item of "messaging".
        if (field is not "feed" && value.Has("sender"u8) && value.Has("recipient"u8)) return MessagingPayload.Read(origin, value);
        return (origin.Object, field) switch
        {
            (MetaObject.WhatsApp, _) => WhatsAppPayload.ReadField(origin, field, change),
            (MetaObject.Page, "feed" or "mention") => PageFeedPayload.Read(origin, value),
            (MetaObject.Page, "ratings") => PageFeedPayload.ReadRating(origin, value),
            (MetaObject.Instagram, "comments" or "live_comments") => InstagramPayload.ReadComment(origin, value),
            (MetaObject.Instagram, "mentions") => InstagramPayload.ReadMention(origin, value, options.CanReadMentions(origin.EntryId)),
            (MetaObject.Instagram, "story_insights") => new Parsed.Ignored("insights"),
            _ => MetaPlaceholders.Change(origin, field, value),
        };
    }
}
