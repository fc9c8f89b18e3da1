using System.Buffers;
using System.Security.Cryptography;

namespace Serverless.Channels.Sipgate;

/// <summary>
/// sipgate's signature: RSA PKCS#1 v1.5 with SHA-256 over the raw body, base64. The web documentation does not name it; the SDK does.
/// https://github.com/sipgate-io/sipgateio-node/blob/master/lib/webhook/signatureVerifier.ts
/// </summary>
internal static class SipgateSignature
{
    private const int MaxBytes = 1024;

    /// <summary>The bytes of a signature; null when the text is none.</summary>
    public static byte[]? Parse(string text)
    {
        if (text.Length > MaxBytes * 4 / 3) return null;
        var bytes = new byte[MaxBytes];
        return Convert.TryFromBase64String(text, bytes, out var length) && length >= 128 ? bytes[..length] : null;
    }

    /// <summary>Whether a text is a public RSA key: PEM, or its base64 alone, as an app setting holds it best.</summary>
    public static bool IsKey(string? text)
    {
        using var key = Import(text);
        return key is not null;
    }

    /// <summary>True when the signature is that of the key over the body.</summary>
    public static bool Holds(string publicKey, ReadOnlySpan<byte> body, ReadOnlySpan<byte> signature)
    {
        using var key = Import(publicKey);
        return key is not null && key.VerifyData(body, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
    }

    private static RSA? Import(string? text)
    {
        if (string.IsNullOrEmpty(text)) return null;
        var base64 = text.Replace("-----BEGIN PUBLIC KEY-----", "", StringComparison.Ordinal)
            .Replace("-----END PUBLIC KEY-----", "", StringComparison.Ordinal);
        var bytes = ArrayPool<byte>.Shared.Rent(base64.Length);
        var key = RSA.Create();
        try
        {
            if (Convert.TryFromBase64String(base64, bytes, out var length))
            {
                key.ImportSubjectPublicKeyInfo(bytes.AsSpan(0, length), out _);
                return key;
            }
        }
        catch (CryptographicException)
        {
            // Not a public RSA key: a wrong setting, reported by Problems().
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }

        key.Dispose();
        return null;
    }
}
