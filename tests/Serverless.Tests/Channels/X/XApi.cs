using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Channels.X;

/// <summary>
/// X's API on loopback, strict: a call it does not know, or one that is not signed as X demands, is noted and fails the test. Every
/// signature is computed anew here
/// from what came over the wire.
/// </summary>
internal sealed partial class XApi : IAsyncDisposable
{
    public const string ConsumerSecret = "fake-x-consumer-secret-for-seeds";
    public const string BearerToken = "fake-x-bearer-token";

    private StrictEndpoint _endpoint = null!;
    private int _next = 1;

    /// <summary>Secrets by access token; take one out, and X no longer takes it.</summary>
    public Dictionary<string, string> Tokens { get; } = new(StringComparer.Ordinal)
    {
        ["1700000000000000011-fake"] = "fake-x-token-secret-one",
        ["1700000000000000022-fake"] = "fake-x-token-secret-two",
    };

    public List<(string Id, string Url, bool Valid)> Webhooks { get; } = [];

    public List<(string Type, string User, string Webhook)> Subscriptions { get; } = [];

    public HashSet<string> OlderSubscriptions { get; } = [];

    /// <summary>Whether a handshake would be answered.</summary>
    public bool HandshakeHolds { get; set; } = true;

    /// <summary>Posts that name us and direct messages, newest last, as X's API writes them.</summary>
    public List<(string Id, string Json)> Mentions { get; } = [];

    public List<(string Id, string Json)> Messages { get; } = [];

    public int PageSize { get; set; } = 100;

    public List<string> Posted { get; } = [];

    /// <summary>The id that was given to the last one posted.</summary>
    public string LastId { get; private set; } = "";

    public Uri Address => _endpoint.Address;

    public static async Task<XApi> StartAsync()
    {
        var api = new XApi();
        api._endpoint = await StrictEndpoint.StartAsync(api.AnswerAsync);
        return api;
    }

    /// <summary>The next call is answered with this instead; status 0 cuts the connection.</summary>
    public void Trouble(int status, string? header = null, string body = "{}") => _endpoint.Trouble(status, header, body);

    public ValueTask DisposeAsync() => _endpoint.DisposeAsync();

    private async Task AnswerAsync(HttpContext context, RecordedRequest request)
    {
        var account = Signer(request, context.Request);
        if (account is null)
        {
            context.Response.StatusCode = 401;
            await context.Response.WriteAsync("""{"title":"Unauthorized","type":"about:blank","status":401}""");
            return;
        }

        var (status, body) = Route(request, account);
        if (status == 0) _endpoint.Complain($"unknown call: {request.Method} {request.Target} as {account}");
        context.Response.StatusCode = status == 0 ? 501 : status;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(body);
    }

    private (int Status, string Body) Route(RecordedRequest request, string account)
    {
        var path = request.Target.Split('?')[0];
        var json = request.Body.Length == 0 ? default : JsonDocument.Parse(request.Body).RootElement;
        switch (request.Method, path, account)
        {
            case ("GET", "/2/webhooks", "app"):
                var known = Webhooks.Select(w => $$"""{"id":"{{w.Id}}","url":"{{w.Url}}","valid":{{(w.Valid ? "true" : "false")}}}""");
                return (200, $$"""{"data":[{{string.Join(',', known)}}]}""");
            case ("POST", "/2/webhooks", "app"):
                if (!HandshakeHolds || Webhooks.Count > 0) return (403, """{"title":"Forbidden"}""");
                Webhooks.Add(($"{_next++}", json.GetProperty("url").GetString()!, true));
                return (200, $$$"""{"data":{"id":"{{{Webhooks[^1].Id}}}","url":"{{{Webhooks[^1].Url}}}","valid":true}}""");
            case ("PUT", _, "app") when path.StartsWith("/2/webhooks/", StringComparison.Ordinal):
                var at = Webhooks.FindIndex(w => path.EndsWith("/" + w.Id, StringComparison.Ordinal));
                if (at < 0) return (404, "{}");
                Webhooks[at] = Webhooks[at] with { Valid = HandshakeHolds };
                return (200, $$$"""{"data":{"valid":{{{(HandshakeHolds ? "true" : "false")}}}}}""");
            case ("GET", "/2/activity/subscriptions", "app"):
                var all = Subscriptions.Select(s =>
                    $$$"""{"subscription_id":"1","event_type":"{{{s.Type}}}","filter":{"user_id":"{{{s.User}}}"},"webhook_id":"{{{s.Webhook}}}"}""");
                return (200, $$$"""{"data":[{{{string.Join(',', all)}}}],"meta":{}}""");
            case ("POST", "/2/activity/subscriptions", not "app"):
                Assert.Equal(account, json.GetProperty("filter").GetProperty("user_id").GetString());
                Subscriptions.Add((json.GetProperty("event_type").GetString()!, account, json.GetProperty("webhook_id").GetString()!));
                return (200, """{"data":{"subscription":{}}}""");
            case ("GET" or "POST", _, not "app") when path.StartsWith("/2/account_activity/webhooks/", StringComparison.Ordinal)
                && path.EndsWith("/subscriptions/all", StringComparison.Ordinal):
                if (request.Method == "POST") OlderSubscriptions.Add(account);
                return (200, $$$"""{"data":{"subscribed":{{{(OlderSubscriptions.Contains(account) ? "true" : "false")}}}}}""");
            case ("POST", "/2/tweets", not "app"):
                Posted.Add($"{json.GetProperty("reply").GetProperty("in_reply_to_tweet_id").GetString()}: {json.GetProperty("text").GetString()}");
                LastId = $"21400000000000{_next++:00000}";
                return (201, $$$"""{"data":{"id":"{{{LastId}}}","text":"x"}}""");
            case ("POST", _, not "app") when path.Split('/') is ["", "2", "dm_conversations", "with", var to, "messages"]:
                Posted.Add($"{to}: {json.GetProperty("text").GetString()}");
                LastId = $"21500000000000{_next++:00000}";
                return (201, $$$"""{"data":{"dm_conversation_id":"1-2","dm_event_id":"{{{LastId}}}"}}""");
            case ("GET", _, not "app") when path == $"/2/users/{account}/mentions":
                return (200, Page(request,
                    Mentions.Where(m => Query(request, "since_id") is not { } since || string.CompareOrdinal(m.Id, since) > 0)));
            case ("GET", "/2/dm_events", not "app"):
                return (200, Page(request, Messages));
            default:
                return (0, "{}");
        }
    }

