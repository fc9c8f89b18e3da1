using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Serverless.Tests.Harness;

namespace Serverless.Tests.Channels.Meta;

/// <summary>Messages to a page or an Instagram account, and comments under a post of the page. All are listed newest first.</summary>
internal sealed class MetaSimulator(MetaApi api, string way, FakeTime time) : IProviderSimulator
{
    private const string Account = "1001";
    private const string OurPost = "1001_500";

    private readonly JsonObject _post = new() { ["id"] = OurPost, ["from"] = new JsonObject { ["id"] = Account }, ["message"] = "Neu!",
        ["created_time"] = "2026-11-19T08:00:00+0000", ["comments"] = new JsonObject { ["data"] = new JsonArray() } };
    private string _asked = "";

    public MetaApi Api => api;

    public string Channel => "meta";

    public (string Name, string? Value)[] Settings =>
        [("Channels__Meta__ApiUrl", api.Address), ("Channels__Meta__AccessToken", MetaApi.Token),
            ($"Channels__Meta__Accounts__{Account}__Kind", IsInstagram ? "Instagram" : "Page")];

    public int Sent => api.Sent.Count;

    private bool IsInstagram => way == "instagram";

    private List<JsonObject> Conversations => api.Lists[IsInstagram ? "me/conversations" : "1001/conversations"];

    public static async Task<MetaSimulator> StartAsync(string way, FakeTime time)
    {
        var api = await MetaApi.StartAsync();
        var voice = new MetaSimulator(api, way, time);
        foreach (var list in voice.IsInstagram ? ["1001/media", "me/conversations"] : new[] { "1001/feed", "1001/conversations" })
            api.Lists[list] = [];
        if (!voice.IsInstagram) api.Lists["1001/feed"].Add(voice._post);
        return voice;
    }

    public Utterance Ask(int customer, int number)
    {
        var (id, person) = ($"asks-{customer}-{number}", $"60000000000000{customer:00000}");
        _asked = way == "page-comment" ? $"asks-{customer}-0" : person;
        // Whoever writes again answers under the first comment.
        return new Utterance(id, way == "page-comment"
            ? Comment(id, person, number == 0 ? OurPost : _asked, "Frage") : Message(id, person, person, "Frage"));
    }

    // message_echoes, and the page's own comment in the feed.
    public HookCall? Echo(string reply) => way == "page-comment"
        ? Comment($"comment.ours-{Sent}", Account, _asked, "Antwort")
        : Message($"mid.ours-{Sent}", _asked, Account, "Antwort");

    public ValueTask DisposeAsync() => api.DisposeAsync();

    private HookCall Comment(string id, string author, string parent, string text)
    {
        var at = time.GetUtcNow();
        _post["comments"]!["data"]!.AsArray()
            .Insert(0, new JsonObject { ["id"] = id, ["from"] = new JsonObject { ["id"] = author }, ["message"] = text,
                ["created_time"] = Listed(at), ["parent"] = parent == OurPost ? null : new JsonObject { ["id"] = parent } });
        return Signed("page", "changes", new JsonObject
        {
            ["field"] = "feed",
            ["value"] = new JsonObject
            {
                ["item"] = "comment", ["verb"] = "add", ["comment_id"] = id, ["post_id"] = OurPost, ["parent_id"] = parent,
                ["from"] = new JsonObject { ["id"] = author }, ["created_time"] = at.ToUnixTimeSeconds(), ["message"] = text,
            },
        });
    }

    private HookCall Message(string id, string customer, string from, string text)
    {
        var (at, to) = (time.GetUtcNow(), from == Account ? customer : Account);
        var conversation = Conversations.Find(c => (string)c["id"]! == customer)
            ?? new JsonObject { ["id"] = customer, ["messages"] = new JsonObject { ["data"] = new JsonArray() } };
        conversation["updated_time"] = Listed(at);
        conversation["messages"]!["data"]!.AsArray().Insert(0, new JsonObject
        {
            ["id"] = id, ["created_time"] = Listed(at), ["from"] = new JsonObject { ["id"] = from },
            ["to"] = new JsonObject { ["data"] = new JsonArray(new JsonObject { ["id"] = to }) }, ["message"] = text,
        });
        Conversations.Remove(conversation);
        Conversations.Insert(0, conversation);
        var said = new JsonObject { ["mid"] = id, ["text"] = text };
        if (from == Account) said["is_echo"] = true;
        return Signed(IsInstagram ? "instagram" : "page", "messaging", new JsonObject
        {
            ["sender"] = new JsonObject { ["id"] = from }, ["recipient"] = new JsonObject { ["id"] = to },
            ["timestamp"] = at.ToUnixTimeMilliseconds(), ["message"] = said,
        });
    }

    private HookCall Signed(string about, string list, JsonObject item)
    {
        var body = Encoding.UTF8.GetBytes(new JsonObject { ["object"] = about,
            ["entry"] = new JsonArray(new JsonObject { ["id"] = Account, ["time"] = time.GetUtcNow().ToUnixTimeSeconds(),
                [list] = new JsonArray(item) }) }.ToJsonString());
        return new HookCall("/api/hooks/meta", body, [.. MetaCall.Headers(body, MetaCall.Secret).Select(h => (h.Key, h.Value))]);
    }

    private static string Listed(DateTimeOffset at) =>
        at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'+0000'", CultureInfo.InvariantCulture);
}
