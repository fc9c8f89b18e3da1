using Serverless.Platform.Signatures;

namespace Serverless.Channels.Meta;

/// <summary>Answers the GET that Meta sends when a callback URL is saved.</summary>
/// <remarks>https://developers.facebook.com/docs/graph-api/webhooks/getting-started#verification-requests</remarks>
internal static class MetaHandshake
{
    /// <summary>Characters of a challenge that we repeat; Meta sends about ten digits.</summary>
    private const int MaxChallenge = 256;

    private static readonly KeyValuePair<string, string>[] NoSniff = [new("X-Content-Type-Options", "nosniff")];

    public static WebhookResponse Answer(Delivery delivery, SecretPair tokens)
    {
        var mode = Query(delivery.PathAndQuery, "hub.mode");
        var challenge = Query(delivery.PathAndQuery, "hub.challenge");
        var token = Query(delivery.PathAndQuery, "hub.verify_token");
        if (mode is null && challenge is null && token is null)
            return Plain("This is the webhook address for Meta; it waits for signed POST calls.", 200);
        if (mode is not "subscribe" || token is null || !tokens.Any(expected => Hmac.SameText(expected, token)))
            return Plain("The verify token is not the one set as Channels__Meta__VerifyToken.", 403);
        if (challenge is null || challenge.Length > MaxChallenge)
            return Plain($"A handshake needs a hub.challenge of at most {MaxChallenge} characters.", 400);

        // Repeated exactly, as plain text that no browser renders as a page: a caller who knows the token chooses this text.
        return Plain(challenge, 200);
    }

    private static WebhookResponse Plain(string text, int status) => Channels.WebhookResponse.Text(text, status) with { Headers = NoSniff };

    private static string? Query(string pathAndQuery, string name)
    {
        var start = pathAndQuery.IndexOf('?', StringComparison.Ordinal);
        if (start < 0) return null;
        var query = pathAndQuery.AsSpan(start + 1);
        foreach (var range in query.Split('&'))
        {
            var pair = query[range];
            var equals = pair.IndexOf('=');
            if (equals >= 0 && Unescape(pair[..equals]) == name) return Unescape(pair[(equals + 1)..]);
        }
        return null;
    }

    private static string Unescape(ReadOnlySpan<char> text) => Uri.UnescapeDataString(text.ToString().Replace('+', ' '));
}
