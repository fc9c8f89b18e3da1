using System.Security.Cryptography;
using Microsoft.Extensions.Primitives;

namespace Serverless.Platform.Http;

/// <summary>ETags of responses (RFC 9110, section 8.8.3): a hash over the response.</summary>
public static class EntityTags
{
    /// <summary>The tag of an answer, with its quotes.</summary>
    public static string Of(ReadOnlySpan<byte> json) => $"\"{Convert.ToHexStringLower(SHA256.HashData(json).AsSpan(0, 16))}\"";

    /// <summary>Whether a header (If-Match, If-None-Match) names the tag, or is <c>*</c>.</summary>
    /// <param name="header">The header.</param>
    /// <param name="tag">The tag.</param>
    /// <param name="weak">Whether a weak one counts: for If-None-Match alone.</param>
    public static bool Names(StringValues header, string tag, bool weak)
    {
        foreach (var one in header.SelectMany(line => (line ?? "").Split(',', StringSplitOptions.TrimEntries)))
        {
            var named = weak && one.StartsWith("W/", StringComparison.Ordinal) ? one[2..] : one;
            if (named == "*" || named == tag) return true;
        }

        return false;
    }
}
