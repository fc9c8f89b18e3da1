using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Serverless.Tests.Harness;

namespace Serverless.Tests.Channels.Discourse;

/// <summary>A forum: each customer has a topic, and our answer is a post of the service user.</summary>
internal sealed class DiscourseSimulator(DiscourseApi api, FakeTime time) : IProviderSimulator
{
    private const string Site = "Channels__Discourse__Sites__community__";

    private long _id = 4000;

    public string Channel => "discourse";

    public (string Name, string? Value)[] Settings =>
        [($"{Site}Url", api.Address.ToString()), ($"{Site}ApiKey", api.Key), ("Channels__Discourse__LookMinutes", "15"),
            ("Channels__Discourse__Sites__partners__Url", null)];

    public int Sent => api.Made.Count;

    public static async Task<DiscourseSimulator> StartAsync(FakeTime time) => new(await DiscourseApi.StartAsync(), time);

    public Utterance Ask(int customer, int number)
    {
        var post = Post(++_id, 800 + customer, number + 1, "Frage", $"kunde{customer}", 500 + customer);
        return new Utterance(_id.ToString(CultureInfo.InvariantCulture), Tells(post));
    }

    public HookCall? Echo(string reply)
    {
        var post = Post(api.LastId, (int)api.Made[^1]["topic_id"]!, 2, "Antwort", "service_team", 3);
        (post["staff"], post["moderator"]) = (true, true);
        return Tells(post);
    }

    public ValueTask DisposeAsync() => api.DisposeAsync();

    private JsonObject Post(long id, int topic, int number, string text, string username, int user)
    {
        var post = api.Add(id, time.GetUtcNow(), text);
        (post["topic_id"], post["post_number"], post["username"], post["user_id"]) = (topic, number, username, user);
        return post;
    }

    private static HookCall Tells(JsonObject post)
    {
        var body = Encoding.UTF8.GetBytes(new JsonObject { ["post"] = post.DeepClone() }.ToJsonString());
        var secret = Encoding.UTF8.GetBytes(Seed.SettingsOf("discourse")[$"{Site}Secret"]!);
        return new HookCall(
            "/api/hooks/discourse/community", body,
            ("Content-Type", "application/json"), ("X-Discourse-Event-Type", "post"), ("X-Discourse-Event", "post_created"),
            ("X-Discourse-Event-Signature", $"sha256={Convert.ToHexStringLower(HMACSHA256.HashData(secret, body))}"));
    }
}
