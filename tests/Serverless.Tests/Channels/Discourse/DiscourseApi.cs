using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Serverless.Tests.Harness;

namespace Serverless.Tests.Channels.Discourse;

/// <summary>
/// The strict double of one forum's API: posts (listed and made), uploads, webhooks of the admin. A call it does not know, or without the
/// key where one is needed, fails the test or is refused; trouble
/// happens when the test asks for it.
/// </summary>
/// <remarks>https://docs.discourse.org and discourse/discourse app/controllers/posts_controller.rb, admin/web_hooks_controller.rb</remarks>
public sealed class DiscourseApi : IAsyncDisposable
{
    private StrictEndpoint _endpoint = null!;

    public Uri Address => _endpoint.Address;

    public string Key { get; set; } = "demo-key";

    /// <summary>Whether the key is an admin's: others do not see admin addresses at all.</summary>
    public bool IsAdmin { get; set; } = true;

    /// <summary>Posts by id, as its serializer writes them.</summary>
    public SortedDictionary<long, JsonObject> Posts { get; } = [];

    public SortedDictionary<long, JsonObject> PrivatePosts { get; } = [];

    /// <summary>Bodies of posts made, in order.</summary>
    public List<JsonObject> Made { get; } = [];

    /// <summary>The id that the last post made was given.</summary>
    public long LastId => 7000 + Made.Count;

    public List<JsonObject> WebHooks { get; } = [];

    /// <summary>Files by path; a text that begins with http is a redirect.</summary>
    public Dictionary<string, string> Uploads { get; } = new(StringComparer.Ordinal);

    /// <summary>Answers the next call with this status, body and Retry-After instead; status 0 cuts the connection.</summary>
    public (int Status, string Body, int? RetryAfter)? Trouble { get; set; }

    public IReadOnlyCollection<RecordedRequest> Requests => _endpoint.Requests;

    public static async Task<DiscourseApi> StartAsync()
    {
        var api = new DiscourseApi();
        api._endpoint = await StrictEndpoint.StartAsync((context, _) => api.AnswerAsync(context));
        return api;
    }

    public ValueTask DisposeAsync() => _endpoint.DisposeAsync();

    /// <summary>Adds a post that the list shows.</summary>
    public JsonObject Add(long id, DateTimeOffset at, string raw = "Hello", bool inPrivate = false)
    {
        var post = new JsonObject
        {
            ["id"] = id, ["username"] = "kim", ["user_id"] = 5, ["name"] = "Kim", ["post_number"] = 1, ["post_type"] = 1, ["topic_id"] = 9,
            ["topic_title"] = "A question", ["category_id"] = 5, ["raw"] = raw,
            ["created_at"] = at.ToString("o", CultureInfo.InvariantCulture),
            ["updated_at"] = at.ToString("o", CultureInfo.InvariantCulture), ["version"] = 1, ["user_deleted"] = false,
        };
        (inPrivate ? PrivatePosts : Posts)[id] = post;
        return post;
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var (path, method) = (context.Request.Path.Value!, context.Request.Method);
        if (Trouble is var (status, body, retryAfter))
        {
            Trouble = null;
            if (retryAfter is { } seconds) context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
            if (status == 0) context.Abort();
            else await WriteAsync(context, status, body);
        }
        else if (method == "GET" && path.StartsWith("/uploads/", StringComparison.Ordinal)) await UploadAsync(context, path);
        else if (context.Request.Headers.TryGetValue("Api-Key", out var key) && key != Key)
            await WriteAsync(context, 403,
                """{"errors":["You are not permitted to view the requested resource. The API username or key is invalid."],"error_type":"invalid_access"}""");
        else if (method == "GET" && path == "/posts.json") await ListAsync(context, "latest_posts", Posts);
        else if (method == "GET" && path == "/private-posts.json" && key.Count > 0) await ListAsync(context, "private_posts", PrivatePosts);
        else if (method == "POST" && path == "/posts.json" && key.Count > 0) await MakeAsync(context, Fields());
        else if (path.StartsWith("/admin/", StringComparison.Ordinal) && !(IsAdmin && key.Count > 0))
            await WriteAsync(context, 404, """{"errors":["not found"],"error_type":"not_found"}""");
        else if (path.StartsWith("/admin/api/web_hooks", StringComparison.Ordinal)) await HookAsync(context, method, path);
        else Stray(context, $"{method} {path}");
    }

