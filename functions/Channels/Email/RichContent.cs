using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace Serverless.Channels.Email;

/// <summary>Opens the encrypted part of a rich notification: a key of its own under our certificate (RSA-OAEP with SHA-1), an HMAC over the
/// data, AES-256-CBC.</summary>
/// <remarks>The HMAC is checked first, in constant time: only then may a padding error be seen.
/// https://learn.microsoft.com/en-us/graph/change-notifications-with-resource-data#decrypting-resource-data-from-change-notifications</remarks>
internal static class RichContent
{
    private const int KeyBytes = 32;
    private const int MaxBytes = 1024 * 1024;

    /// <summary>What came of opening.</summary>
    public enum Finding
    {
        Opened,

        /// <summary>Encrypted for a certificate whose key we do not have.</summary>
        KeyUnknown,

        /// <summary>Changed on the way, or not made for us.</summary>
        Wrong,
    }

    /// <summary>Opens one item's content.</summary>
    /// <param name="content">The member <c>encryptedContent</c>.</param>
    /// <param name="options">Holds the certificates.</param>
    /// <param name="plain">The resource as JSON; empty unless opened.</param>
    public static Finding Open(JsonElement content, EmailOptions options, out byte[] plain)
    {
        plain = [];
        if (Pem(content, options) is not { } pem) return Finding.KeyUnknown;
        if (!Bytes(content, "dataKey", 1024, out var wrapped) || !Bytes(content, "data", MaxBytes, out var data)
            || !Bytes(content, "dataSignature", 64, out var signature)) return Finding.Wrong;
        try
        {
            using var rsa = RSA.Create();
            rsa.ImportFromPem(PrivatePart(pem));
            // SHA-1 is what Graph encrypts with; OAEP does not need collision resistance.
            var key = rsa.Decrypt(wrapped, RSAEncryptionPadding.OaepSHA1);
            if (key.Length != KeyBytes || !CryptographicOperations.FixedTimeEquals(HMACSHA256.HashData(key, data), signature))
                return Finding.Wrong;
            using var aes = Aes.Create();
            aes.Key = key;
#pragma warning disable CA5401 // Graph's own choice: each item has a key of its own, and the IV is the first half of it.
            plain = aes.DecryptCbc(data, key.AsSpan(0, 16));
#pragma warning restore CA5401
            return Finding.Opened;
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException)
        {
            return Finding.Wrong;
        }
    }

    /// <summary>When the certificate of a PEM text ends (UTC); null when it holds none.</summary>
    public static DateTimeOffset? EndOf(string? pem)
    {
        if (string.IsNullOrEmpty(pem)) return null;
        try
        {
            using var certificate = X509Certificate2.CreateFromPem(pem);
            return new DateTimeOffset(certificate.NotAfter.ToUniversalTime(), TimeSpan.Zero);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    /// <summary>The certificate without its key, base64 of DER, as a subscription wants it; null when the PEM text holds none.</summary>
    public static string? PublicPart(string? pem)
    {
        if (string.IsNullOrEmpty(pem)) return null;
        try
        {
            using var certificate = X509Certificate2.CreateFromPem(pem);
            return Convert.ToBase64String(certificate.RawData);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    /// <summary>Whether a PEM text holds an RSA private key that can be used.</summary>
    public static bool HasKey(string pem)
    {
        try
        {
            using var rsa = RSA.Create();
            rsa.ImportFromPem(PrivatePart(pem));
            return rsa.KeySize is >= 2048 and <= 4096;
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException)
        {
            return false;
        }
    }

    // ImportFromPem takes one key alone, so the certificate beside it is left out.
    private static ReadOnlySpan<char> PrivatePart(string pem)
    {
        var rest = pem.AsSpan();
        while (PemEncoding.TryFind(rest, out var fields))
        {
            if (rest[fields.Label].EndsWith("PRIVATE KEY")) return rest[fields.Location];
            rest = rest[fields.Location.End..];
        }

        return default;
    }

    private static string? Pem(JsonElement content, EmailOptions options)
    {
        var id = content.Text("encryptionCertificateId"u8);
        if (string.IsNullOrEmpty(id)) return null;
        if (id == options.CertificateId && !string.IsNullOrEmpty(options.Certificate)) return options.Certificate;
        return id == options.PreviousCertificateId && !string.IsNullOrEmpty(options.PreviousCertificate)
            ? options.PreviousCertificate : null;
    }

    private static bool Bytes(JsonElement content, string name, int max, out byte[] bytes)
    {
        bytes = [];
        return content.ValueKind == JsonValueKind.Object && content.TryGetProperty(name, out var value)
            && value.ValueKind == JsonValueKind.String
            && value.TryGetBytesFromBase64(out bytes!) && bytes.Length > 0 && bytes.Length <= max;
    }
}
