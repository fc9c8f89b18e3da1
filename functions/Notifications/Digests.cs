using Azure;
using Microsoft.Extensions.Options;
using Serverless.Platform.Storage;

namespace Serverless.Notifications;

/// <summary>Digest settings of a target.</summary>
/// <param name="Count">Number of notifications after which the digest is sent.</param>
/// <param name="Within">However few, after this time.</param>
public sealed record Digest(int Count, TimeSpan Within);

/// <summary>
/// Collects notifications for digests: one row each, and one message for the end of each window (<see cref="DueMessages"/>). The receiver
/// of that message sends the digest.
/// </summary>
public sealed class Digests(TableStore tables, DueMessages due, TimeProvider time, IOptionsMonitor<NotificationOptions> options)
{
    /// <summary>Most notifications in one digest.</summary>
    public const int MostAtOnce = 100;

    /// <summary>Lays a notice to the others. Safe to repeat.</summary>
    /// <returns>When the digest is sent at the latest.</returns>
    public async Task<DateTimeOffset> AddAsync(string route, NotificationTarget target, Digest digest, Notification notice,
        CancellationToken ct)
    {
        var row = new TableRow(PartitionOf(route, target.Name), notice.EventId);
        row.SetBytes("Json", notice.Wrap(target.Name, notice.Attempt));
        await tables.InsertAsync(AttemptStore.Table, row, ct);

        var window = time.GetUtcNow().UtcTicks / digest.Within.Ticks;
        var at = new DateTimeOffset((window + 1) * digest.Within.Ticks, TimeSpan.Zero);
        await due.OpenAsync(route, target.Name, 0, at, ct);
        if ((await CollectedAsync(route, target.Name, ct)).Count >= digest.Count)
            await due.OpenAsync(route, target.Name, 0, time.GetUtcNow(), ct);
        return at;
    }

    /// <summary>Collected notifications, oldest first, at most a hundred.</summary>
    public async Task<IReadOnlyList<Notification>> CollectedAsync(string route, string target, CancellationToken ct)
    {
        List<Notification> notices = [];
        await foreach (var row in tables.QueryAllAsync(AttemptStore.Table, TableQuery.Partition(PartitionOf(route, target)), ct))
        {
            notices.Add(Notification.Parse(System.Text.Encoding.UTF8.GetString((row.Bytes("Json") ?? default).Span)));
            if (notices.Count == MostAtOnce) break;
        }

        return [.. notices.OrderBy(n => n.At)];
    }

    /// <summary>Deletes the rows of sent notifications.</summary>
    public async Task ForgetAsync(string route, string target, IEnumerable<Notification> notices, CancellationToken ct)
    {
        foreach (var notice in notices)
            await tables.DeleteAsync(AttemptStore.Table, PartitionOf(route, target), notice.EventId, ETag.All, ct);
    }

    /// <summary>Claims a digest, so that two windows that end at once send it once.</summary>
    /// <returns>The claim to let go of; or null, and when to ask again.</returns>
    public async Task<(ETag? Claim, DateTimeOffset Until)> ClaimAsync(string route, string target, CancellationToken ct)
    {
        var (now, lasts) = (time.GetUtcNow(), TimeSpan.FromSeconds(options.CurrentValue.ClaimSeconds));
        var row = new TableRow(ClaimsOf(route), AttemptStore.CaseSafe(target.ToLowerInvariant())) { ["Until"] = now + lasts };
        var inserted = await tables.InsertAsync(AttemptStore.Table, row, ct);
        if (inserted.State == WriteState.Written) return (inserted.ETag, now);
        var there = await tables.GetAsync(AttemptStore.Table, row.PartitionKey, row.RowKey, ct);
        if (there?.Time("Until") is not { } until) return (null, now);
        if (until > now) return (null, until);
        var replaced = await tables.ReplaceAsync(AttemptStore.Table, row, there.ETag, ct);
        return replaced.State == WriteState.Written ? (replaced.ETag, now) : (null, now + lasts);
    }

    /// <summary>Releases a claim.</summary>
    public Task ReleaseAsync(string route, string target, ETag claim, CancellationToken ct) =>
        tables.DeleteAsync(AttemptStore.Table, ClaimsOf(route), AttemptStore.CaseSafe(target.ToLowerInvariant()), claim, ct);

    private static string PartitionOf(string route, string target) => $"digest|{route}|{target.ToLowerInvariant()}";

    private static string ClaimsOf(string route) => $"telling|{route}";
}
