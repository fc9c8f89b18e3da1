using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Serverless.Tests.Harness;

namespace Serverless.Tests.Channels.Meta;

/// <summary>The strict double of Meta's Graph API: one page, one Instagram account, one WhatsApp number. A call that it does not know fails
/// the test at the end.</summary>
public sealed class MetaApi : IAsyncDisposable
{
    public const string Token = "fake-meta-token";
    public const string AppId = "700700700";
    public const string AppToken = AppId + "|demo-meta-app-secret-not-a-real-one";
    private StrictEndpoint _endpoint = null!;
    private int _ids;

    public string Address => _endpoint.Address.ToString().TrimEnd('/');

    /// <summary>Every text that was taken: path and JSON.</summary>
    public ConcurrentQueue<(string Path, JsonElement Body)> Sent { get; } = new();

    /// <summary>Answers every call so instead.</summary>
    public (int Status, int Code, int Detail)? Trouble { get; set; }

    /// <summary>The connection is cut once the request is read.</summary>
    public bool Cuts { get; set; }

    /// <summary>What GET answers, by path without its query.</summary>
    public Dictionary<string, JsonObject> Documents { get; } = new(StringComparer.Ordinal);

    /// <summary>Lists that GET answers page by page, newest first, by path.</summary>
    public Dictionary<string, List<JsonObject>> Lists { get; } = new(StringComparer.Ordinal);

    /// <summary>What POST to a registration brought, by path.</summary>
    public Dictionary<string, JsonElement> Registered { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, byte[]> Files { get; } = new(StringComparer.Ordinal);

    public IReadOnlyList<string> Calls => [.. _endpoint.Requests.Select(r => $"{r.Method} {r.Target}")];

    public static async Task<MetaApi> StartAsync()
    {
        var api = new MetaApi();
        api._endpoint = await StrictEndpoint.StartAsync((context, _) => api.AnswerAsync(context));
        return api;
    }

    public ValueTask DisposeAsync() => _endpoint.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var (request, path) = (context.Request, context.Request.Path.Value!.TrimStart('/'));
        var wanted = path.EndsWith("/subscriptions", StringComparison.Ordinal) || path == "debug_token" ? AppToken : Token;
        if (Cuts) context.Abort();
        else if (Trouble is { } trouble) await FailAsync(context, trouble.Status, trouble.Code, trouble.Detail);
        else if (Files.TryGetValue(path, out var open) && path.StartsWith("cdn/", StringComparison.Ordinal))
            await context.Response.Body.WriteAsync(open);
        else if (request.Headers.Authorization.ToString() != $"Bearer {wanted}") await FailAsync(context, 401, 190, 463);
        else if (Files.TryGetValue(path, out var file)) await context.Response.Body.WriteAsync(file);
        else if (request.Method == "GET" && Documents.TryGetValue(path, out var document)) await WriteAsync(context, 200, document);
        else if (request.Method == "GET" && Lists.TryGetValue(path, out var list))
            await WriteAsync(context, 200, Page(request.Query, list));
        else if (request.Method == "POST"
            && (path.EndsWith("/subscribed_apps", StringComparison.Ordinal) || path.EndsWith("/subscriptions", StringComparison.Ordinal)))
        {
            Registered[path] = Body();
            await WriteAsync(context, 200, new JsonObject { ["success"] = true });
        }
        else if (request.Method == "POST" && path.Split('/') is [_, "messages" or "comments" or "replies" or "mentions"])
            await TakeAsync(context, path);
        else if (request.Method == "GET" && path.StartsWith("media-", StringComparison.Ordinal)) await FailAsync(context, 400, 100, 33);
        else
        {
            _endpoint.Complain($"{request.Method} {path}");
            context.Response.StatusCode = StatusCodes.Status418ImATeapot;
        }
    }

    // https://developers.facebook.com/docs/graph-api/results
    private static JsonObject Page(IQueryCollection query, List<JsonObject> list)
    {
        var from = query["after"] is [{ } after] ? int.Parse(after, CultureInfo.InvariantCulture) : 0;
        var next = from + int.Parse(query["limit"]!, CultureInfo.InvariantCulture);
        var paging = new JsonObject { ["cursors"] = new JsonObject { ["after"] = next.ToString(CultureInfo.InvariantCulture) } };
        if (next < list.Count) paging["next"] = "https://graph.facebook.com/the-next-page";
        return new JsonObject { ["data"] = new JsonArray([.. list.Take(next).Skip(from).Select(item => item.DeepClone())]),
            ["paging"] = paging };
    }

    private async Task TakeAsync(HttpContext context, string path)
    {
        var body = Body();
        Sent.Enqueue((path, body));
        var id = Interlocked.Increment(ref _ids);
        await WriteAsync(context, 200, body.TryGetProperty("messaging_product", out _)
            ? new JsonObject { ["messaging_product"] = "whatsapp",
                ["messages"] = new JsonArray(new JsonObject { ["id"] = $"wamid.ours-{id}" }) }
            : path.EndsWith("messages", StringComparison.Ordinal)
            ? new JsonObject { ["recipient_id"] = "psid-9", ["message_id"] = $"mid.ours-{id}" }
            : new JsonObject { ["id"] = $"comment.ours-{id}" });
    }

    private JsonElement Body()
    {
        var bytes = _endpoint.Requests.Last().Body;
        return JsonDocument.Parse(bytes.Length == 0 ? "{}"u8.ToArray() : bytes).RootElement;
    }

    private static Task FailAsync(HttpContext context, int status, int code, int detail) => WriteAsync(
        context, status,
        new JsonObject { ["error"] = new JsonObject { ["message"] = "what Meta says", ["type"] = "OAuthException", ["code"] = code,
            ["error_subcode"] = detail, ["fbtrace_id"] = "A" } });

    private static Task WriteAsync(HttpContext context, int status, JsonNode json)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(json.ToJsonString());
    }
}
