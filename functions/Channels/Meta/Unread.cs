using System.Text.Json;

namespace Serverless.Channels.Meta;

/// <summary>What we cannot read yet: a placeholder a person sees, replayable once we can (P5). Nothing in it says whose conversation it belongs to.</summary>
internal static class Unread
{
    public static Reading.Found Change(Origin origin, string? field, JsonElement value)
    {
        var network = origin.Object switch
        {
            MetaObject.WhatsApp => "whatsapp",
            MetaObject.Instagram => "instagram",
            _ => "facebook",
        };
        return Piece(origin, network, origin.EntryId, field ?? "unknown", value);
    }

    public static Reading.Found Piece(Origin origin, string network, string account, string type, JsonElement piece)
    {
        var id = piece.ContentId();
        Extras extras = default;
        extras.Add("type", type);
        return new(new(id, ContactChange.Received, new()
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
