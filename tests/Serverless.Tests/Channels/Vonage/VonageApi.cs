using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Web;
using Microsoft.AspNetCore.Http;
using Serverless.Tests.Harness;

namespace Serverless.Tests.Channels.Vonage;

/// <summary>
/// Vonage's API on loopback, strict: a call it does not know is noted and fails the test; a token must be RS256 under the application's
/// public key, fresh, and never seen
/// before; account calls need key and secret.
/// </summary>
internal sealed class VonageApi : IAsyncDisposable
{
    public const string ApplicationId = "7e1f0000-feed-4a52-9f0e-00000000fake";
    public const string ApiKey = "fa4e0001";
    public const string ApiSecret = "fake-vonage-api-secret";

    private static readonly RSA Key = RSA.Create(2048);

    private readonly ConcurrentDictionary<string, bool> _seen = new(StringComparer.Ordinal);
    private readonly TimeProvider _time;
    private StrictEndpoint _endpoint = null!;
    private int _next = 1;

    private VonageApi(TimeProvider time) => _time = time;

    /// <summary>The application's private key as it is downloaded, with line breaks as app settings hold them.</summary>
    public static string PrivateKey { get; } = Key.ExportPkcs8PrivateKeyPem().Replace("\n", "\\n", StringComparison.Ordinal);

    public JsonObject Application { get; set; } = [];

    public List<JsonObject> Numbers { get; } = [];

    /// <summary>Calls as the API writes them, oldest first.</summary>
    public List<string> Calls { get; } = [];

    /// <summary>Documents and files by path.</summary>
    public Dictionary<string, string> Files { get; } = new(StringComparer.Ordinal);

    public List<JsonElement> Sent { get; } = [];

    public int Puts { get; private set; }

    public Uri Address => _endpoint.Address;

    public static async Task<VonageApi> StartAsync(TimeProvider time)
    {
        var api = new VonageApi(time);
        api._endpoint = await StrictEndpoint.StartAsync(api.AnswerAsync);
        return api;
    }

    /// <summary>The next call is answered with this instead; status 0 cuts the connection.</summary>
    public void Trouble(int status, string? header = null, string body = "{}") => _endpoint.Trouble(status, header, body);

    public ValueTask DisposeAsync() => _endpoint.DisposeAsync();

    private async Task AnswerAsync(HttpContext context, RecordedRequest request)
    {
        var (status, body) = Caller(request) is { } caller
            ? Route(request, caller) : (401, """{"title":"Unauthorized","type":"https://developer.vonage.com/api-errors#unauthorized"}""");
        if (status == 0) _endpoint.Complain($"unknown call: {request.Method} {request.Target}");
        context.Response.StatusCode = status == 0 ? 501 : status;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(body);
    }

    private (int Status, string Body) Route(RecordedRequest request, string caller)
    {
        var path = request.Target.Split('?')[0];
        var query = HttpUtility.ParseQueryString(request.Target.Split('?', 2) is [_, var q] ? q : "");
        switch (request.Method, path, caller)
        {
            case ("POST", "/v1/messages", "application"):
                Sent.Add(JsonDocument.Parse(request.Body).RootElement);
                return (202, $$"""{"message_uuid":"dddd0000-0000-4000-8000-{{_next++:000000000000}}"}""");
            case ("GET", "/v1/calls", "application"):
                return (200, CallsPage(query["date_start"]!, query["date_end"]!,
                    int.Parse(query["page_size"]!, CultureInfo.InvariantCulture),
                    int.Parse(query["record_index"]!, CultureInfo.InvariantCulture)));
            case ("GET", $"/v2/applications/{ApplicationId}", "account"):
                return (200, Application.ToJsonString());
            case ("PUT", $"/v2/applications/{ApplicationId}", "account"):
                Puts++;
                var changed = JsonNode.Parse(request.Body)!.AsObject();
                // The whole is replaced, and these two are not its caller's to give:
                // https://developer.vonage.com/en/api/application.v2#updateApplication
                if (changed.ContainsKey("id") || changed.ContainsKey("_links") || changed["name"] is null) return (400, "{}");
                changed["id"] = ApplicationId;
                Application = changed;
                return (200, Application.ToJsonString());
            case ("GET", "/account/numbers", "account"):
                return (200, new JsonObject { ["count"] = Numbers.Count,
                    ["numbers"] =
                    new JsonArray([.. Numbers.Where(n => ((string)n["msisdn"]!).Contains(query["pattern"]!, StringComparison.Ordinal))
                        .Select(n => n.DeepClone())]) }.ToJsonString());
            case ("POST", "/numbers/update", "account"):
                var form = HttpUtility.ParseQueryString(Encoding.UTF8.GetString(request.Body));
                var number = Numbers.Single(n => (string)n["msisdn"]! == form["msisdn"] && (string)n["country"]! == form["country"]);
                number["app_id"] = form["app_id"];
                return (200, """{"error-code":"200","error-code-label":"success"}""");
            case ("GET", _, "application") when path.StartsWith("/v1/files/", StringComparison.Ordinal):
                return Files.TryGetValue(path, out var file) ? (200, file) : (404, "{}");
            default:
                return (0, "{}");
        }
    }

    private string CallsPage(string start, string end, int size, int index)
    {
        var within = Calls.Where(c => JsonDocument.Parse(c).RootElement.GetProperty("start_time").GetString() is { } at
            && string.CompareOrdinal(at, start) >= 0 && string.CompareOrdinal(at, end) < 0).ToList();
        return $$$"""{"count":{{{within.Count}}},"page_size":{{{size}}},"record_index":{{{index}}},"_embedded":{"calls":[{{{string.Join(',', within.Skip(index).Take(size))}}}]}}""";
    }

    /// <summary>Who calls: "application", "account", or null. Checked as RFC 7515 says, not by our code.</summary>
    private string? Caller(RecordedRequest request)
    {
        var header = request.Headers.GetValueOrDefault("Authorization") ?? "";
        if (header == "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{ApiKey}:{ApiSecret}"))) return "account";
        if (!header.StartsWith("Bearer ", StringComparison.Ordinal) || header[7..].Split('.') is not [var head, var body, var signature])
            return null;
        var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(body)).RootElement;
        var now = _time.GetUtcNow().ToUnixTimeSeconds();
        var good = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(head)) == """{"alg":"RS256","typ":"JWT"}"""
            && Key.VerifyData(Encoding.ASCII.GetBytes($"{head}.{body}"), Base64Url.DecodeFromChars(signature), HashAlgorithmName.SHA256,
                RSASignaturePadding.Pkcs1)
            && claims.GetProperty("application_id").GetString() == ApplicationId && claims.GetProperty("iat").GetInt64() <= now
            && claims.GetProperty("exp").GetInt64() > now
            && _seen.TryAdd(claims.GetProperty("jti").GetString()!, true);
        if (!good) _endpoint.Complain($"badly signed: {request.Method} {request.Target}");
        return good ? "application" : null;
    }
}
