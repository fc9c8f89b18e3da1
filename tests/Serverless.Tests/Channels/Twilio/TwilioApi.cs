using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using System.Web;
using Microsoft.AspNetCore.Http;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Channels.Twilio;

/// <summary>The strict double of Twilio's API: it knows accounts by their auth token, and a call that it does not know fails the test at
/// the end.</summary>
public sealed class TwilioApi : IAsyncDisposable
{
    public const string Account = "AC1";
    public const string Token = "fake-twilio-auth-token-for-seeds";
    private StrictEndpoint _endpoint = null!;
    private int _sids;

    public string Address => _endpoint.Address.ToString().TrimEnd('/');

    /// <summary>Every message that was taken: its form fields.</summary>
    public ConcurrentQueue<IReadOnlyDictionary<string, string>> Messages { get; } = new();

    /// <summary>Phone numbers of the account, as the API writes them.</summary>
    public List<JsonObject> Numbers { get; } = [];

    /// <summary>Calls or messages by list, newest first.</summary>
    public Dictionary<string, List<JsonObject>> Held { get; } = new(StringComparer.Ordinal) { ["calls"] = [], ["messages"] = [] };

    /// <summary>Messaging services as the API writes them, and how many numbers each has.</summary>
    public List<(JsonObject Service, int Numbers)> Services { get; } = [];

    /// <summary>WhatsApp senders as the API writes them.</summary>
    public List<JsonObject> Senders { get; } = [];

    /// <summary>Media by message.</summary>
    public Dictionary<string, List<JsonObject>> Media { get; } = new(StringComparer.Ordinal);

    /// <summary>Files by path.</summary>
    public Dictionary<string, byte[]> Files { get; } = new(StringComparer.Ordinal);

    /// <summary>Answers every call so instead: status, error code, seconds to wait.</summary>
    public (int Status, int Code, int? RetryAfter)? Trouble { get; set; }

    /// <summary>The connection is cut once the request is read.</summary>
    public bool Cuts { get; set; }

    public int PageSize { get; set; } = 2;

    public IReadOnlyList<string> Calls => [.. _endpoint.Requests.Select(r => $"{r.Method} {r.Target}")];

    public static async Task<TwilioApi> StartAsync()
    {
        var api = new TwilioApi();
        api._endpoint = await StrictEndpoint.StartAsync((context, _) => api.AnswerAsync(context));
        return api;
    }

