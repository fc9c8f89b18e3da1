using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Channels.Acs;

/// <summary>Azure Communication Services and Entra's key documents on loopback, strict about fields. Signatures are judged by Node at the
/// end. What the test does not know of fails it.</summary>
public sealed class AcsServer : IAsyncDisposable
{
    public const string AccessKey = "ZmFrZS1hY2Nlc3Mta2V5LWZvci10ZXN0cy1vbmx5";

    /// <summary>The one call that it connects.</summary>
    public const string ConnectionId = "401f0000-7c3e-4b1a-9d55-000000000001";

    private const string Connection = $"/calling/callConnections/{ConnectionId}";

    private readonly ConcurrentQueue<RecordedRequest> _signed = new();
    private readonly ConcurrentDictionary<string, bool> _repeated = new(StringComparer.Ordinal);
    private StrictEndpoint _endpoint = null!;

    public string Url => _endpoint.Address.AbsoluteUri.TrimEnd('/');

    /// <summary>The JSON Web Key Set that Entra publishes.</summary>
    public string Keys { get; set; } = """{"keys":[]}""";

    /// <summary>What was sent, by the request's repeatability id: a second try of one id sends nothing new.</summary>
    public ConcurrentDictionary<string, JsonObject> Sent { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether a recipient is refused within an accepted call.</summary>
    public bool RefusesRecipient { get; set; }

    /// <summary>Operations of Call Automation in order, <c>answer</c>, <c>play</c>, <c>add</c>, ..., each once however often it was
    /// tried.</summary>
    public ConcurrentQueue<(string Name, JsonObject Body)> Operations { get; } = new();

    /// <summary>How many telephones are in the call beside the app.</summary>
    public int Participants { get; set; } = 1;

    /// <summary>Numbers that cannot be rung.</summary>
    public HashSet<string> Unreachable { get; } = new(StringComparer.Ordinal);

    public static async Task<AcsServer> StartAsync()
    {
        var api = new AcsServer();
        api._endpoint = await StrictEndpoint.StartAsync(api.AnswerAsync);
        return api;
    }

    /// <summary>The next call gets this answer; status 0 resets the connection.</summary>
    public void Trouble(int status, string? retryAfter = null) =>
        _endpoint.Trouble(status, retryAfter is null ? null : $"Retry-After: {retryAfter}");

    /// <summary>Node signs a request of each kind anew, by the documented method: all must be the same.</summary>
    public async Task AssertSignedAsync()
    {
        Assert.NotEmpty(_signed);
        foreach (var request in _signed.DistinctBy(r => $"{r.Method} {r.Target}", StringComparer.Ordinal))
        {
            var made = await Node.RunAsync("tests/Serverless.Tests/Channels/acs-signature.mjs", new
            {
                key = AccessKey,
                method = request.Method,
                path = request.Target,
                host = _endpoint.Address.Authority,
                date = request.Headers["x-ms-date"],
                body = Convert.ToBase64String(request.Body),
            });
            Assert.Equal(made.GetProperty("hash").GetString(), request.Headers["x-ms-content-sha256"]);
            Assert.Equal(made.GetProperty("authorization").GetString(), request.Headers["Authorization"]);
        }
    }

    public ValueTask DisposeAsync() => _endpoint.DisposeAsync();

    private async Task AnswerAsync(HttpContext context, RecordedRequest request)
    {
        switch (request.Method, request.Target)
        {
            case ("GET", "/common/.well-known/openid-configuration"):
                await SayAsync(context, 200, $$"""{"jwks_uri":"{{Url}}/common/discovery/keys"}""");
                break;
            case ("GET", "/common/discovery/keys"):
                await SayAsync(context, 200, Keys);
                break;
            case ("POST", "/sms?api-version=2021-03-07"):
                _signed.Enqueue(request);
                await SayAsync(context, 202, Sms(JsonNode.Parse(request.Body)!.AsObject()));
                break;
            case ("POST", "/messages/notifications:send?api-version=2024-02-01"):
                _signed.Enqueue(request);
                var message = JsonNode.Parse(request.Body)!.AsObject();
                Assert.NotNull(message["channelRegistrationId"]);
                Assert.True(DateTimeOffset.TryParseExact(request.Headers["repeatability-first-sent"], "R", CultureInfo.InvariantCulture,
                    DateTimeStyles.None, out _));
                Sent.TryAdd(request.Headers["repeatability-request-id"], message);
                await SayAsync(context, 202,
                    """{"receipts":[{"messageId":"9b1c0000-0000-4000-8000-0000000000fe","to":"+442079460301"}]}""");
                break;
            case ("GET", "/messages/streams/4f1d0000-0000-4000-8000-00000000000a?api-version=2024-02-01"
                or "/v1/objects/0-weu-d1-0001/content/audio"):
                _signed.Enqueue(request);
                context.Response.ContentType = "image/jpeg";
                await context.Response.Body.WriteAsync("bytes"u8.ToArray());
                break;
            case (_, ['/', 'c', 'a', 'l', 'l', 'i', 'n', 'g', '/', ..]):
                _signed.Enqueue(request);
                await CallAsync(context, request);
                break;
            default:
                _endpoint.Complain($"{request.Method} {request.Target}");
                context.Response.StatusCode = 404;
                break;
        }
    }

    // https://learn.microsoft.com/rest/api/communication/callautomation/operation-groups: which operation takes a repeatability id, and
    // what each one answers.
    private async Task CallAsync(HttpContext context, RecordedRequest request)
    {
        var (path, version) = (request.Target.Split('?')[0], request.Target.Split('?')[^1]);
        var operation = (request.Method, path) switch
        {
            ("POST", "/calling/callConnections:answer") => "answer",
            ("POST", "/calling/recordings") => "record",
            ("GET", $"{Connection}/participants") => "participants",
            ("POST", $"{Connection}/participants:add") => "add",
            ("POST", _) when path.StartsWith(Connection + ":", StringComparison.Ordinal) => path[(Connection.Length + 1)..],
            _ => "",
        };
        var repeatable = operation is "answer" or "add" or "record" or "terminate";
        if (version != "api-version=2024-09-15" || repeatable != request.Headers.ContainsKey("repeatability-request-id")) operation = "";
        if (repeatable) Assert.Equal('4', Guid.Parse(request.Headers["repeatability-request-id"]).ToString("D")[14]);
        var body = request.Body.Length == 0 ? [] : JsonNode.Parse(request.Body)!.AsObject();
        var status = operation switch { "answer" or "record" or "participants" => 200, "terminate" =>
            204, "add" or "play" or "recognize" or "cancelAllMediaOperations" => 202, _ => 404 };
        if (status == 404) _endpoint.Complain($"{request.Method} {request.Target}");
        if (operation == "add" && Unreachable.Contains((string)body["participantToAdd"]!["phoneNumber"]!["value"]!)) status = 400;
        if (status < 300 && operation != "participants"
            && (!repeatable || _repeated.TryAdd(request.Headers["repeatability-request-id"], true))) Operations.Enqueue((operation, body));
        var answer = operation switch
        {
            "answer" => $$"""{"callConnectionId":"{{ConnectionId}}","callConnectionState":"connecting"}""",
            "participants" =>
                $$"""{"value":[{{string.Join(',', Enumerable.Repeat("""{"identifier":{"rawId":"4:+1"}}""", Participants).Append("""{"identifier":{"rawId":"8:acs:app"}}"""))}}]}""",
            _ => "{}",
        };
        context.Response.StatusCode = status;
        if (status != 204) await SayAsync(context, status, answer);
    }

    private string Sms(JsonObject sms)
    {
        var recipient = sms["smsRecipients"]!.AsArray().Single()!;
        Assert.StartsWith("+", (string)sms["from"]!, StringComparison.Ordinal);
        if (RefusesRecipient)
            return """{"value":[{"to":"+1","httpStatusCode":400,"successful":false,"errorMessage":"Invalid To phone number format."}]}""";
        Sent.TryAdd((string)recipient["repeatabilityRequestId"]!, sms);
        return """{"value":[{"to":"+4915123456701","messageId":"Outgoing_1","httpStatusCode":202,"repeatabilityResult":"accepted","successful":true}]}""";
    }

    private static Task SayAsync(HttpContext context, int status, string json)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json; charset=utf-8";
        return context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(json)).AsTask();
    }
}
