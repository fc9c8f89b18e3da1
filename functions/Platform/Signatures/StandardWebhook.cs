using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Serverless.Platform.Signatures;

/// <summary>Signs and verifies by the Standard Webhooks specification: HMAC-SHA256 over <c>id.timestamp.body</c>.</summary>
/// <remarks>
/// A secret is base64 of 24 to 64 bytes, with or without <c>whsec_</c> before it. The asymmetric scheme (<c>v1a</c>) is not supported:
/// its entries are skipped. Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
/// </remarks>
public static class StandardWebhook
{
    private const string Prefix = "whsec_";
    private const string Version = "v1";
    private const int MinKeyBytes = 24;
    private const int MaxKeyBytes = 64;

    /// <summary>True when <paramref name="secret"/> can be a secret of this scheme.</summary>
    public static bool IsSecret(string? secret)
    {
        Span<byte> key = stackalloc byte[MaxKeyBytes];
        return TryGetKey(secret, key, out _);
    }

    /// <summary>The value of <c>webhook-signature</c>: one entry for each secret, the one in force first, separated by a space while it is
    /// rotated.</summary>
    /// <param name="secrets">Ours, so a malformed one is our mistake.</param>
    /// <param name="id">The value of <c>webhook-id</c>: the same for every attempt.</param>
    /// <param name="timestamp">The time of this attempt; <c>webhook-timestamp</c> is its
    /// <see cref="DateTimeOffset.ToUnixTimeSeconds"/>.</param>
    /// <param name="body">To the byte.</param>
    /// <exception cref="ArgumentException">No secret, or one that is not base64 of 24 to 64 bytes.</exception>
    public static string Sign(SecretPair secrets, string id, DateTimeOffset timestamp, ReadOnlySpan<byte> body)
    {
        if (secrets.IsMissing) throw new ArgumentException("There is no secret to sign with.", nameof(secrets));
        var seconds = timestamp.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var entries = new StringBuilder(2 * 48);
        Append(entries, secrets.Current, id, seconds, body);
        Append(entries, secrets.Previous, id, seconds, body);
        return entries.ToString();
    }

    /// <summary>Judges a call. Entries of unknown versions, and entries that are none, are skipped; one match is enough.</summary>
    /// <param name="secrets">Both count. A malformed one counts as missing.</param>
    /// <param name="id">Header <c>webhook-id</c>.</param>
    /// <param name="timestamp">Header <c>webhook-timestamp</c>: Unix seconds.</param>
    /// <param name="signatures">Header <c>webhook-signature</c>: entries <c>v1,base64</c>, separated by spaces.</param>
    /// <param name="body">To the byte.</param>
    /// <param name="now">The clock.</param>
    /// <param name="tolerance">Allowed clock difference, both ways; five minutes in all libraries.</param>
    public static WebhookProof Verify(
        SecretPair secrets, string? id, string? timestamp, string? signatures, ReadOnlySpan<byte> body, DateTimeOffset now,
        TimeSpan tolerance)
    {
        if (string.IsNullOrEmpty(id) || string.IsNullOrEmpty(timestamp) || string.IsNullOrEmpty(signatures))
            return new(WebhookProofKind.SignatureMissing);
        if (ToTime(timestamp) is not { } sentAt) return new(WebhookProofKind.SignatureMalformed);

        Span<byte> current = stackalloc byte[SHA256.HashSizeInBytes];
        Span<byte> previous = stackalloc byte[SHA256.HashSizeInBytes];
        var hasCurrent = TryHash(secrets.Current, id, timestamp, body, current);
        var hasPrevious = TryHash(secrets.Previous, id, timestamp, body, previous);
        if (!hasCurrent && !hasPrevious) return new(WebhookProofKind.NoSecret);

        Span<byte> given = stackalloc byte[SHA256.HashSizeInBytes];
        var (readable, matches) = (false, false);
        foreach (var part in signatures.AsSpan().Split(' '))
        {
            if (!TryReadEntry(signatures.AsSpan()[part], given)) continue;
            readable = true;
            matches |= (hasCurrent & CryptographicOperations.FixedTimeEquals(given,
                current)) | (hasPrevious & CryptographicOperations.FixedTimeEquals(given, previous));
        }

        if (!matches) return new(readable ? WebhookProofKind.SignatureWrong : WebhookProofKind.SignatureMalformed);
        return new((now - sentAt).Duration() > tolerance ? WebhookProofKind.Stale : WebhookProofKind.Genuine, sentAt);
    }

    private static void Append(StringBuilder entries, string? secret, string id, string seconds, ReadOnlySpan<byte> body)
    {
        if (string.IsNullOrEmpty(secret)) return;
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        if (!TryHash(secret, id, seconds, body, hash))
            throw new ArgumentException("A secret must be base64 of 24 to 64 bytes, with or without whsec_ before it.", nameof(secret));
        if (entries.Length > 0) entries.Append(' ');
        entries.Append(Version).Append(',').Append(Convert.ToBase64String(hash));
    }

    private static bool TryHash(string? secret, string id, string timestamp, ReadOnlySpan<byte> body, Span<byte> hash)
    {
        Span<byte> key = stackalloc byte[MaxKeyBytes];
        if (!TryGetKey(secret, key, out var length)) return false;
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key[..length]);
        hmac.AppendData(Encoding.UTF8.GetBytes($"{id}.{timestamp}."));
        hmac.AppendData(body);
        return hmac.TryGetHashAndReset(hash, out _);
    }

    private static bool TryGetKey(string? secret, Span<byte> key, out int length)
    {
        length = 0;
        if (string.IsNullOrEmpty(secret)) return false;
        var base64 = secret.StartsWith(Prefix, StringComparison.Ordinal) ? secret.AsSpan(Prefix.Length) : secret;
        return Convert.TryFromBase64Chars(base64, key, out length) && length >= MinKeyBytes;
    }

    private static bool TryReadEntry(ReadOnlySpan<char> entry, Span<byte> signature)
    {
        // The C# library of the specification throws on an entry without a comma even if a valid one follows; it is only unknown to us.
        var comma = entry.IndexOf(',');
        return comma >= 0 && entry[..comma].SequenceEqual(Version)
            && Hmac.IsBase64Of(entry[(comma + 1)..], signature);
    }

    private static DateTimeOffset? ToTime(string seconds) =>
        seconds.Length <= 12 && long.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
        && value <= 253_402_300_799
            ? DateTimeOffset.FromUnixTimeSeconds(value)
            : null;
}

/// <summary>Result of verifying a Standard Webhooks call.</summary>
/// <param name="Kind">The finding.</param>
/// <param name="SentAt">The signed time (UTC) where the signature holds; null otherwise.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct WebhookProof(WebhookProofKind Kind, DateTimeOffset? SentAt = null);

/// <summary>Results of <see cref="StandardWebhook.Verify"/>.</summary>
public enum WebhookProofKind
{
    Genuine,

    /// <summary>One of the three headers is not there.</summary>
    SignatureMissing,

    /// <summary>The time is no number of seconds, or no entry of a known version can be read.</summary>
    SignatureMalformed,

    SignatureWrong,

    /// <summary>The signature holds, but it is too old or from the future.</summary>
    Stale,

    /// <summary>No usable secret is configured.</summary>
    NoSecret,
}
