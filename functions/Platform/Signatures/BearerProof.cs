using System.Security.Cryptography;
using System.Text;

namespace Serverless.Platform.Signatures;

/// <summary>
/// A secret that a sender transmits instead of signing. It is never stored: a delivery holds a hash of it, keyed by the secret itself
/// over the id of the delivery, so that a reader of stored deliveries can neither use it elsewhere nor compare two of them, and the
/// delivery can still be verified again.
/// </summary>
public static class BearerProof
{
    private const string Prefix = "hmac-sha256:";

    /// <summary>The stored form: <c>hmac-sha256:</c> and 64 hex digits; a second hash behind a slash when blanks surround what was
    /// given.</summary>
    /// <param name="given">The secret sent by the caller.</param>
    /// <param name="deliveryId">Id of the delivery, made by us on arrival: a sender cannot know it, so cannot send a stored form.</param>
    public static string Hide(string given, string deliveryId)
    {
        var trimmed = given.Trim();
        return trimmed.Length == given.Length
            ? Prefix + Hash(given, deliveryId) : $"{Prefix}{Hash(given, deliveryId)}/{Hash(trimmed, deliveryId)}";
    }

    /// <summary>True when what was given, or its stored form, is this secret; in constant time.</summary>
    public static bool Is(string secret, string given, string deliveryId) =>
        Hmac.SameText(secret, given) | Hmac.SameText(Prefix + Hash(secret, deliveryId), given.Split('/')[0]);

    /// <summary>True when it would be this secret without blanks around either.</summary>
    public static bool IsBesideBlanks(string secret, string given, string deliveryId)
    {
        var trimmed = secret.Trim();
        return Hmac.SameText(trimmed, given.Trim()) || (given.StartsWith(Prefix, StringComparison.Ordinal)
            && given[Prefix.Length..].Split('/').Any(hash => Hmac.SameText(Hash(trimmed, deliveryId), hash)));
    }

    private static string Hash(string secret, string deliveryId) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret),
            Encoding.UTF8.GetBytes($"bearer proof\n{deliveryId}")));
}
