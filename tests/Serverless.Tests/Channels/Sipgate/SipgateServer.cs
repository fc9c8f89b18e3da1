using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Serverless.Tests.Harness;

namespace Serverless.Tests.Channels.Sipgate;

/// <summary>sipgate's REST API on loopback: history, SMS and webhook settings, strict about token, fields and addresses. What the test does
/// not know of fails it.</summary>
public sealed class SipgateServer : IAsyncDisposable
{
    private StrictEndpoint _endpoint = null!;

    public JsonArray History { get; } = [];

    public JsonObject Settings { get; private set; } = new() { ["incomingUrl"] = "", ["outgoingUrl"] = "", ["log"] = true,
        ["whitelist"] = new JsonArray("p0") };

    public ConcurrentQueue<JsonObject> Sms { get; } = new();

    public string Url => $"{_endpoint.Address.AbsoluteUri}v2";

    public IReadOnlyCollection<RecordedRequest> Requests => _endpoint.Requests;

    public static async Task<SipgateServer> StartAsync()
    {
        var api = new SipgateServer();
        api._endpoint = await StrictEndpoint.StartAsync(api.AnswerAsync);
        return api;
    }

    /// <summary>The next call gets this answer; status 0 resets the connection.</summary>
    public void Trouble(int status, string? retryAfter = null) =>
        _endpoint.Trouble(status, retryAfter is null ? null : $"Retry-After: {retryAfter}");

    public ValueTask DisposeAsync() => _endpoint.DisposeAsync();

    private async Task AnswerAsync(HttpContext context, RecordedRequest request)
    {
        var token = $"Basic {Convert.ToBase64String("token-TEST:fake-sipgate-token"u8)}";
        if (request.Headers.GetValueOrDefault("Authorization") != token)
        {
            context.Response.StatusCode = 401;
            return;
        }

        switch (request.Method, context.Request.Path.Value)
        {
            case ("GET", "/v2/history"):
                await SayAsync(context, Page(context.Request.Query));
                break;
            case ("GET", "/v2/settings/sipgateio"):
                await SayAsync(context, Settings);
                break;
            case ("PUT", "/v2/settings/sipgateio"):
                Settings = JsonNode.Parse(request.Body)!.AsObject();
                context.Response.StatusCode = 204;
                break;
            case ("POST", "/v2/sessions/sms"):
                var sms = JsonNode.Parse(request.Body)!.AsObject();
                context.Response.StatusCode = sms.Count == 3 && (string?)sms["smsId"] == "s0" && ((string)sms["recipient"]!).StartsWith('+')
                    && sms["message"] is not null ? 204 : 400;
                if (context.Response.StatusCode == 204) Sms.Enqueue(sms);
                break;
            case ("GET", "/v2/files/voicemail.mp3"):
                context.Response.ContentType = "audio/mpeg";
                await context.Response.Body.WriteAsync("sound"u8.ToArray());
                break;
            default:
                _endpoint.Complain($"{request.Method} {request.Target}");
                context.Response.StatusCode = 404;
                break;
        }
    }

    private JsonObject Page(IQueryCollection query)
    {
        var from = DateTimeOffset.Parse(query["from"]!, CultureInfo.InvariantCulture);
        var fitting = History.Where(e => DateTimeOffset.Parse((string)e!["created"]!, CultureInfo.InvariantCulture) >= from
            && query["types"].Contains((string)e["type"]!))
            .OrderByDescending(e => (string)e!["created"]!, StringComparer.Ordinal).Select(e => e!.DeepClone()).ToList();
        var items = fitting.Skip(int.Parse(query["offset"]!, CultureInfo.InvariantCulture))
            .Take(int.Parse(query["limit"]!, CultureInfo.InvariantCulture));
        return new JsonObject { ["items"] = new JsonArray([.. items]), ["totalCount"] = fitting.Count };
    }

    private static Task SayAsync(HttpContext context, JsonObject json)
    {
        context.Response.ContentType = "application/json;charset=UTF-8";
        return context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(json.ToJsonString(JsonSerializerOptions.Web))).AsTask();
    }
}
