using System.Security.Cryptography;
using System.Text;

namespace Serverless.Platform.Signatures;

/// <summary>
/// Secrets derived from one master secret instead of being stored: access to storage alone reveals none. HKDF with SHA-256.
/// </summary>
/// <remarks>Source: https://www.rfc-editor.org/rfc/rfc5869#section-2</remarks>
public static class DerivedSecret
{
    private const int SecretBytes = 32;
    private const int SaltBytes = 16;
    private const int FingerprintBytes = 4;

    /// <summary>Random bytes that make a secret another one under the same master secret and purpose.</summary>
    public static byte[] NewSalt() => RandomNumberGenerator.GetBytes(SaltBytes);

    /// <summary>The secret: 32 bytes.</summary>
    /// <param name="master">32 characters or more, random.</param>
    /// <param name="salt">Of <see cref="NewSalt"/>; no secret.</param>
    /// <param name="purpose">Purpose of the secret, so that no two uses share one.</param>
    public static byte[] Of(string master, ReadOnlySpan<byte> salt, string purpose) => Derive(master, salt, purpose, SecretBytes);

    /// <summary>8 hex digits that name a master secret without telling it.</summary>
    public static string FingerprintOf(string master) => Convert.ToHexStringLower(Derive(master, [], "fingerprint", FingerprintBytes));

    private static byte[] Derive(string master, ReadOnlySpan<byte> salt, string purpose, int length)
    {
        var secret = new byte[length];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(master), secret, salt, Encoding.UTF8.GetBytes(purpose));
        return secret;
    }
}