    private JsonObject Fields() => JsonNode.Parse(_endpoint.Requests.Last().Body)!.AsObject();

    private static Task ListAsync(HttpContext context, string root, SortedDictionary<long, JsonObject> posts)
    {
        var before = context.Request.Query["before"] is [{ } text] ? long.Parse(text, CultureInfo.InvariantCulture) : long.MaxValue;
        var page = posts.Reverse().Where(p => p.Key < before).Take(50).Select(p => p.Value.DeepClone());
        return WriteAsync(context, 200, new JsonObject { [root] = new JsonArray([.. page]) }.ToJsonString());
    }

    private Task MakeAsync(HttpContext context, JsonObject fields)
    {
        Made.Add(fields);
        var post = new JsonObject
        {
            ["id"] = LastId, ["username"] = "service_team", ["user_id"] = 3, ["name"] = "Service", ["post_number"] = 2, ["post_type"] = 1,
            ["topic_id"] = fields["topic_id"]?.DeepClone()
            ?? 10_000, ["raw"] = fields["raw"]!.DeepClone(), ["created_at"] = "2026-11-20T12:00:00.000Z", ["staff"] = true,
        };
        return WriteAsync(context, 200, post.ToJsonString());
    }

    private async Task HookAsync(HttpContext context, string method, string path)
    {
        if (method == "GET")
        {
            var offset = int.Parse(context.Request.Query["offset"]!, CultureInfo.InvariantCulture);
            await WriteAsync(context, 200,
                new JsonObject { ["web_hooks"] =
                    new JsonArray([.. WebHooks.Skip(offset).Take(50).Select(h => h.DeepClone())]) }.ToJsonString());
            return;
        }

        var hook = Fields()["web_hook"]!.AsObject();
        if (method == "POST" && path == "/admin/api/web_hooks.json") WebHooks.Add(new JsonObject { ["id"] = WebHooks.Count + 1 });
        var id = method == "POST" ? WebHooks.Count : int.Parse(path.Split('/')[^1].Split('.')[0], CultureInfo.InvariantCulture);
        var known = WebHooks.Single(h => h["id"]!.GetValue<int>() == id);
        foreach (var (name, value) in hook) known[name] = value?.DeepClone();
        string[] names = ["post_created", "post_edited", "post_destroyed", "post_recovered"];
        known["web_hook_event_types"] =
            new JsonArray([.. hook["web_hook_event_type_ids"]!.AsArray()
                .Select(t => new JsonObject { ["id"] = t!.GetValue<int>(), ["name"] = names[t.GetValue<int>() - 201] })]);
        await WriteAsync(context, 200, new JsonObject { ["web_hook"] = known.DeepClone() }.ToJsonString());
    }

    private async Task UploadAsync(HttpContext context, string path)
    {
        if (!Uploads.TryGetValue(path, out var content)) context.Response.StatusCode = StatusCodes.Status404NotFound;
        else if (content.StartsWith("http", StringComparison.Ordinal) || content.StartsWith('/')) context.Response.Redirect(content);
        else
        {
            context.Response.ContentType = "text/plain";
            await context.Response.WriteAsync(content);
        }
    }

    private void Stray(HttpContext context, string what)
    {
        _endpoint.Complain(what);
        context.Response.StatusCode = StatusCodes.Status418ImATeapot;
    }

    private static async Task WriteAsync(HttpContext context, int status, string body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await context.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(JsonNode.Parse(body)));
    }
}
