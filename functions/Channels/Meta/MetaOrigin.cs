using System.Text.Json;

namespace Serverless.Channels.Meta;

/// <summary>Kind of Meta object of a delivery.</summary>
internal enum MetaObject
{
    Unknown,
    Page,
    Instagram,
    WhatsApp,
}

/// <summary>What every reader needs besides the piece it reads; one for each entry.</summary>
internal sealed class MetaOrigin(MetaObject about, JsonElement entry, DateTimeOffset receivedAt)
{
    public MetaObject Object => about;

    public JsonElement Entry => entry;

    public DateTimeOffset ReceivedAt => receivedAt;

    /// <summary>Page id, Instagram account id or WhatsApp Business account id.</summary>
    public string EntryId => field ??= entry.Get("id"u8).AsId() ?? "unknown";

    /// <summary>When Meta sent the entry; the only time that edits, removals and Instagram comments come with.</summary>
    public DateTimeOffset SentAt => entry.Get("time"u8).AsTime(receivedAt);

    public static MetaObject ObjectOf(JsonElement name) =>
        name.Is("page"u8) ? MetaObject.Page :
        name.Is("instagram"u8) ? MetaObject.Instagram :
        name.Is("whatsapp_business_account"u8) ? MetaObject.WhatsApp : MetaObject.Unknown;
}
