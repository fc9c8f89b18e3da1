using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Serverless.Platform.Signatures;

namespace Serverless.Channels.X;

/// <summary>Answers the challenge-response check (CRC) that X sends at registration, on revalidation and from time to time.</summary>
/// <remarks>https://docs.x.com/x-api/webhooks/quickstart</remarks>
internal static class XHandshake
{
    private const int MaxToken = 256;

    // X signs deliveries with the same key, so a caller who chooses the token chooses the signed text. No body of X's consists of these
    // characters alone: a token signed here can never pass as a delivery (see MayBeSigned).
    private static readonly SearchValues<char> TokenCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/.~");

    public static WebhookResponse Answer(Delivery delivery, SecretPair secrets)
    {
        if (Query(delivery.PathAndQuery) is not { } token)
            return Channels.WebhookResponse.Text("This is the webhook address for X; it waits for signed POST calls.");
        if (token.Length is 0 or > MaxToken || token.AsSpan().ContainsAnyExcept(TokenCharacters))
            return Channels.WebhookResponse.Text($"A handshake needs a crc_token of at most {MaxToken} letters and digits.", 400);

        // X has forgotten a secret as soon as it is regenerated, so only the current one answers.
        if (string.IsNullOrEmpty(secrets.Current))
            return Channels.WebhookResponse.Text("Channels__X__ConsumerSecret is missing, so the handshake cannot be answered.", 403);
        var hash = HMACSHA256.HashData(Encoding.UTF8.GetBytes(secrets.Current), Encoding.UTF8.GetBytes(token));
        return Channels.WebhookResponse.Json(Encoding.UTF8.GetBytes($$"""{"response_token":"sha256={{Convert.ToBase64String(hash)}}"}"""));
    }

    /// <summary>Whether these bytes can be a delivery: an object, which no answered handshake token begins like.</summary>
    public static bool MayBeSigned(ReadOnlySpan<byte> body) => body.TrimStart(" \t\r\n"u8) is [(byte)'{', ..];

    private static string? Query(string pathAndQuery)
    {
        var start = pathAndQuery.IndexOf('?', StringComparison.Ordinal);
        if (start < 0) return null;
        var query = pathAndQuery.AsSpan(start + 1);
        foreach (var range in query.Split('&'))
        {
            var pair = query[range];
            if (pair.StartsWith("crc_token=", StringComparison.Ordinal)) return Uri.UnescapeDataString(pair[10..].ToString());
        }

        return null;
    }
}
