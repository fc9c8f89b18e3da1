using Microsoft.Extensions.Options;
using Serverless.Channels;
using Serverless.Signing;

namespace Serverless.Diagnostics;

/// <summary>Makes and checks links that open one channel's diagnostics until a day, for whoever has the link: a sender has no key of ours.</summary>
public sealed class DiagnosticsLinks(IOptionsMonitor<DiagnosticsOptions> options, IOptionsMonitor<HooksOptions> hooks, TimeProvider time)
{
    /// <summary>The longest a link holds, in days.</summary>
    public const int LongestDays = 30;

    private const string Purpose = "see how calls of a channel fared";

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
        var until = DateTimeOffset.FromUnixTimeSeconds(time.GetUtcNow().AddDays(days).ToUnixTimeSeconds());
        return new Link($"{hooks.CurrentValue.PublicBaseUrl?.TrimEnd('/')}/api/diagnostics/{channel}?token={SignedLink.Make(secret, Purpose, channel, until)}", until);
    }

    /// <summary>Judges a link, in constant time.</summary>
    public Check Judge(string channel, string? token)
    {
        var opened = SignedLink.Open(options.CurrentValue.Secrets, Purpose, token ?? "", time.GetUtcNow());
        return opened.Content != channel ? Check.Wrong : opened.Expired ? Check.Expired : Check.Valid;
    }
}
