using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Serverless.Tests.Harness;

namespace Serverless.Tests.Channels.Email;

/// <summary>
/// The strict double of Microsoft Graph: messages, attachments, drafts and sending, delta per folder, subscriptions. Ids are immutable only
/// for who asks for it. A call it does not know
/// fails the test at the end; limits, an expired token and lost cursors happen when the test asks for them.
/// https://learn.microsoft.com/en-us/graph/api/overview
/// </summary>
public sealed partial class GraphApi : IAsyncDisposable
{
    public const string Token = "a-token-of-this-test";

    private readonly Lock _gate = new();
    private StrictEndpoint _endpoint = null!;
    private int _drafts;
    private int _atOnce;

    /// <summary>Base address, with the version as the real one has it.</summary>
    public string Address => $"{_endpoint.Address.GetLeftPart(UriPartial.Authority)}/v1.0";

    /// <summary>Messages by mailbox and id, in order of their arrival, with the folder they lie in.</summary>
    public List<(string Mailbox, string Folder, JsonObject Message)> Messages { get; } = [];

    /// <summary>Bytes by attachment id.</summary>
    public Dictionary<string, (string Type, byte[] Bytes)> Files { get; } = new(StringComparer.Ordinal);

    public List<JsonObject> Subscriptions { get; } = [];

    /// <summary>Answers the calls it names (part of method and path) with this status and code instead; counted down to none.</summary>
    public (string Call, int Status, string Code, int Times, int? RetryAfter)? Trouble { get; set; }

    /// <summary>Takes the send and breaks the connection before it answers.</summary>
    public bool LoseAnswerToSend { get; set; }

    /// <summary>Delta tokens that were given out are no longer taken.</summary>
    public bool ForgetsCursors { get; set; }

    public int PageSize { get; set; } = 2;

    /// <summary>Held until it is completed; every message is waited for before it is answered.</summary>
    public TaskCompletionSource? Gate { get; set; }

    public int MostAtOnce { get; private set; }

    public IReadOnlyList<string> Calls =>
        [.. _endpoint.Requests.Select(r => $"{r.Method} {Uri.UnescapeDataString(r.Target)["/v1.0".Length..]}")];

    public IReadOnlyList<string> Sent =>
        [.. Messages.Where(m => m.Folder == "sentitems").Select(m => m.Message["internetMessageId"]!.GetValue<string>())];

    public static async Task<GraphApi> StartAsync()
    {
        var api = new GraphApi();
        api._endpoint = await StrictEndpoint.StartAsync((context, _) => api.AnswerAsync(context));
        return api;
    }

    public ValueTask DisposeAsync() => _endpoint.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var request = context.Request;
        var path = request.Path.Value!;
        if (request.Headers.Authorization != $"Bearer {Token}")
        {
            await FailAsync(context, 401, "InvalidAuthenticationToken");
            return;
        }

        if (Trouble is { } trouble && $"{request.Method} {path}".Contains(trouble.Call, StringComparison.OrdinalIgnoreCase))
        {
            Trouble = trouble.Times <= 1 ? null : trouble with { Times = trouble.Times - 1 };
            if (trouble.RetryAfter is { } seconds) context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
            await FailAsync(context, trouble.Status, trouble.Code);
            return;
        }

