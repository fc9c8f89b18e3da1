using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Serverless.Channels.X;

/// <summary>
/// Signs a call to X for one account: OAuth 1.0a with HMAC-SHA1. Its tokens do not expire, so an account is connected once; the newer OAuth
/// 2.0 hands out a
/// single-use refresh token every two hours, which a program that runs in several places cannot keep.
/// </summary>
/// <remarks>https://docs.x.com/fundamentals/authentication/oauth-1-0a/creating-a-signature</remarks>
internal static class OAuth1
{
    /// <summary>The value of the Authorization header.</summary>
    /// <param name="keys">Whose call it is.</param>
    /// <param name="method">In capitals.</param>
    /// <param name="url">With its query, which is signed too.</param>
    /// <param name="form">Parameters of a form body; none for JSON, which is not signed.</param>
    /// <param name="nonce">Never the same twice.</param>
    /// <param name="at">The time of the call.</param>
    public static string Authorization(OAuth1Keys keys, string method, Uri url, IEnumerable<(string Name, string Value)> form, string nonce,
        DateTimeOffset at)
    {
        List<(string Name, string Value)> own =
        [
            ("oauth_consumer_key", keys.ConsumerKey), ("oauth_nonce", nonce), ("oauth_signature_method", "HMAC-SHA1"),
            ("oauth_timestamp", at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)), ("oauth_token", keys.Token),
            ("oauth_version", "1.0"),
        ];
        var signed = own.Concat(form).Concat(QueryOf(url))
            .Select(p => (Name: Uri.EscapeDataString(p.Name), Value: Uri.EscapeDataString(p.Value)))
            .OrderBy(p => p.Name, StringComparer.Ordinal).ThenBy(p => p.Value, StringComparer.Ordinal).Select(p => $"{p.Name}={p.Value}");
        var text = $"{method}&{Uri.EscapeDataString(url.GetLeftPart(UriPartial.Path))}&{Uri.EscapeDataString(string.Join('&', signed))}";
        var key = $"{Uri.EscapeDataString(keys.ConsumerSecret)}&{Uri.EscapeDataString(keys.TokenSecret)}";
#pragma warning disable CA5350 // OAuth 1.0a prescribes HMAC-SHA1; HMAC does not need collision resistance.
        own.Add(("oauth_signature", Convert.ToBase64String(HMACSHA1.HashData(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(text)))));
#pragma warning restore CA5350
        return "OAuth " + string.Join(", ", own.Select(p => $"{p.Name}=\"{Uri.EscapeDataString(p.Value)}\""));
    }

    private static IEnumerable<(string Name, string Value)> QueryOf(Uri url)
    {
        foreach (var pair in url.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            yield return equals < 0 ? (Uri.UnescapeDataString(pair), "")
                : (Uri.UnescapeDataString(pair[..equals]), Uri.UnescapeDataString(pair[(equals + 1)..]));
        }
    }
}

/// <summary>The four values that sign a call.</summary>
/// <param name="ConsumerKey">Names the app.</param>
/// <param name="ConsumerSecret">Of the app.</param>
/// <param name="Token">Names the account.</param>
/// <param name="TokenSecret">Of the account.</param>
internal sealed record OAuth1Keys(string ConsumerKey, string ConsumerSecret, string Token, string TokenSecret);
