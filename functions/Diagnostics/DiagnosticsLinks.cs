using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Serverless.Channels;
using Serverless.Signing;

namespace Serverless.Diagnostics;

/// <summary>Makes and checks links that open one channel's diagnostics until a day, for whoever has the link: a sender has no key of ours.</summary>
public sealed class DiagnosticsLinks(IOptionsMonitor<DiagnosticsOptions> options, IOptionsMonitor<HooksOptions> hooks, TimeProvider time)
{
    /// <summary>The longest a link holds, in days.</summary>
    public const int LongestDays = 30;

    /// <summary>A link.</summary>
    /// <param name="Url">To give to the sender; a path alone while <c>Hooks__PublicBaseUrl</c> is not set.</param>
    /// <param name="ExpiresAt">Until when it holds (UTC).</param>
    public sealed record Link(string Url, DateTimeOffset ExpiresAt);

    /// <summary>What a link turned out to be.</summary>
    public enum Check
    {
        Valid,

        /// <summary>Ours, and over.</summary>
        Expired,

        /// <summary>Not ours, changed, or signed with a secret that is gone.</summary>
        Wrong,
    }

    /// <summary>A new link; null without <see cref="DiagnosticsOptions.Secret"/>.</summary>
    /// <param name="channel">Name of a channel there is.</param>
    /// <param name="days">1 to <see cref="LongestDays"/>.</param>
    public Link? Make(string channel, int days)
    {
        if (options.CurrentValue.Secret is not { Length: > 0 } secret) return null;
        var until = time.GetUtcNow().AddDays(days).ToUnixTimeSeconds();
        var signature = Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Signed(channel, until)));
        var path = string.Create(CultureInfo.InvariantCulture, $"/api/diagnostics/{channel}?until={until}&signature={signature}");
        return new Link(hooks.CurrentValue.PublicBaseUrl?.TrimEnd('/') + path, DateTimeOffset.FromUnixTimeSeconds(until));
    }

    /// <summary>Judges a link, in constant time.</summary>
    public Check Judge(string channel, string? until, string? signature)
    {
        Span<byte> given = stackalloc byte[SHA256.HashSizeInBytes];
        if (signature is not { Length: 43 } || Base64Url.DecodeFromChars(signature, given, out _, out var written) != System.Buffers.OperationStatus.Done || written != given.Length) return Check.Wrong;
        if (!long.TryParse(until, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || seconds is < 0 or > 253_402_300_799) return Check.Wrong;
        var proof = given.ToArray();
        if (!options.CurrentValue.Secrets.Any(secret => Hmac.MatchesSha256(secret, Signed(channel, seconds), proof))) return Check.Wrong;
        return time.GetUtcNow() < DateTimeOffset.FromUnixTimeSeconds(seconds) ? Check.Valid : Check.Expired;
    }

    private static byte[] Signed(string channel, long until) => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"diagnostics\n{channel}\n{until}"));
}