        lock (_gate) MostAtOnce = Math.Max(MostAtOnce, ++_atOnce);
        if (Gate is { } gate) await gate.Task;
        try
        {
            if (!path.StartsWith("/v1.0/", StringComparison.Ordinal) || !await RouteAsync(context, path["/v1.0".Length..]))
            {
                _endpoint.Complain($"{request.Method} {path}{request.QueryString}");
                await FailAsync(context, 418, "notInTheDouble");
            }
        }
        finally
        {
            lock (_gate) _atOnce--;
        }
    }

    private async Task<bool> RouteAsync(HttpContext context, string path)
    {
        var method = context.Request.Method;
        if (path.StartsWith("/subscriptions", StringComparison.Ordinal))
            return await SubscriptionsAsync(context, path["/subscriptions".Length..].Trim('/'));
        // Everything else is asked for with ids that stay.
        if (!context.Request.Headers["Prefer"].ToString().Contains("IdType=\"ImmutableId\"", StringComparison.Ordinal)) return false;
        if (Delta().Match(path) is { Success: true } delta && method == "GET")
            return await DeltaAsync(context, delta.Groups["user"].Value, delta.Groups["folder"].Value);
        if (Content().Match(path) is { Success: true } content && method == "GET")
            return await ContentAsync(context, content.Groups["file"].Value);
        if (OneMessage().Match(path) is not { Success: true } one) return false;
        var (user, id, action) = (one.Groups["user"].Value, one.Groups["id"].Value, one.Groups["action"].Value);
        return (method, id, action) switch
        {
            ("GET", "", "") => await FindAsync(context, user),
            ("GET", _, "") => await GetAsync(context, user, id),
            ("PATCH", _, "") => await PatchAsync(context, user, id),
            ("POST", _, "createReply") => await CreateReplyAsync(context, user, id),
            ("POST", _, "send") => await SendAsync(context, user, id),
            _ => false,
        };
    }

    private JsonObject? Of(string user, string id) =>
        Messages.Find(m => m.Mailbox.Equals(user, StringComparison.OrdinalIgnoreCase) && m.Message["id"]!.GetValue<string>() == id).Message;

    private async Task<bool> GetAsync(HttpContext context, string user, string id)
    {
        // Without $select there would be no headers, without $expand no attachments.
        if (!context.Request.Query["$select"].ToString().Contains("internetMessageHeaders", StringComparison.Ordinal)
            || !context.Request.Query["$expand"].ToString().Contains("attachments", StringComparison.Ordinal)) return false;
        if (Of(user, id) is not { } message) await FailAsync(context, 404, "ErrorItemNotFound");
        else await OkAsync(context, message);
        return true;
    }

    private async Task<bool> FindAsync(HttpContext context, string user)
    {
        if (Filter().Match(context.Request.Query["$filter"].ToString()) is not { Success: true } filter) return false;
        var found = Messages.Where(m => m.Mailbox == user
            && m.Message["internetMessageId"]?.GetValue<string>() == filter.Groups["id"].Value)
            .Select(m => (JsonNode)m.Message.DeepClone());
        await OkAsync(context, new JsonObject { ["value"] = new JsonArray([.. found]) });
        return true;
    }

    private async Task<bool> CreateReplyAsync(HttpContext context, string user, string id)
    {
        if (Of(user, id) is not { } answered)
        {
            await FailAsync(context, 404, "ErrorItemNotFound");
            return true;
        }

        var body = Body(context);
        // "comment" or "message.body", never both; the property is called Message, as the SDK writes it.
        if (body["comment"] is not null || body["message"] is not JsonObject wanted && body["Message"] is not JsonObject
            || (body["message"] ?? body["Message"]) is not JsonObject given) return false;
        if (given["internetMessageHeaders"] is JsonArray headers
            && headers.Any(h => !h!["name"]!.GetValue<string>().StartsWith("x-", StringComparison.OrdinalIgnoreCase)))
        {
            await FailAsync(context, 400, "InvalidInternetMessageHeader");
            return true;
        }

        var draft = (JsonObject)given.DeepClone();
        draft["id"] = $"DRAFT{++_drafts:d3}=";
        draft["isDraft"] = true;
        draft["internetMessageId"] = $"<draft-{_drafts}@example.com>";
        draft["toRecipients"] = answered["replyTo"] is JsonArray { Count: > 0 } replyTo
            ? replyTo.DeepClone() : new JsonArray(answered["from"]!.DeepClone());
        Messages.Add((user, "drafts", draft));
        await OkAsync(context, draft, 201);
        return true;
    }

    private async Task<bool> PatchAsync(HttpContext context, string user, string id)
    {
        if (Of(user, id) is not { } draft || draft["isDraft"]?.GetValue<bool>() != true) return false;
        foreach (var (name, value) in Body(context))
        {
            // Headers cannot be given later.
            if (name == "internetMessageHeaders") return false;
            if (!name.StartsWith('@')) draft[name] = value?.DeepClone();
        }

        await OkAsync(context, draft);
        return true;
    }

    private async Task<bool> SendAsync(HttpContext context, string user, string id)
    {
        var at = Messages.FindIndex(m => m.Mailbox == user && m.Message["id"]!.GetValue<string>() == id);
        if (at < 0 || Messages[at].Folder != "drafts")
        {
            await FailAsync(context, 404, "ErrorItemNotFound");
            return true;
        }

        var message = Messages[at].Message;
        (message["isDraft"], message["sentDateTime"]) = (false, "2026-11-20T09:00:07Z");
        Messages[at] = (user, "sentitems", message);
        if (LoseAnswerToSend)
        {
            LoseAnswerToSend = false;
            context.Abort();
            return true;
        }

        context.Response.StatusCode = 202;
        return true;
    }

    private async Task<bool> ContentAsync(HttpContext context, string file)
    {
        if (!Files.TryGetValue(file, out var content))
        {
            await FailAsync(context, 404, "ErrorItemNotFound");
            return true;
        }

        context.Response.ContentType = content.Type;
        await context.Response.Body.WriteAsync(content.Bytes);
        return true;
    }

    private async Task<bool> DeltaAsync(HttpContext context, string user, string folder)
    {
        var query = context.Request.Query;
        var from = query["$skiptoken"].ToString() is { Length: > 0 } skip ? skip : query["$deltatoken"].ToString();
        if (from.Length == 0
            && (query["changeType"] != "created"
                || !query["$filter"].ToString().StartsWith("receivedDateTime ge ", StringComparison.Ordinal))) return false;
        if (from.Length > 0 && ForgetsCursors)
        {
            await FailAsync(context, 410, "SyncStateNotFound");
            return true;
        }

        var start = from.Length == 0 ? 0 : int.Parse(from, CultureInfo.InvariantCulture);
        var all = Messages.Where(m => m.Mailbox.Equals(user, StringComparison.OrdinalIgnoreCase) && m.Folder == folder)
            .Select(m => m.Message).ToList();
        var page = all.Skip(start).Take(PageSize)
            .Select(m => (JsonNode)new JsonObject { ["id"] = m["id"]!.DeepClone(),
                ["receivedDateTime"] = m["receivedDateTime"]?.DeepClone() }).ToList();
        var next = start + page.Count;
        // What was only changed, or taken away, is told of as well.
        if (next == all.Count)
            page.AddRange([new JsonObject { ["id"] = "READ=", ["isRead"] = true },
                new JsonObject { ["id"] = "GONE=", ["@removed"] = new JsonObject { ["reason"] = "deleted" } }]);
        var answer = new JsonObject { ["value"] = new JsonArray([.. page]) };
        answer[next < all.Count ? "@odata.nextLink"
            : "@odata.deltaLink"] =
            $"{Address}/users/{user}/mailFolders('{folder}')/messages/delta?{(next < all.Count ? "$skiptoken" : "$deltatoken")}={next}";
        await OkAsync(context, answer);
        return true;
    }

    // The endpoint has read the body already.
    private JsonObject Body(HttpContext context)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        return (JsonObject)JsonNode.Parse(_endpoint.Requests.Last(r => r.Method == context.Request.Method && r.Target == target).Body)!;
    }

    private static Task OkAsync(HttpContext context, JsonObject json, int status = 200) => WriteAsync(context, status, json);

    private static Task FailAsync(HttpContext context, int status, string code) =>
        WriteAsync(context, status, new JsonObject { ["error"] = new JsonObject { ["code"] = code, ["message"] = "In words." } });

    private static async Task WriteAsync(HttpContext context, int status, JsonObject json)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(json.ToJsonString(JsonSerializerOptions.Web)));
    }

    [GeneratedRegex(@"^/users/(?<user>[^/]+)/messages(/(?<id>[^/]+)(/(?<action>\w+))?)?$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex OneMessage();

    [GeneratedRegex(@"^/users/[^/]+/messages/[^/]+/attachments/(?<file>[^/]+)/\$value$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Content();

    [GeneratedRegex(@"^/users/(?<user>[^/]+)/mailFolders(\('|/)(?<folder>\w+)('\))?/messages/delta(\(\))?$", RegexOptions.ExplicitCapture,
        1000)]
    private static partial Regex Delta();

    [GeneratedRegex("^internetMessageId eq '(?<id>[^']+)'$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Filter();
}
