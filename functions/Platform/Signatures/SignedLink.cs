using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Serverless.Platform.Signatures;

/// <summary>
/// A token for a link that works for its holder until it expires: the content in clear, and an HMAC over purpose, expiry and content. The
/// content is not secret.
/// </summary>
public static class SignedLink
{
    /// <summary>Longest accepted token, in characters.</summary>
    public const int MostCharacters = 2000;

    /// <summary>Result of opening a token.</summary>
    /// <param name="Content">Its content; null when it was not signed by this app for this purpose.</param>
    /// <param name="ExpiresAt">To the second (UTC).</param>
    /// <param name="Expired">True when it has expired; the content is returned nevertheless, so that the page can name it.</param>
    public readonly record struct Opened(string? Content, DateTimeOffset ExpiresAt, bool Expired);

    /// <summary>Makes a token, URL-safe as it is.</summary>
    /// <param name="secret">At least 32 characters.</param>
    /// <param name="purpose">Separates tokens of different uses.</param>
    /// <param name="content">Its content.</param>
    /// <param name="expiresAt">When it ends.</param>
    public static string Make(string secret, string purpose, string content, DateTimeOffset expiresAt)
    {
        var body = new byte[sizeof(long) + Encoding.UTF8.GetByteCount(content)];
        BinaryPrimitives.WriteInt64BigEndian(body, expiresAt.ToUnixTimeSeconds());
        Encoding.UTF8.GetBytes(content, body.AsSpan(sizeof(long)));
        return $"{Base64Url.EncodeToString(body)}.{Base64Url.EncodeToString(Mac(secret, purpose, body))}";
    }

    /// <summary>Opens a token. Never throws for what a stranger sent.</summary>
    public static Opened Open(SecretPair secrets, string purpose, string token, DateTimeOffset now)
    {
        var dot = token.IndexOf('.', StringComparison.Ordinal);
        if (dot <= 0 || token.Length > MostCharacters || !TryDecode(token.AsSpan(0, dot), out var body)
            || !TryDecode(token.AsSpan(dot + 1), out var mac) || body.Length < sizeof(long)) return default;
        if (!secrets.Any(secret => CryptographicOperations.FixedTimeEquals(Mac(secret, purpose, body), mac))) return default;
        var expiresAt = DateTimeOffset.FromUnixTimeSeconds(BinaryPrimitives.ReadInt64BigEndian(body));
        return new Opened(Encoding.UTF8.GetString(body.AsSpan(sizeof(long))), expiresAt, expiresAt <= now);
    }

    private static byte[] Mac(string secret, string purpose, byte[] body) =>
        HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), (byte[])[.. Encoding.UTF8.GetBytes(purpose), 0, .. body]);

    private static bool TryDecode(ReadOnlySpan<char> text, out byte[] bytes)
    {
        bytes = [];
        if (!Base64Url.IsValid(text, out var length)) return false;
        bytes = new byte[length];
        return Base64Url.TryDecodeFromChars(text, bytes, out var written) && written == length;
    }
}
