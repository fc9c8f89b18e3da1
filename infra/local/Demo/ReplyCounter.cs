using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Serverless.Local.Demo;

/// <summary>Takes texts to customers in the place of the providers, answers as they do, and keeps each for reading.</summary>
/// <remarks>
/// https://core.telegram.org/bots/api#sendmessage, https://www.twilio.com/docs/messaging/api/message-resource,
/// https://developer.vonage.com/en/api/messages, https://docs.x.com/x-api/posts/create-post,
/// https://learn.microsoft.com/graph/api/message-createreply
/// </remarks>
internal sealed partial class ReplyCounter(DemoFolder outside, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, JsonObject> _drafts = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _told = new(StringComparer.Ordinal);
    private long _last = time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Status and document; null for a call that sends nothing.</summary>
    /// <param name="path">With the channel, decoded.</param>
    public (int Status, JsonNode? Document)? Answer(string method, string path, string body)
    {
        var number = Interlocked.Increment(ref _last);
        return $"{method} {path}" switch
        {
            var call when Telegram().Match(call) is { Success: true } bot =>
                Take("telegram", Json(body), "text", 200, sent =>
                    Message(sent, long.Parse(bot.Groups["bot"].Value, CultureInfo.InvariantCulture), number)),
            // The seeds name files that nobody has.
            var call when TelegramFile().IsMatch(call) =>
                (400, new JsonObject { ["ok"] = false, ["error_code"] = 400, ["description"] = "Bad Request: invalid file_id" }),
            var call when Twilio().IsMatch(call) =>
                Take("twilio", Form(body), "Body", 201, sent => new JsonObject { ["sid"] = TwilioId(sent, number), ["status"] = "queued" }),
            "POST /vonage/v1/messages" =>
                Take("vonage", Json(body), "text", 202, sent => new JsonObject { ["message_uuid"] = VonageId(sent, number) }),
            "POST /x/2/tweets" =>
                Take("x", Json(body), "text", 201, sent =>
                    new JsonObject { ["data"] = new JsonObject { ["id"] = $"{number}", ["text"] = sent["text"]!.DeepClone() } }),
            var call when DirectMessage().IsMatch(call) =>
                Take("x", Json(body), "text", 201, _ => new JsonObject { ["data"] = new JsonObject { ["dm_event_id"] = $"{number}" } }),
            var call when Mail().Match(call) is { Success: true } mail =>
                Graph(mail.Groups["verb"].Value + mail.Groups["rest"].Value, body, number),
            _ => null,
        };
    }

    private (int, JsonNode?)? Take(string channel, JsonObject sent, string text, int status, Func<JsonObject, JsonNode> answer)
    {
        var document = answer(sent);
        Keep(channel, sent[text]?.GetValue<string>(), sent);
        return (status, document);
    }

    private void Keep(string channel, string? text, JsonObject sent) => outside.Keep(DemoFolder.Replies, channel, new JsonObject
    {
        ["sentAt"] = time.GetUtcNow().ToString("O", CultureInfo.InvariantCulture),
        ["channel"] = channel,
        ["text"] = text,
        ["asked"] = sent.DeepClone(),
    });

    // A draft becomes a mail when it is sent; before that it may be made twice.
    private (int, JsonNode?)? Graph(string what, string body, long number)
    {
        switch (what.Split('/'))
        {
            case ["GET"]:
                return (200, new JsonObject { ["value"] = new JsonArray() });
            case ["POST", _, "createReply"]:
                _drafts[$"draft-{number}"] = Json(body);
                return (201, new JsonObject { ["id"] = $"draft-{number}" });
            case ["PATCH", var draft] when _drafts.ContainsKey(draft):
                return (200, new JsonObject { ["id"] = draft });
            case ["POST", var draft, "send"] when _drafts.TryRemove(draft, out var mail):
                Keep("email", mail["message"]?["body"]?["content"]?.GetValue<string>()
                    ?? mail["Message"]?["body"]?["content"]?.GetValue<string>(), mail);
                return (202, null);
            default:
                return null;
        }
    }

    private JsonObject Message(JsonObject sent, long bot, long number) => new()
    {
        ["ok"] = true,
        ["result"] = new JsonObject
        {
            ["message_id"] = number,
            ["from"] = new JsonObject { ["id"] = bot, ["is_bot"] = true, ["first_name"] = "Service" },
            // A private chat has a positive id. https://core.telegram.org/bots/api#chat
            ["chat"] = new JsonObject { ["id"] = sent["chat_id"]!.DeepClone(), ["type"] = sent["chat_id"]!.GetValue<long>() > 0
                ? "private" : "supergroup" },
            ["date"] = time.GetUtcNow().ToUnixTimeSeconds(),
            ["text"] = sent["text"]!.DeepClone(),
        },
    };

    // The first message to these two is the one of which seeds/twilio/25-message-status and seeds/vonage/15-message-delivered tell.
    private string TwilioId(JsonObject sent, long number) =>
        (string?)sent["To"] == "+4915125550142" && Once("SM7e100000000000000000000000000007") is { } told
        ? told : string.Create(CultureInfo.InvariantCulture, $"SM{number:d32}");

    private string VonageId(JsonObject sent, long number) =>
        (string?)sent["to"] == "442079460955" && Once("aaaa0000-0000-4000-8000-000000000090") is { } told
        ? told : string.Create(CultureInfo.InvariantCulture, $"aaaa0000-0000-4000-9000-{number % 1_000_000_000_000:d12}");

    private string? Once(string id) => _told.TryAdd(id, true) ? id : null;

    private static JsonObject Json(string body) =>
        JsonNode.Parse(body) as JsonObject ?? throw new JsonException("A JSON object was expected.");

    private static JsonObject Form(string body) =>
        new(Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(body)
            .Select(f => KeyValuePair.Create(f.Key, (JsonNode?)JsonValue.Create(f.Value.ToString()))));

    [GeneratedRegex("^POST /telegram/bot(?<bot>[0-9]+):[^/]+/sendMessage$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Telegram();

    [GeneratedRegex("^POST /telegram/bot[^/]+/getFile$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex TelegramFile();

    [GeneratedRegex("^POST /twilio/2010-04-01/Accounts/[^/]+/Messages.json$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Twilio();

    [GeneratedRegex("^POST /x/2/dm_conversations/with/[0-9]+/messages$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex DirectMessage();

    [GeneratedRegex("^(?<verb>GET|POST|PATCH) /email/users/[^/]+/messages(?<rest>/.+)?$", RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Mail();
}
