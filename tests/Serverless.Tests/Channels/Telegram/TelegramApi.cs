using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Serverless.Tests.Harness;

namespace Serverless.Tests.Channels.Telegram;

/// <summary>
/// The strict double of the Bot API for one token: messages sent, files, the webhook. A call it does not know, or with a field it does not
/// know, fails the test at the end; trouble happens when the test asks for it.
/// </summary>
/// <remarks>https://core.telegram.org/bots/api</remarks>
public sealed class TelegramApi : IAsyncDisposable
{
    private static readonly string[] MessageFields = ["chat_id", "text", "reply_parameters", "message_thread_id", "business_connection_id",
        "direct_messages_topic_id"];

    private StrictEndpoint _endpoint = null!;
    private long _nextMessage = 900;

    public Uri Address => _endpoint.Address;

    public required string Token { get; set; }

    /// <summary>Bodies of sendMessage that were taken, in order.</summary>
    public List<JsonObject> Sent { get; } = [];

    /// <summary>Bodies of setWebhook that were taken, in order.</summary>
    public List<JsonObject> WebhooksSet { get; } = [];

    /// <summary>What getWebhookInfo says.</summary>
    public JsonObject Webhook { get; set; } = new() { ["url"] = "", ["has_custom_certificate"] = false, ["pending_update_count"] = 0 };

    /// <summary>Paths by file_id.</summary>
    public Dictionary<string, string> Paths { get; } = new(StringComparer.Ordinal);

    /// <summary>Files by path.</summary>
    public Dictionary<string, byte[]> Files { get; } = new(StringComparer.Ordinal);

    /// <summary>Answers the next call with this status and body instead; status 0 cuts the connection.</summary>
    public (int Status, string Body)? Trouble { get; set; }

    /// <summary>Whether files can be had.</summary>
    public bool FilesAreDown { get; set; }

    /// <summary>The id that the last message sent was given.</summary>
    public long LastMessage => _nextMessage - 1;

    public int Calls => _endpoint.Requests.Count;

    public static async Task<TelegramApi> StartAsync(string token)
    {
        var api = new TelegramApi { Token = token };
        api._endpoint = await StrictEndpoint.StartAsync((context, _) => api.AnswerAsync(context));
        return api;
    }

    public ValueTask DisposeAsync() => _endpoint.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        if (Trouble is var (status, body))
        {
            Trouble = null;
            if (status == 0) context.Abort();
            else await WriteAsync(context, status, body);
        }
        else if (FilesAreDown
            && (path.StartsWith("/file/", StringComparison.Ordinal) || path.EndsWith("/getFile", StringComparison.Ordinal)))
                await WriteAsync(context, 502, Error(502, "Bad Gateway"));
        else if (path.StartsWith($"/file/bot{Token}/", StringComparison.Ordinal))
        {
            if (Files.TryGetValue(path[$"/file/bot{Token}/".Length..], out var bytes)) await context.Response.Body.WriteAsync(bytes);
            else context.Response.StatusCode = StatusCodes.Status404NotFound;
        }
        else if (!path.StartsWith("/bot", StringComparison.Ordinal)) Stray(context, path);
        else if (!path.StartsWith($"/bot{Token}/", StringComparison.Ordinal)) await WriteAsync(context, 401, Error(401, "Unauthorized"));
        else await CallAsync(context, path[$"/bot{Token}/".Length..], JsonNode.Parse(_endpoint.Requests.Last().Body)!.AsObject());
    }

    private async Task CallAsync(HttpContext context, string method, JsonObject fields)
    {
        switch (method)
        {
            case "sendMessage":
                foreach (var field in fields.Where(f => !MessageFields.Contains(f.Key, StringComparer.Ordinal)))
                    Stray(context, $"sendMessage.{field.Key}");
                if (fields["text"]!.GetValue<string>().Length > 4096)
                {
                    await WriteAsync(context, 400, Error(400, "Bad Request: message is too long"));
                    break;
                }

                Sent.Add(fields);
                await WriteAsync(context, 200, Message(fields));
                break;
            case "getFile":
                var id = fields["file_id"]!.GetValue<string>();
                await (Paths.TryGetValue(id, out var path)
                    ? WriteAsync(context, 200, Ok(new JsonObject { ["file_id"] = id, ["file_unique_id"] = "u", ["file_path"] = path }))
                    : WriteAsync(context, 400, Error(400, "Bad Request: invalid file_id")));
                break;
            case "getWebhookInfo":
                await WriteAsync(context, 200, Ok(Webhook.DeepClone()));
                break;
            case "setWebhook":
                WebhooksSet.Add(fields);
                Webhook["url"] = fields["url"]!.DeepClone();
                Webhook["allowed_updates"] = fields["allowed_updates"]!.DeepClone();
                await WriteAsync(context, 200, """{"ok":true,"result":true,"description":"Webhook was set"}""");
                break;
            default:
                Stray(context, method);
                break;
        }
    }

    // A private chat has a positive id. The bot's own message quotes what it replies to.
    private string Message(JsonObject fields)
    {
        var chat = fields["chat_id"]!.GetValue<long>();
        var message = new JsonObject
        {
            ["message_id"] = _nextMessage++,
            ["from"] = new JsonObject { ["id"] = long.Parse(Token.Split(':')[0], System.Globalization.CultureInfo.InvariantCulture),
                ["is_bot"] = true, ["first_name"] = "Bot" },
            ["chat"] = new JsonObject { ["id"] = chat, ["type"] = chat > 0 ? "private" : "supergroup", ["first_name"] = "Somebody" },
            ["date"] = 1795172400,
            ["text"] = fields["text"]!.DeepClone(),
        };
        foreach (var same in new[] { "message_thread_id", "business_connection_id" })
            if (fields[same] is { } value) message[same] = value.DeepClone();
        if (fields["message_thread_id"] is not null) message["is_topic_message"] = true;
        return Ok(message);
    }

    private void Stray(HttpContext context, string what)
    {
        _endpoint.Complain(what);
        context.Response.StatusCode = StatusCodes.Status418ImATeapot;
    }

    public static string Error(int code, string description) =>
        new JsonObject { ["ok"] = false, ["error_code"] = code, ["description"] = description }.ToJsonString();

    private static string Ok(JsonNode result) => new JsonObject { ["ok"] = true, ["result"] = result }.ToJsonString();

    private static async Task WriteAsync(HttpContext context, int status, string body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await context.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(JsonNode.Parse(body)));
    }
}
