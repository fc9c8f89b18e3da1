using System.Globalization;
using System.Runtime.InteropServices;

namespace Serverless.Channels.Discourse;

/// <content>
/// Reconciliation: the list of newest posts, newest first, 50 at a time, back to the last known post. Discourse repeats lost calls only
/// if configured, so this ensures that none is missed. https://docs.discourse.org (List latest posts across topics)
/// </content>
public sealed partial class DiscourseChannel : IReconciles
{
    private const string PrivatePrefix = "private messages of ";

    // The webhook of a fresh post is still on its way; and a post that was numbered early may appear late.
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(5);

    public IReadOnlyList<ReconciliationSource> Sources
    {
        get
        {
            var current = options.CurrentValue;
            List<ReconciliationSource> sources = [];
            if (!current.Enabled || current.LookMinutes == 0) return sources;
            foreach (var (name, site) in current.Sites.Where(s => s.Value.Address is not null))
            {
                sources.Add(new(name, TimeSpan.FromMinutes(current.LookMinutes)));
                if (site is { PrivateMessages: true, ApiKey.Length: > 0 })
                    sources.Add(new(PrivatePrefix + name, TimeSpan.FromMinutes(current.LookMinutes)));
            }

            return sources;
        }
    }

    public IReadOnlyList<string> Blind
    {
        get
        {
            var current = options.CurrentValue;
            List<string> blind =
                ["Discourse lists posts only by when they were written: edits, removals and recoveries that the webhook missed are not found."];
            if (current.LookMinutes == 0) blind.Add("Channels__Discourse__LookMinutes is 0: reconciliation is off.");
            foreach (var (name, site) in current.Sites)
            {
                if (site.PrivateMessages)
                    blind.Add($"Private messages of {name}: {(string.IsNullOrEmpty(site.ApiKey) ? "not without an API key" : $"only those that {site.ApiUsername} takes part in")}.");
            }

            return blind;
        }
    }

    public async Task<ReconciliationResult> ReadAsync(string source, ReconciliationStart from, CancellationToken ct)
    {
        var isPrivate = source.StartsWith(PrivatePrefix, StringComparison.Ordinal);
        var name = isPrivate ? source[PrivatePrefix.Length..] : source;
        if (ApiOf(name) is not var (api, _)) return new ReconciliationResult.Later("no-address");
        if (Sweep.Of(from.Cursor) is not { } sweep) return new ReconciliationResult.Restart();

        var list = isPrivate ? "private-posts.json" : "posts.json";
        var answer = await api.GetAsync(sweep.Before == 0
            ? list : $"{list}?before={sweep.Before.ToString(CultureInfo.InvariantCulture)}", ct);
        if (!answer.Raw.Succeeded)
            return answer.Status switch
            {
                429 => new ReconciliationResult.Later("rate-limited", answer.RetryAfter),
                >= 300 and < 500 => new ReconciliationResult.Later("refused"),
                _ => new ReconciliationResult.Later("unreachable"),
            };

        var posts = answer.Result.Get(isPrivate ? "private_posts"u8 : "latest_posts"u8);
        if (posts.ValueKind is not System.Text.Json.JsonValueKind.Array) return new ReconciliationResult.Later("unreadable");
        var kind = $"{(isPrivate ? DiscoursePayload.PrivatePost : DiscoursePayload.PublicPost)}-{name.ToLowerInvariant()}";
        List<ProviderRecord> held = [];
        var (now, lowest, reached) = (time.GetUtcNow(), long.MaxValue, false);
        foreach (var post in posts.EnumerateArray())
        {
            if (post.Get("id"u8).AsNumber() is not { } id || (sweep.Before != 0 && id >= sweep.Before)) continue;
            lowest = Math.Min(lowest, id);
            var writtenAt = post.Get("created_at"u8).AsIsoTime(now);
            if (id <= sweep.Done || writtenAt < from.Since) reached = true;
            else if (writtenAt <= now - Fresh)
            {
                sweep = sweep with { Top = Math.Max(sweep.Top, id) };
                held.Add(new(kind, JsonMarshal.GetRawUtf8Value(post).ToArray()));
            }
        }

        held.Reverse();
        return !reached && lowest != long.MaxValue
            ? new ReconciliationResult.Page(held, sweep.Next(lowest), More: true)
            : new ReconciliationResult.Page(held, sweep.Ended, More: false);
    }

    /// <summary>Position of a run: from the newest post back to the last known one, page by page.</summary>
    /// <param name="Done">Everything up to this id has been seen.</param>
    /// <param name="Top">The highest id seen in this sweep.</param>
    /// <param name="Before">The next page holds ids below this one; 0 at the beginning of a sweep.</param>
    private sealed record Sweep(long Done, long Top, long Before)
    {
        public string Ended => Math.Max(Done, Top).ToString(CultureInfo.InvariantCulture);

        public static Sweep? Of(string? cursor)
        {
            if (cursor is null) return new(0, 0, 0);
            var parts = cursor.Split('/');
            if (!long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var done)) return null;
            if (parts.Length == 1) return new(done, done, 0);
            return parts.Length == 3 && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var top)
                && long.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var before)
                ? new(done, top, before)
                : null;
        }

        public string Next(long before) => string.Create(CultureInfo.InvariantCulture, $"{Done}/{Top}/{before}");
    }
}
