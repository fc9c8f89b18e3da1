using Microsoft.Extensions.Options;
using Serverless.Platform.Storage;

namespace Serverless.Notifications;

/// <summary>
/// Lets one run at a time send a notification to a target. A queue delivers a message again when its receiver is slow, without duplicate
/// detection; so a run first writes its claim and until when it holds. An expired claim (after a crash) is taken over: the target may
/// then be notified twice, under one id.
/// </summary>
public sealed class AttemptClaims(TableStore tables, TimeProvider time, IOptionsMonitor<NotificationOptions> options)
{
    /// <summary>
    /// Claims the first attempts at targets without an entry, together. False when another run wrote an entry: then read again.
    /// </summary>
    /// <param name="notice">The notification.</param>
    /// <param name="route">The route.</param>
    /// <param name="targets">Each gets its row, which is added to <paramref name="claims"/>.</param>
    /// <param name="run">Id of the claiming run.</param>
    /// <param name="claims">By target.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<bool> ClaimFirstAsync(Notification notice, string route, IEnumerable<NotificationTarget> targets, string run,
        Dictionary<string, TableRow> claims, CancellationToken ct)
    {
        foreach (var some in targets.Chunk(100))
        {
            var rows = Array.ConvertAll(some, t => RowOf(notice, route, t.Name, run, []));
            if (rows is [var only])
            {
                var inserted = await tables.InsertAsync(AttemptStore.Table, only, ct);
                if (inserted.State != WriteState.Written) return false;
                only.ETag = inserted.ETag;
            }
            else if ((await tables.BatchAsync(AttemptStore.Table, [.. rows.Select(r => new TableOperation.Insert(r))],
                ct)).State != WriteState.Written) return false;

            foreach (var (target, row) in some.Zip(rows)) claims[target.Name] = row;
        }

        return true;
    }

    /// <summary>Claims a retry, or an expired claim. Null when another run wrote meanwhile: then read again.</summary>
    public async Task<TableRow?> ClaimAsync(Notification notice, NotificationState known, string run, CancellationToken ct)
    {
        var row = RowOf(notice, known.Route, known.Target, run, AttemptStore.Tries(known.Row));
        var replaced = await tables.ReplaceAsync(AttemptStore.Table, row, known.Row!.ETag, ct);
        if (replaced.State != WriteState.Written) return null;
        row.ETag = replaced.ETag;
        return row;
    }

    private TableRow RowOf(Notification notice, string route, string target, string run, List<NotificationAttempt> tries)
    {
        var now = time.GetUtcNow();
        var state = new NotificationState
        {
            EventId = notice.EventId,
            Type = notice.Type,
            Route = route,
            Target = target,
            State = NotificationState.Sending,
            Attempt = notice.Attempt,
            Resend = notice.Resend,
            Reason = NotificationState.Sending,
            ClaimedUntil = now + TimeSpan.FromSeconds(options.CurrentValue.ClaimSeconds),
            ClaimedBy = run,
        };
        return AttemptStore.RowOf(notice, state, tries, now);
    }
}
