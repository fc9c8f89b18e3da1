using System.Text.Json;

namespace Serverless.Channels.Meta;

/// <summary>Which of Meta's objects a delivery tells about.</summary>
internal enum MetaObject
{
    Unknown,
    Page,
    Instagram,
    WhatsApp,
}

/// <summary>What every reader needs besides the piece it reads.</summary>
internal readonly record struct Origin(MetaObject Object, JsonElement Entry, DateTimeOffset ReceivedAt)
{
    /// <summary>Page id, Instagram account id or WhatsApp Business account id.</summary>
    public string EntryId => Entry.Get("id"u8).AsId() ?? "unknown";

    /// <summary>When Meta sent the entry; the only time that edits, removals and Instagram comments come with.</summary>
    public DateTimeOffset SentAt => Entry.Get("time"u8).AsTime(ReceivedAt);
}

/// <summary>Walks a delivery: each message, status, comment or change in it is one element, read when asked for.</summary>
/// <remarks>
/// Up to 1,000 updates come in one call (https://developers.facebook.com/docs/graph-api/webhooks/getting-started), so this walk looks at
/// the structure alone; every text is read inside its element, where a bad one costs only itself.
/// </remarks>
internal static class MetaPayload
{
    public static IEnumerable<Element> Elements(Delivery delivery)
    {
        using var document = JsonDocument.Parse(delivery.Body);
        var entries = document.RootElement.Get("entry"u8);
        if (entries.Count() == 0) throw new JsonException("There is no entry in this delivery.");
        var about = ObjectOf(document.RootElement.Get("object"u8));
        var number = 0;
        foreach (var entry in entries.Items())
        {
            foreach (var element in InEntry(new Origin(about, entry, delivery.ReceivedAt), $"entry[{number++}]")) yield return element;
        }
    }

    private static MetaObject ObjectOf(JsonElement name) => name.AsText() switch
    {
        "page" => MetaObject.Page,
        "instagram" => MetaObject.Instagram,
        "whatsapp_business_account" => MetaObject.WhatsApp,
        _ => MetaObject.Unknown,
    };

    private static IEnumerable<Element> InEntry(Origin origin, string at)
    {
        var entry = origin.Entry;
        var known = false;
        var number = 0;
        foreach (var item in entry.Get("messaging"u8).Items())
        {
            known = true;
            yield return new($"{at}.messaging[{number++}]", () => MessagingPayload.Read(origin, item));
        }

        // Another app owns these conversations. https://developers.facebook.com/docs/messenger-platform/handover-protocol
        number = 0;
        foreach (var _ in entry.Get("standby"u8).Items())
        {
            known = true;
            yield return new($"{at}.standby[{number++}]", static () => new Reading.Ignored("standby"));
        }

        number = 0;
        foreach (var change in entry.Get("changes"u8).Items())
        {
            known = true;
            foreach (var element in InChange(origin, change, $"{at}.changes[{number++}]")) yield return element;
        }

        // Apps with Instagram Login get field and value without "changes" around them.
        // https://developers.facebook.com/docs/instagram-platform/webhooks/examples
        if (entry.Has("field"u8))
        {
            known = true;
            foreach (var element in InChange(origin, entry, at)) yield return element;
        }

        if (!known) yield return new(at, () => Unread.Entry(origin));
    }

    private static IEnumerable<Element> InChange(Origin origin, JsonElement change, string at)
    {
        if (origin.Object is MetaObject.WhatsApp) return WhatsAppPayload.InChange(origin, change, at);
        var value = change.Has("value"u8) ? change.Get("value"u8) : change;

        // The page on Instagram examples calls value an array and shows an object: both are taken.
        if (value.ValueKind is JsonValueKind.Array) return InValues(origin, change, at);
        return [new($"{at}.value", () => ReadValue(origin, change, value))];
    }

    private static IEnumerable<Element> InValues(Origin origin, JsonElement change, string at)
    {
        var number = 0;
        foreach (var value in change.Get("value"u8).Items())
            yield return new($"{at}.value[{number++}]", () => ReadValue(origin, change, value));
    }

    private static Reading ReadValue(Origin origin, JsonElement change, JsonElement value)
    {
        var field = change.Get("field"u8).AsText();
        if (field is "standby") return new Reading.Ignored("standby");

        // The test button of the App Dashboard sends messages as a change instead of an item of "messaging".
        if (value.Has("sender"u8) && value.Has("recipient"u8)) return MessagingPayload.Read(origin, value);
        return (origin.Object, field) switch
        {
            (MetaObject.Page, "feed" or "mention") => PageFeedPayload.Read(origin, value),
            (MetaObject.Page, "ratings") => PageFeedPayload.ReadRating(origin, value),
            (MetaObject.Instagram, "comments" or "live_comments") => InstagramPayload.ReadComment(origin, value),
            (MetaObject.Instagram, "mentions") => InstagramPayload.ReadMention(origin, value),
            (MetaObject.Instagram, "story_insights") => new Reading.Ignored("insights"),
            _ => Unread.Change(origin, field, value),
        };
    }
}

/// <summary>What we cannot read yet: a placeholder a person sees, replayable once we can (P5).</summary>
internal static class Unread
{
    public static Reading Entry(Origin origin) => Change(origin, null, origin.Entry);

    public static Reading Change(Origin origin, string? field, JsonElement value)
    {
        var network = origin.Object switch
        {
            MetaObject.WhatsApp => "whatsapp",
            MetaObject.Instagram => "instagram",
            _ => "facebook",
        };
        return Piece(origin, network, origin.EntryId, field ?? "unknown", value);
    }

    /// <summary>A placeholder that stands alone: nothing in it says whose conversation it belongs to.</summary>
    public static Reading Piece(Origin origin, string network, string account, string type, JsonElement piece)
    {
        var id = piece.ContentId();
        Extras extras = default;
        extras.Add("type", type);
        return new Reading.Found(new(id, ContactChange.Received, new()
        {
            Channel = "meta",
            Network = network,
            Account = account,
            ExternalId = id,
            Kind = ContactKind.Placeholder,
            OccurredAt = origin.SentAt,
            ReceivedAt = origin.ReceivedAt,
            Extras = extras.Values,
        }));
    }
}
