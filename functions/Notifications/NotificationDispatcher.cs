using System.Text;
using Serverless.Cases;
using Serverless.Contacts;
using Serverless.Platform.Storage;
using Serverless.Platform.Telemetry;

namespace Serverless.Notifications;

/// <summary>
/// Sends the notification of a queue message to each target of its route that has not received it and is not claimed by another run. At
/// least once (P8).
/// </summary>
public sealed partial class NotificationDispatcher(
    IEnumerable<INotificationRoute> routes, AttemptStore notices, AttemptClaims claims, NotificationSender teller, DigestSender digests,
    DueMessages due, NotificationQueues queue, CaseReader cases, TimeProvider time, ILogger<NotificationDispatcher> log)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);

    private static readonly TimeSpan LookForEndOfPause = TimeSpan.FromHours(1);
    private static readonly TimeSpan LongestPauseOfTarget = TimeSpan.FromDays(7);

    private const string Paused = "paused";
    private const int MostRounds = 5;

    /// <summary>Works one message of a route's queue. What we understand (storage that is down) is put back for later: the host would
    /// deliver it at once, and bury it after a few times.</summary>
    public async Task RunAsync(string routeName, string message, CancellationToken ct)
    {
        var route = routes.Single(r => r.Name == routeName);
        if (DigestEnd.Parse(message) is { } end)
        {
            await digests.WorkAsync((IDigestRoute)route, end, ct);
            return;
        }

        var notice = Notification.Parse(message);
        if (notice.NotBefore is { } then && then > time.GetUtcNow())
        {
            await queue.PutAsync(route.Name, notice.Wrap(notice.Target, notice.Attempt, notice.Postponed, then), then, ct);
            return;
        }

        try
        {
            await TellAllAsync(route, notice, ct);
        }
        catch (StorageUnavailableException)
        {
            await PostponeAsync(route, notice, ct);
        }
    }

    /// <summary>
    /// Resends a stored notification to its one target, at once, in a new round. The round is written first, so that attempts of the
    /// previous one are void; a round without its message is found by Tick (<see cref="DueMessages"/>).
    /// </summary>
    /// <returns>False when its event was not stored with it.</returns>
    public async Task<bool> ResendAsync(FailedNotification kept, CancellationToken ct)
    {
        for (var round = 0; kept.Event is { } e; round++)
        {
            var notice = Notification.Parse(Encoding.UTF8.GetString(e.Span)) with { Resend = kept.State.Resend + 1 };
            var (route, target) = (kept.State.Route, kept.State.Target);
            var row = await due.ExpectRoundAsync(notice, route, target, ct);
            if (await notices.BeginRoundAsync(kept, notice.Resend, time.GetUtcNow(), ct))
            {
                await queue.PutAsync(route, notice.Wrap(target, 0), null, ct);
                await due.CloseAsync(route, row, ct);
                return true;
            }

            // Another run wrote meanwhile: another round, which serves as well, or the outcome of an attempt.
            if (await notices.OfTargetAsync(notice, route, target, ct) is not { } now || round == MostRounds) return false;
            if (now.State.Resend >= notice.Resend) return true;
            await due.CloseAsync(route, row, ct);
            kept = now;
        }

        return false;
    }

    // Side by side, so that a target that hangs costs the others nothing (P13).
    private async Task TellAllAsync(INotificationRoute route, Notification notice, CancellationToken ct)
    {
        var targets = notice.Target is { } one
            ? [await route.FindAsync(one, ct) ?? NotificationTarget.Forgotten(one)] : await route.TargetsAsync(notice, ct);
        if (targets.Count == 0) return;
        var (reading, readingOff) = (notices.ReadAsync(notice, route.Name, ct), notices.SwitchedOffAsync(route.Name, ct));
        await Task.WhenAll(reading, readingOff);
        var (states, off) = (await reading, await readingOff);
        var contact = new Lazy<Task<Contact?>>(() =>
            notice.CaseId is { } caseId ? cases.ContactAsync(caseId, notice.ContactId, ct) : Task.FromResult<Contact?>(null));
        var waits = targets.Where(t => t.IsPaused && !IsDone(states.GetValueOrDefault(t.Name), notice))
            .Select(t => WaitAsync(route, notice, t, states.GetValueOrDefault(t.Name), ct)).ToList();
        var mine = await ClaimAsync(route, notice, [.. targets.Where(t => !t.IsPaused)], states, ct);
        await Task.WhenAll([.. waits, .. targets.Where(t => mine.ContainsKey(t.Name))
            .Select(t => teller.SendAsync(route, notice, t, mine[t.Name], off, contact, ct))]);
    }

    // Completed targets drop out, and so do those claimed by another run: they are checked again when that claim has expired.
    private async Task<Dictionary<string, TableRow>> ClaimAsync(INotificationRoute route, Notification notice,
        List<NotificationTarget> left, IReadOnlyDictionary<string, NotificationState> states, CancellationToken ct)
    {
        var run = Guid.CreateVersion7(time.GetUtcNow()).ToString("N");
        Dictionary<string, TableRow> mine = new(StringComparer.Ordinal);
        while (true)
        {
            // A claim of ours whose answer was lost on the way.
            foreach (var state in states.Values.Where(s => s.ClaimedBy == run)) mine[state.Target] = state.Row!;
            left.RemoveAll(t => mine.ContainsKey(t.Name) || IsDone(states.GetValueOrDefault(t.Name), notice));
            foreach (var (target, until) in left.Select(t => (t.Name, Until: LiveUntil(states.GetValueOrDefault(t.Name))))
                .Where(t => t.Until is not null).ToList())
            {
                await queue.PutAsync(route.Name, notice.Wrap(target, notice.Attempt, notice.Postponed, until), until, ct);
                left.RemoveAll(t => t.Name == target);
            }

            var claimed = await claims.ClaimFirstAsync(notice, route.Name, left.Where(t => !states.ContainsKey(t.Name)), run, mine, ct);
            foreach (var known in left.Select(t => states.GetValueOrDefault(t.Name)).OfType<NotificationState>())
            {
                if (await claims.ClaimAsync(notice, known, run, ct) is { } row) mine[known.Target] = row;
                else claimed = false;
            }

            if (claimed) return mine;
            states = await notices.ReadAsync(notice, route.Name, ct);
        }
    }

    private DateTimeOffset? LiveUntil(NotificationState? state) =>
        state is { State: NotificationState.Sending, ClaimedUntil: { } until } && until > time.GetUtcNow() ? until : null;

    // Completed: delivered, failed, or a retry is scheduled. A resend makes older attempts void.
    private static bool IsDone(NotificationState? state, Notification notice) =>
        state is not null && (state.Resend > notice.Resend || (state.Resend == notice.Resend && state.State switch
    {
        NotificationState.Waiting => state.Attempt >= notice.Attempt,
        NotificationState.Sending => state.Attempt > notice.Attempt,
        _ => true,
    }));

    // Pausing does not count as an attempt. Paused notifications expire after seven days.
    private async Task WaitAsync(INotificationRoute route, Notification notice, NotificationTarget target, NotificationState? state,
        CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var over = now - notice.At > LongestPauseOfTarget;
        if (!over)
        {
            var at = now + (LookForEndOfPause * (1 + (Random.Shared.NextDouble() / 5)));
            await queue.PutAsync(route.Name, notice.Wrap(target.Name, notice.Attempt, notice.Postponed + 1, at), at, ct);
        }

        if (!over && state?.Reason == Paused) return;
        Measures.Notice(route.Name, (over ? AttemptOutcomeKind.Refused : AttemptOutcomeKind.Later).ToString());
        var tried = notice with { Attempt = over ? notice.Attempt : notice.Attempt - 1 };
        var told = tried.StateAt(route.Name, target.Name, over
            ? NotificationState.Failed : NotificationState.Waiting, over ? "paused-too-long" : Paused, null);
        await notices.WriteAsync(notice, told, new NotificationAttempt(now, 0, told.Reason), state?.Row, ct);
    }

    // Not counted as an attempt: its progress is unknown, and at worst a target is notified twice.
    private async Task PostponeAsync(INotificationRoute route, Notification notice, CancellationToken ct)
    {
        var seconds = Math.Min(LongestPause.TotalSeconds, 15 * Math.Pow(2, Math.Min(notice.Postponed, 20)));
        var at = time.GetUtcNow() + TimeSpan.FromSeconds(seconds * (1 + (Random.Shared.NextDouble() / 5)));
        LogPostponed(notice.EventId, route.Name, notice.Attempt, notice.Postponed + 1, (int)seconds);
        await queue.PutAsync(route.Name, notice.Wrap(notice.Target, notice.Attempt, notice.Postponed + 1, at), at, ct);
    }

    [LoggerMessage(71, LogLevel.Warning,
        "notice {EventId} route={Route} attempt={Attempt} postponed={Postponed} seconds={Seconds}: storage is down")]
    private partial void LogPostponed(string eventId, string route, int attempt, int postponed, int seconds);
}
