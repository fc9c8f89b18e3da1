using System.Security.Cryptography;
using System.Text;

namespace Serverless.Platform.Signatures;

/// <summary>Keyed hashes over raw bytes, compared in constant time.</summary>
public static class Hmac
{
    /// <summary>True when <paramref name="signature"/> is the lower- or upper-case hex HMAC-SHA256 of <paramref name="data"/>.</summary>
    public static bool MatchesSha256Hex(string secret, ReadOnlySpan<byte> data, ReadOnlySpan<char> signature)
    {
        Span<byte> given = stackalloc byte[SHA256.HashSizeInBytes];
        return Convert.FromHexString(signature, given, out _, out var written) == System.Buffers.OperationStatus.Done
            && written == given.Length
            && MatchesSha256(secret, data, given);
    }

    /// <summary>True when <paramref name="signature"/> is the base64 HMAC-SHA256 of <paramref name="data"/>.</summary>
    public static bool MatchesSha256Base64(string secret, ReadOnlySpan<byte> data, ReadOnlySpan<char> signature)
    {
        Span<byte> given = stackalloc byte[SHA256.HashSizeInBytes];
        return IsBase64Of(signature, given) && MatchesSha256(secret, data, given);
    }

    /// <summary>True when <paramref name="signature"/> is the base64 HMAC-SHA1 of <paramref name="data"/>. Only for providers that sign
    /// with SHA-1.</summary>
    public static bool MatchesSha1Base64(string secret, ReadOnlySpan<byte> data, ReadOnlySpan<char> signature)
    {
        Span<byte> given = stackalloc byte[SHA1.HashSizeInBytes];
        Span<byte> expected = stackalloc byte[SHA1.HashSizeInBytes];
        if (!IsBase64Of(signature, given)) return false;
#pragma warning disable CA5350 // Twilio signs with HMAC-SHA1; HMAC does not need collision resistance. https://www.twilio.com/docs/usage/webhooks/webhooks-security
        HMACSHA1.HashData(Encoding.UTF8.GetBytes(secret), data, expected);
#pragma warning restore CA5350
        return CryptographicOperations.FixedTimeEquals(given, expected);
    }

    /// <summary>True when <paramref name="signature"/> is the HMAC-SHA256 of <paramref name="data"/> under the UTF-8 bytes of the
    /// secret.</summary>
    public static bool MatchesSha256(string secret, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        Span<byte> key = stackalloc byte[256];
        return Encoding.UTF8.TryGetBytes(secret, key, out var length)
            ? MatchesSha256(key[..length], data, signature)
            : MatchesSha256(Encoding.UTF8.GetBytes(secret), data, signature);
    }

    /// <summary>True when <paramref name="signature"/> is the HMAC-SHA256 of <paramref name="data"/> under the key's bytes.</summary>
    public static bool MatchesSha256(ReadOnlySpan<byte> key, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        Span<byte> expected = stackalloc byte[SHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, data, expected);
        return CryptographicOperations.FixedTimeEquals(signature, expected);
    }

    /// <summary>Reads base64 of exactly so many bytes. A signature has one spelling: blanks in it, and bits behind its last byte, are
    /// refused.</summary>
    internal static bool IsBase64Of(ReadOnlySpan<char> text, Span<byte> bytes)
    {
        Span<char> again = stackalloc char[88];
        return Convert.TryFromBase64Chars(text, bytes, out var written) && written == bytes.Length
            && Convert.TryToBase64Chars(bytes, again, out var length) && text.SequenceEqual(again[..length]);
    }

    /// <summary>True when both texts are equal; time depends only on their lengths.</summary>
    public static bool SameText(string expected, string given) =>
        CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(expected)),
            SHA256.HashData(Encoding.UTF8.GetBytes(given)));
}
