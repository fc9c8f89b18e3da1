using System.Text.Json;
using Serverless.Contacts;

namespace Serverless.Channels.Meta;

/// <summary>
/// What we cannot read yet and belongs to nobody's conversation that we know of: a placeholder a person sees, replayable once we can (P5).
/// </summary>
internal static class MetaPlaceholders
{
    public static Parsed.Found Change(MetaOrigin origin, string? field, JsonElement value)
    {
        var network = origin.Object switch
        {
            MetaObject.WhatsApp => "whatsapp",
            MetaObject.Instagram => "instagram",
            _ => "facebook",
        };
        return Piece(origin, network, origin.EntryId, field ?? "unknown", value);
    }

    public static Parsed.Found Piece(MetaOrigin origin, string network, string account, string type, JsonElement piece)
    {
        // Two alike pieces of different entries are two: an error that comes back must be seen again.
        var id = $"{origin.Entry.Get("time"u8).AsId()}:{piece.ContentId()}";
        return new(ContactEvent.Unread("meta", network, account, id, origin.SentAt, origin.ReceivedAt, type));
    }
}
