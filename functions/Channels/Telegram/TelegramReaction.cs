using System.Text.Json;
using Serverless.Contacts;

namespace Serverless.Channels.Telegram;

/// <summary>
/// Parses a reaction that a customer added to or removed from a message of a private chat. Bots receive it only if they subscribe to it.
/// https://core.telegram.org/bots/api#messagereactionupdated
/// </summary>
internal static class TelegramReaction
{
    public static Parsed Read(TelegramOrigin origin, JsonElement changed, string? updateId)
    {
        var sides = new TelegramSides(origin, changed, changed.Get("user"u8));
        if (changed.Get("message_id"u8).AsId() is not { } message) return new Parsed.Ignored("reaction");
        // One contact for all that happens to the sign under one message.
        var id = $"{sides.Id(message)}:reaction";
        var text = string.Concat(changed.Get("new_reaction"u8).Items().Select(r => r.Get("emoji"u8).AsText()));
        ExtraFields extras = default;
        extras.Add("reaction.message_id", message);
        var at = changed.Get("date"u8).AsUnixTime(origin.ReceivedAt);
        return new Parsed.Found(new($"{id}:{updateId}", text.Length == 0 ? ContactChange.Removed : ContactChange.Received, new()
        {
            Channel = TelegramChannel.ChannelName,
            Network = TelegramChannel.ChannelName,
            Account = origin.Account,
            ExternalId = id,
            Kind = ContactKind.Reaction,
            Direction = sides.Outbound ? Direction.Outbound : Direction.Inbound,
            Entry = origin.Account,
            ThreadKey = sides.ThreadKey,
            Parties = sides.Identity() is { } customer ? [customer] : [],
            OccurredAt = at,
            ReceivedAt = origin.ReceivedAt,
            Text = text.Length == 0 ? null : text,
            Extras = extras.Values,
        }));
    }
}
