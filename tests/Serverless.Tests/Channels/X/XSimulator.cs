using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Serverless.Tests.Harness;

namespace Serverless.Tests.Channels.X;

/// <summary>Posts that name our account and what it posts in answer, or direct messages, as the X Activity API tells of them.</summary>
internal sealed class XSimulator(XApi api, bool inPublic, FakeTime time) : IProviderSimulator
{
    private const string Account = "1700000000000000011";
    private const string Second = "Channels__X__Accounts__1700000000000000022__";

    private int _ids;
    private (string Customer, string Id) _asked;

    public string Channel => "x";

    // One account: the double lists the same for whoever asks.
    public (string Name, string? Value)[] Settings =>
        [("Channels__X__ApiUrl", api.Address.ToString()), ("Channels__X__LookMinutes", "15"), ($"{Second}AccessToken", null),
            ($"{Second}AccessTokenSecret", null)];

    public int Sent => api.Posted.Count;

    private string Now => time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    public static async Task<XSimulator> StartAsync(bool inPublic, FakeTime time) => new(await XApi.StartAsync(), inPublic, time);

    public Utterance Ask(int customer, int number)
    {
        _asked = ($"18{customer:00000000000000000}", $"213{_ids++:0000000000000000}");
        if (!inPublic) return new Utterance(_asked.Id, Message(_asked.Id, _asked.Customer, Account, "Frage"));
        var post = new JsonObject
        {
            ["id"] = _asked.Id, ["edit_history_tweet_ids"] = new JsonArray(_asked.Id), ["conversation_id"] = _asked.Id,
            ["author_id"] = _asked.Customer, ["created_at"] = Now, ["text"] = "Frage",
        };
        api.Mentions.Add((_asked.Id, post.ToJsonString()));
        return new Utterance(_asked.Id, Tells("post.mention.create", post));
    }

    public HookCall? Echo(string reply) =>
        !inPublic ? Message(api.LastId, Account, _asked.Customer, "Antwort") : Tells("post.create", new JsonObject
    {
        ["id"] = api.LastId, ["edit_history_tweet_ids"] = new JsonArray(api.LastId), ["conversation_id"] = _asked.Id,
        ["author_id"] = Account, ["created_at"] = Now, ["text"] = "Antwort",
        ["in_reply_to_user_id"] = _asked.Customer,
        ["referenced_tweets"] = new JsonArray(new JsonObject { ["type"] = "replied_to", ["id"] = _asked.Id }),
    });

    public ValueTask DisposeAsync() => api.DisposeAsync();

    // https://docs.x.com/x-api/direct-messages/get-dm-events lists what both sides wrote.
    private HookCall Message(string id, string from, string to, string text)
    {
        api.Messages.Add((id, new JsonObject
        {
            ["id"] = id, ["event_type"] = "MessageCreate", ["sender_id"] = from, ["created_at"] = Now,
            ["dm_conversation_id"] = $"{_asked.Customer}-{Account}", ["text"] = text,
        }.ToJsonString()));
        return Tells(from == Account ? "dm.sent" : "dm.received", new JsonObject
        {
            ["direct_message_events"] = new JsonArray(new JsonObject
            {
                ["type"] = "message_create", ["id"] = id, ["created_timestamp"] = time.GetUtcNow().ToUnixTimeMilliseconds()
                .ToString(CultureInfo.InvariantCulture),
                ["message_create"] = new JsonObject { ["target"] = new JsonObject { ["recipient_id"] = to }, ["sender_id"] = from,
                    ["message_data"] = new JsonObject { ["text"] = text } },
            }),
        });
    }

    private HookCall Tells(string type, JsonObject payload)
    {
        var body = Encoding.UTF8.GetBytes(new JsonObject
        {
            ["data"] = new JsonObject { ["event_uuid"] = $"{_ids}", ["filter"] = new JsonObject { ["user_id"] = Account },
                ["event_type"] = type, ["payload"] = payload },
        }.ToJsonString());
        var signature = Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(XApi.ConsumerSecret), body));
        return new HookCall("/api/hooks/x", body, ("Content-Type", "application/json"),
            ("x-twitter-webhooks-signature", $"sha256={signature}"));
    }
}
