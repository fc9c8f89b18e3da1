using System.Text.Json;
using Serverless.Contacts;

namespace Serverless.Channels.Telegram;

/// <content>Replies: <c>sendMessage</c> into the chat, topic or business chat the contact came from, as a reply to it.</content>
public sealed partial class TelegramChannel : ISendsReplies
{
    /// <summary>
    /// Longest text, in UTF-16 code units, the strictest way to count. A longer one is rejected and not split: Telegram has no
    /// idempotency key, so after a failed second half it would be unknown which half the customer has.
    /// https://core.telegram.org/bots/api#sendmessage
    /// </summary>
    public const int LongestText = 4096;

    /// <summary>Telegram takes no idempotency key.</summary>
    public bool Repeatable => false;

    public async Task<ReplyOutcome> SendAsync(Reply reply, CancellationToken ct)
    {
        var (to, setting) = (reply.To, $"Channels__Telegram__Bots__{reply.To.Account}__BotToken");
        if (ApiOf(to.Account) is not var (api, bot)) return new ReplyOutcome.Refused(ReplyReasons.NotPermitted, $"{setting} is missing.");
        if (to.Reply is not { } path) return new ReplyOutcome.Refused(ReplyReasons.NoReplyPath);
        if (path.Until <= time.GetUtcNow())
            return new ReplyOutcome.Refused(ReplyReasons.WindowClosed,
                "A bot may write in a business chat for 24 hours after the customer did.");
        if (reply.Text.Length > LongestText)
            return new ReplyOutcome.Refused(ReplyReasons.TooLong,
                $"Telegram takes {LongestText} characters, this text has {reply.Text.Length}.");

        var inPrivate = reply.InPrivate && to.Place is Place.Public;
        if (inPrivate && to.Parties.FirstOrDefault(p => p.Scheme == "telegram") is null)
            return new ReplyOutcome.Refused(ReplyReasons.NoReplyPath, "Who writes as a channel has no private chat.");
        var answer = await api.CallAsync("sendMessage", json => Write(json, reply, path, inPrivate), ct);
        // Not sent: the customer's group has become a supergroup with another id.
        if (answer.MovedTo is { } chat)
            answer = await api.CallAsync("sendMessage", json => Write(json, reply, path with { Address = chat }, inPrivate), ct);
        if (answer.Result.ValueKind is not JsonValueKind.Object) return Failed(answer, setting);

        // The ids are those of the message itself; the conversation is the one we answered, which a message without a quote no longer
        // shows.
        return new TelegramMessage(new TelegramOrigin(to.Account, bot, time.GetUtcNow()),
            answer.Result).Received() is Parsed.Found { Event: var sent }
            ? new ReplyOutcome.Sent(sent
                with { Contact = sent.Contact
                    with { Direction = Direction.Outbound, ThreadKey = to.ThreadKey, Parties = to.Parties, Reply = null } })
            : new ReplyOutcome.Uncertain("unreadable-answer");
    }

    private static void Write(Utf8JsonWriter json, Reply reply, ReplyPath path, bool inPrivate)
    {
        var extras = reply.To.Extras;
        json.WriteString("text"u8, reply.Text);
        if (inPrivate)
        {
            // Arrives only if the customer has started the bot before. https://core.telegram.org/bots/faq#my-bot-39s-chat
            Number(json, "chat_id", reply.To.Parties.First(p => p.Scheme == "telegram").Value);
            return;
        }

        Number(json, "chat_id", path.Address);
        Number(json, "message_thread_id", extras?.GetValueOrDefault("message_thread_id"));
        Number(json, "direct_messages_topic_id", extras?.GetValueOrDefault("direct_messages_topic.topic_id"));
        if (extras?.GetValueOrDefault("business_connection_id") is { } connection) json.WriteString("business_connection_id"u8, connection);

        // A pressed button is no message that could be quoted.
        var id = reply.To.ExternalId;
        if (id.StartsWith("callback:", StringComparison.Ordinal)) return;
        json.WriteStartObject("reply_parameters"u8);
        Number(json, "message_id", id[(id.LastIndexOf(':') + 1)..]);
        json.WriteBoolean("allow_sending_without_reply"u8, value: true);
        json.WriteEndObject();
    }

    private static void Number(Utf8JsonWriter json, string name, string? value)
    {
        if (long.TryParse(value, System.Globalization.CultureInfo.InvariantCulture, out var number)) json.WriteNumber(name, number);
    }

    // Sentences of the Bot API server: https://github.com/tdlib/telegram-bot-api/blob/master/telegram-bot-api/Client.cpp
    private static ReplyOutcome Failed(BotAnswer answer, string setting)
    {
        var detail = $"Telegram {answer.Status}: {answer.Description}";
        switch (answer.Status)
        {
            case 0 when !answer.Raw.MaybeSent:
                return new ReplyOutcome.Later(ReplyReasons.Unreachable);
            case 429:
                return new ReplyOutcome.Later(ReplyReasons.RateLimited, answer.RetryAfter);
            case 401 or 404:
                return new ReplyOutcome.Refused(ReplyReasons.NotPermitted, $"{setting}: Telegram does not know this token.");
            case 403:
                return new ReplyOutcome.Refused(ReplyReasons.RecipientGone, detail);
            case 400 when answer.Says("too long"):
                return new ReplyOutcome.Refused(ReplyReasons.TooLong, detail);
            case 400 when answer.Says("not found") || answer.Says("upgraded to a supergroup") || answer.Says("TOPIC_")
                || answer.Says("PEER_") || answer.Says("deactivated"):
                return new ReplyOutcome.Refused(ReplyReasons.RecipientGone, detail);
            case 400 when answer.Says("rights") || answer.Says("FORBIDDEN") || answer.Says("RESTRICTED"):
                return new ReplyOutcome.Refused(ReplyReasons.NotPermitted, detail);
            case >= 400 and < 500:
                return new ReplyOutcome.Refused(ReplyReasons.ContentRefused, detail);
            default:
                return new ReplyOutcome.Uncertain(answer.Status is 0 ? ReplyReasons.Unreachable : $"telegram-{answer.Status}");
        }
    }

    private (BotApi Api, TelegramBot Bot)? ApiOf(string account) =>
        options.CurrentValue is var current && current.Bots.TryGetValue(account, out var bot)
        && bot is { Id: not null, BotToken: { } token }
            ? (new BotApi(calls, current.ApiUrl, token), bot)
            : null;
}
