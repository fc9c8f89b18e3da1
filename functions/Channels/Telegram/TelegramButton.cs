using System.Text.Json;
using Serverless.Contacts;

namespace Serverless.Channels.Telegram;

/// <summary>Reads a pressed button under a message of our bot: its label is what the customer said by pressing it.</summary>
/// <remarks>https://core.telegram.org/bots/api#callbackquery</remarks>
internal static class TelegramButton
{
    public static Parsed Pressed(TelegramOrigin origin, JsonElement query)
    {
        if (query.Has("game_short_name"u8)) return new Parsed.Ignored("game");
        var message = query.Get("message"u8);

        // A message sent by inline mode is in a chat that the bot does not see.
        if (message.ValueKind is not JsonValueKind.Object) return new Parsed.Ignored("inline-query");
        var from = query.Get("from"u8);
        var sides = new TelegramSides(origin, message, from);
        var data = query.Get("data"u8).AsText();
        ExtraFields extras = default;
        extras.Add("from.username", from.Get("username"u8).AsText());
        extras.Add("callback_query.data", data);
        extras.Add("message_thread_id", sides.Topic);
        extras.Add("business_connection_id", sides.Business);
        var id = $"callback:{query.Get("id"u8).AsId() ?? query.ContentId()}";
        return new Parsed.Found(new(id, ContactChange.Received, new()
        {
            Channel = TelegramChannel.ChannelName,
            Network = TelegramChannel.ChannelName,
            Account = origin.Account,
            ExternalId = id,
            Kind = ContactKind.Message,
            Direction = sides.Outbound ? Direction.Outbound : Direction.Inbound,
            Place = sides.IsPublic ? Place.Public : Place.Private,
            Entry = sides.IsPublic ? sides.ChatId : origin.Account,
            ThreadKey = sides.ThreadKey,
            ThreadPlace = sides.IsPublic ? sides.ChatId : null,
            Parties = sides.Identity() is { } customer ? [customer] : [],

            // Telegram does not say when; the message it belongs to may be months old.
            OccurredAt = origin.ReceivedAt,
            ReceivedAt = origin.ReceivedAt,
            Text = Label(message, data),
            Language = from.Get("language_code"u8).AsText(),
            Reply = sides.Outbound ? null : new(sides.ChatId),
            Extras = extras.Values,
        }));
    }

    private static string? Label(JsonElement message, string? data)
    {
        foreach (var row in message.Get("reply_markup"u8).Get("inline_keyboard"u8).Items())
        {
            foreach (var button in row.Items())
            {
                if (data is not null && button.Get("callback_data"u8).AsText() == data) return button.Get("text"u8).AsText();
            }
        }

        return null;
    }
}
