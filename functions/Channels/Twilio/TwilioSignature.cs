using System.Security.Cryptography;
using System.Text;
using Serverless.Platform.Signatures;

namespace Serverless.Channels.Twilio;

/// <summary>
/// Checks <c>X-Twilio-Signature</c>: base64 of the HMAC-SHA1, under the account's auth token, of the public URL and the parameters. There
/// is no time in it,
/// so nothing can be stale. https://www.twilio.com/docs/usage/webhooks/webhooks-security
/// </summary>
internal static class TwilioSignature
{
    private const int Length = 28;

    /// <summary>Whether the header can be a signature at all: the canonical base64 of 20 bytes.</summary>
    public static bool IsWellFormed(string signature)
    {
        Span<byte> bytes = stackalloc byte[Length];
        return signature.Length == Length
            && Convert.TryFromBase64Chars(signature, bytes, out var written) && written == SHA1.HashSizeInBytes
            && Convert.ToBase64String(bytes[..written]) == signature;
    }

    /// <summary>Whether one of the tokens signed this URL and these parameters.</summary>
    /// <param name="tokens">The account's tokens.</param>
    /// <param name="signature">The header.</param>
    /// <param name="url">The public URL with its query, as the sender wrote it.</param>
    /// <param name="parameters">What <see cref="TwilioForm.SignedPart"/> gives; empty where only the URL is signed.</param>
    public static bool Holds(SecretPair tokens, string signature, string url, ReadOnlySpan<byte> parameters)
    {
        // The host may have rewritten the address on its way here; each form of it then comes in the spellings of Twilio's back ends.
        foreach (var candidate in UrlForms.Of(url).SelectMany(Candidates).Distinct(StringComparer.Ordinal))
        {
            var length = Encoding.UTF8.GetByteCount(candidate);
            var signed = new byte[length + parameters.Length];
            Encoding.UTF8.GetBytes(candidate, signed);
            parameters.CopyTo(signed.AsSpan(length));
            if (tokens.Any(token => Hmac.MatchesSha1Base64(token, signed, signature))) return true;
        }

        return false;
    }

    /// <summary>
    /// Twilio's own back ends do not agree on the port and on the escaping of the URL, so each form is tried that Twilio's library for Node
    /// tries:
    /// as received and as a browser would write it, with and without the port, and the latter with its query written anew.
    /// https://github.com/twilio/twilio-node/blob/main/src/webhooks/webhooks.ts
    /// </summary>
    internal static IEnumerable<string> Candidates(string url)
    {
        yield return TwilioUrl.WithoutPort(url);
        yield return TwilioUrl.WithPort(url);
        var normalised = TwilioUrl.Normalised(url);
        if (normalised != url)
        {
            yield return TwilioUrl.WithoutPort(normalised);
            yield return TwilioUrl.WithPort(normalised);
        }

        var rewritten = TwilioUrl.WithRewrittenQuery(normalised);
        if (rewritten != normalised)
        {
            yield return TwilioUrl.WithoutPort(rewritten);
            yield return TwilioUrl.WithPort(rewritten);
        }

        // With GET the parameters are in the query, sip:, client: and whatsapp: addresses among them; proxies escape their characters
        // differently.
        foreach (var other in new[] { TwilioUrl.WithSigns(url, escaped: false), TwilioUrl.WithSigns(url, escaped: true) })
        {
            if (other == url) continue;
            yield return TwilioUrl.WithoutPort(other);
            yield return TwilioUrl.WithPort(other);
        }
    }
}
