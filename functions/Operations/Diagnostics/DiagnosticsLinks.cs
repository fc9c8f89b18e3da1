using Microsoft.Extensions.Options;
using Serverless.Channels;
using Serverless.Platform.Signatures;

namespace Serverless.Operations.Diagnostics;

/// <summary>
/// Creates and verifies links that give access to one channel's diagnostics until they expire, without a key: senders have none.
/// </summary>
public sealed class DiagnosticsLinks(IOptionsMonitor<DiagnosticsOptions> options, IOptionsMonitor<HooksOptions> hooks, TimeProvider time)
{
    /// <summary>The longest a link holds, in days.</summary>
    public const int LongestDays = 30;

    private const string Purpose = "see how calls of a channel fared";

    /// <summary>A link.</summary>
    /// <param name="Url">To give to the sender; a path alone while <c>Hooks__PublicBaseUrl</c> is not set.</param>
    /// <param name="ExpiresAt">Until when it holds (UTC).</param>
    public sealed record Link(string Url, DateTimeOffset ExpiresAt);

    /// <summary>Result of verifying a link.</summary>
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
    /// <param name="source">A source of the channel's settings, whose failing calls it shows; null for all calls of the channel.</param>
    public Link? Make(string channel, int days, string? source)
    {
        if (options.CurrentValue.Secret is not { Length: > 0 } secret) return null;
        var until = DateTimeOffset.FromUnixTimeSeconds(time.GetUtcNow().AddDays(days).ToUnixTimeSeconds());
        var query = source is null ? "" : $"source={Uri.EscapeDataString(source)}&";
        var token = SignedLink.Make(secret, Purpose, Content(channel, source), until);
        return new Link($"{hooks.CurrentValue.PublicBaseUrl?.TrimEnd('/')}/api/diagnostics/{channel}?{query}token={token}", until);
    }

    /// <summary>Judges a link, in constant time.</summary>
    public Check Judge(string channel, string? source, string? token)
    {
        var opened = SignedLink.Open(options.CurrentValue.Secrets, Purpose, token ?? "", time.GetUtcNow());
        return opened.Content != Content(channel, source) ? Check.Wrong : opened.Expired ? Check.Expired : Check.Valid;
    }

    private static string Content(string channel, string? source) => source is null ? channel : $"{channel}\n{source}";
}