    public ValueTask DisposeAsync() => _endpoint.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var (request, path) = (context.Request, context.Request.Path.Value!);
        var token = path.StartsWith("/elsewhere/", StringComparison.Ordinal)
            ? "" : $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Account}:{Token}"))}";
        if (Cuts) context.Abort();
        else if (Trouble is { } trouble)
        {
            if (trouble.RetryAfter is { } seconds) context.Response.Headers.RetryAfter = seconds.ToString();
            await WriteAsync(context, trouble.Status,
                new JsonObject { ["code"] = trouble.Code, ["message"] = "what Twilio says", ["status"] = trouble.Status });
        }
        else if (request.Headers.Authorization.ToString() != token)
            await WriteAsync(context, 401, new JsonObject { ["code"] = 20003, ["status"] = 401 });
        else if (Files.TryGetValue(path, out var file)) await context.Response.Body.WriteAsync(file);
        else if (path.StartsWith("/v1/", StringComparison.Ordinal) || path.StartsWith("/v2/", StringComparison.Ordinal))
            await MessagingAsync(context, $"{request.Method} {path}");
        else if (path.StartsWith("/media/", StringComparison.Ordinal))
            context.Response.Redirect(path.Replace("/media/", "/elsewhere/", StringComparison.Ordinal));
        else switch ($"{request.Method} {path.Replace($"/2010-04-01/Accounts/{Account}/", "", StringComparison.Ordinal)}")
        {
            case "POST Messages.json": await TakeAsync(context); break;
            case "GET Calls.json": await ListAsync(context, "calls", "start_time", "StartTime>"); break;
            case "GET Messages.json": await ListAsync(context, "messages", "date_sent", "DateSent>"); break;
            case "GET IncomingPhoneNumbers.json": await WriteAsync(context, 200,
                new JsonObject { ["incoming_phone_numbers"] = new JsonArray([.. Numbers.Select(n => n.DeepClone())]),
                    ["next_page_uri"] = null }); break;
            case var media when media.StartsWith("GET Messages/", StringComparison.Ordinal)
                && media.EndsWith("/Media.json", StringComparison.Ordinal):
                await WriteAsync(context, 200,
                    new JsonObject { ["media_list"] =
                        new JsonArray([.. Media.GetValueOrDefault(media.Split('/')[1], []).Select(m => m.DeepClone())]) });
                break;
            case var change when change.StartsWith("POST IncomingPhoneNumbers/", StringComparison.Ordinal): await ChangeAsync(context,
                change["POST IncomingPhoneNumbers/".Length..^".json".Length]); break;
            case var missing when path.StartsWith("/recordings/", StringComparison.Ordinal)
                || path.StartsWith("/elsewhere/", StringComparison.Ordinal): await WriteAsync(context, 404,
                    new JsonObject { ["code"] = 20404, ["message"] = missing }); break;
            case var stray:
                _endpoint.Complain(stray);
                context.Response.StatusCode = StatusCodes.Status418ImATeapot;
                break;
        }
    }

    private async Task TakeAsync(HttpContext context)
    {
        var form = Form(_endpoint.Requests.Last().Body);
        Assert.NotEmpty(form["To"]);
        Assert.NotEmpty(form["From"]);
        Assert.True(form.ContainsKey("Body") || form.ContainsKey("ContentSid"));
        Messages.Enqueue(form);
        await WriteAsync(context, 201,
            new JsonObject { ["sid"] = $"SM{Interlocked.Increment(ref _sids):d32}", ["status"] = "queued", ["account_sid"] = Account });
    }

    private async Task ListAsync(HttpContext context, string list, string time, string filter)
    {
        Assert.Matches(@"^\d{4}-\d\d-\d\d$", context.Request.Query[filter].ToString());
        var from = DateTimeOffset.Parse(context.Request.Query[filter]!);
        var page = int.TryParse(context.Request.Query["Page"], out var at) ? at : 0;
        var all = Held[list].Where(h => DateTimeOffset.Parse(h[time]!.GetValue<string>()) >= from).ToList();
        var query = $"{filter.Replace(">", "%3E", StringComparison.Ordinal)}={context.Request.Query[filter]}&Page={page + 1}&PageToken=PA{page}";
        await WriteAsync(context, 200, new JsonObject
        {
            [list] = new JsonArray([.. all.Skip(page * PageSize).Take(PageSize).Select(h => h.DeepClone())]),
            ["next_page_uri"] = all.Count > (page + 1) * PageSize ? $"{context.Request.Path}?{query}" : null,
        });
    }

    // https://www.twilio.com/docs/messaging/api/service-resource, https://www.twilio.com/docs/whatsapp/api/senders
    private async Task MessagingAsync(HttpContext context, string call)
    {
        var sid = call.Split('/') is [_, _, _, var service, ..] && service != "Senders" ? service : call.Split('/')[^1];
        var (known, numbers) = Services.Find(s => (string)s.Service["sid"]! == sid);
        var sender = Senders.Find(s => (string)s["sid"]! == sid);
        if (call == "GET /v1/Services") await PageAsync(context, "services", Services.Select(s => s.Service));
        else if (call == $"GET /v1/Services/{sid}/PhoneNumbers")
            await PageAsync(context, "phone_numbers", Enumerable.Range(0, numbers).Select(n => new JsonObject { ["sid"] = $"PN{n}" }));
        else if (call == $"POST /v1/Services/{sid}" && known is not null)
        {
            var form = Form(_endpoint.Requests.Last().Body);
            Assert.Equal(["InboundMethod", "InboundRequestUrl"], form.Keys.Order(StringComparer.Ordinal));
            (known["inbound_request_url"], known["inbound_method"]) = (form["InboundRequestUrl"], form["InboundMethod"]);
            await WriteAsync(context, 200, known);
        }
        else if (call == "GET /v2/Channels/Senders" && context.Request.Query["Channel"] == "whatsapp")
            await PageAsync(context, "senders",
                Senders.Select(s => new JsonObject { ["sid"] = (string)s["sid"]!, ["sender_id"] = (string)s["sender_id"]! }));
        else if (call == $"GET /v2/Channels/Senders/{sid}" && sender is not null) await WriteAsync(context, 200, sender);
        else if (call == $"POST /v2/Channels/Senders/{sid}" && sender is not null)
        {
            sender["webhook"] = JsonNode.Parse(_endpoint.Requests.Last().Body)!["webhook"]!.DeepClone();
            await WriteAsync(context, 202, sender);
        }
        else
        {
            _endpoint.Complain(call);
            context.Response.StatusCode = StatusCodes.Status418ImATeapot;
        }
    }

    private static Task PageAsync(HttpContext context, string key, IEnumerable<JsonObject> items) => WriteAsync(
        context, 200,
        new JsonObject { [key] = new JsonArray([.. items.Select(i => i.DeepClone())]),
            ["meta"] = new JsonObject { ["key"] = key, ["next_page_url"] = null } });

    private async Task ChangeAsync(HttpContext context, string sid)
    {
        var number = Numbers.Single(n => n["sid"]!.GetValue<string>() == sid);
        foreach (var (name, value) in Form(_endpoint.Requests.Last().Body))
            number[name switch { "VoiceUrl" => "voice_url", "VoiceMethod" => "voice_method", "StatusCallback" =>
                "status_callback", "StatusCallbackMethod" => "status_callback_method", "SmsUrl" => "sms_url", "SmsMethod" =>
                "sms_method", _ => throw new InvalidOperationException(name) }] = value;
        await WriteAsync(context, 200, number);
    }

    private static Dictionary<string, string> Form(byte[] body)
    {
        var parsed = HttpUtility.ParseQueryString(Encoding.UTF8.GetString(body));
        return parsed.AllKeys.ToDictionary(k => k!, k => parsed[k]!, StringComparer.Ordinal);
    }

    private static Task WriteAsync(HttpContext context, int status, JsonNode json)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(json.ToJsonString());
    }
}