    // Newest first, as X does it.
    private string Page(RecordedRequest request, IEnumerable<(string Id, string Json)> items)
    {
        var all = items.Reverse().ToList();
        var from = Query(request, "pagination_token") is { } token
            ? int.Parse(token["a-page-token-at-".Length..], CultureInfo.InvariantCulture) : 0;
        var next = from + PageSize < all.Count ? $$""","next_token":"a-page-token-at-{{from + PageSize}}" """ : "";
        return $$$"""{"data":[{{{string.Join(',', all.Skip(from).Take(PageSize).Select(m => m.Json))}}}],"includes":{"users":[{"id":"1811111111111111101","name":"Jana Köhler","username":"jana_koehler_fg"}]},"meta":{"result_count":1{{{next}}}}}""";
    }

    private static string? Query(RecordedRequest request, string name) =>
        request.Target.Split('?', 2) is [_, var query]
        ? query.Split('&').Select(p => p.Split('=', 2)).Where(p => p[0] == name).Select(p => Uri.UnescapeDataString(p[1])).FirstOrDefault()
        : null;

    /// <summary>"app", the user id of the account that signed, or null. Written after the standard (RFC 5849), not after our
    /// code.</summary>
    private string? Signer(RecordedRequest request, HttpRequest http)
    {
        var header = request.Headers.GetValueOrDefault("Authorization") ?? "";
        if (header == $"Bearer {BearerToken}") return "app";
        var given = Parameter().Matches(header)
            .ToDictionary(m => m.Groups["name"].Value, m => Uri.UnescapeDataString(m.Groups["value"].Value), StringComparer.Ordinal);
        if (!header.StartsWith("OAuth ", StringComparison.Ordinal)
            || !Tokens.TryGetValue(given.GetValueOrDefault("oauth_token") ?? "", out var secret)) return null;
        var query = request.Target.Split('?', 2) is [_, var q]
            ? q.Split('&').Select(p => p.Split('=', 2))
            .Select(p => (Key: p[0], Value: Uri.EscapeDataString(Uri.UnescapeDataString(p.Length > 1 ? p[1] : "")))) : [];
        var signed = given.Where(p => p.Key != "oauth_signature").Select(p => (p.Key, Value: Uri.EscapeDataString(p.Value))).Concat(query)
            .Select(p => $"{p.Key}={p.Value}").Order(StringComparer.Ordinal);
        var text = string.Join('&',
            new[] { request.Method, $"http://{http.Host}{request.Target.Split('?')[0]}",
                string.Join('&', signed) }.Select(Uri.EscapeDataString));
#pragma warning disable CA5350 // OAuth 1.0a prescribes it.
        var hash = Convert.ToBase64String(HMACSHA1.HashData(Encoding.ASCII.GetBytes($"{ConsumerSecret}&{secret}"),
            Encoding.ASCII.GetBytes(text)));
#pragma warning restore CA5350
        if (given["oauth_consumer_key"] == "fake-x-consumer-key" && given["oauth_signature"] == hash)
            return given["oauth_token"].Split('-')[0];
        _endpoint.Complain($"badly signed: {request.Method} {request.Target}");
        return null;
    }

    [GeneratedRegex("(?<name>oauth_[a-z_]+)=\"(?<value>[^\"]*)\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Parameter();
}
