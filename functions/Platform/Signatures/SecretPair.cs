using System.Security.Cryptography;
using System.Text;

namespace Serverless.Platform.Signatures;

/// <summary>The current secret and the previous one; both are valid while a secret is rotated.</summary>
/// <param name="Current">Null or empty when not configured.</param>
/// <param name="Previous">Null or empty when there is none.</param>
public readonly record struct SecretPair(string? Current, string? Previous)
{
    public bool IsMissing => string.IsNullOrEmpty(Current) && string.IsNullOrEmpty(Previous);

    /// <summary>16 hex digits of a hash over both secrets: shows a change without revealing them.</summary>
    public string Fingerprint =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"fingerprint\n{Current}\n{Previous}")).AsSpan(0, 8));

    /// <summary>
    /// True when one of the two secrets passes the check; tries both in any case, so that the time does not reveal which.
    /// </summary>
    /// <param name="check">Compares in constant time; gets the secret's characters.</param>
    public bool Any(Func<string, bool> check)
    {
        var current = !string.IsNullOrEmpty(Current) && check(Current);
        var previous = !string.IsNullOrEmpty(Previous) && check(Previous);
        return current | previous;
    }
}
