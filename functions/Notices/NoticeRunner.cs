using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.Options;
using Serverless.Platform.Messaging;
using Serverless.Cases;
using Serverless.Channels;
using Serverless.Outbox;
using Serverless.Platform.Storage;
using Serverless.Telemetry;

namespace Serverless.Notices;

/// <summary>Decides whether and when: gives a notice to each target of its route, and schedules a later try for those that failed. Told at least once (P8).</summary>
public sealed partial class NoticeRunner(
    IEnumerable<INoticeRoute> routes, NoticeLog notices, SlowTargets slow, Circuits circuits, Digests digests, Bursts bursts, TopicClient topic, CaseReader cases, TimeProvider time, IOptionsMonitor<NoticeOptions> options, ILogger<NoticeRunner> log)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);

    private static readonly TimeSpan LookForEndOfPause = TimeSpan.FromHours(1);
    private static readonly TimeSpan LongestPauseOfTarget = TimeSpan.FromDays(7);

    private static readonly TimeSpan DigestPause = TimeSpan.FromMinutes(1);

    private const string Paused = "paused";
    private const string Digesting = "digest";

    // The address of a target that is no longer configured: no real one contains it.
    private const string Forgotten = "\0";

    /// <summary>Works one message of a route's subscription. What we understand (storage that is down) puts it on the bus again for later: the host would deliver it at once, and bury it after a few times.</summary>
    public async Task RunAsync(string routeName, string message, CancellationToken ct)
    {
        var route = routes.Single(r => r.Name == routeName);
        if (Digests.Parse(message) is { } end)
        {
            try
            {
                await TellDigestAsync((IDigestRoute)route, end.Target, end.Attempt, ct);
            }
            catch (StorageUnavailableException)
            {
                // What was collected stays; without another message of its window nobody would come for it.
                await digests.AgainAsync(route.Name, end.Target, end.Attempt, time.GetUtcNow() + DigestPause, ct);
            }

            return;
        }

        var notice = Notice.Parse(message);
        try
        {
            await TellAllAsync(route, notice, ct);
        }
        catch (StorageUnavailableException)
        {
            await PostponeAsync(route, notice, ct);
        }
    }

    // Side by side, so that a target that hangs costs the others nothing (P13).
    private async Task TellAllAsync(INoticeRoute route, Notice notice, CancellationToken ct)
    {
        var targets = notice.Target is { } one ? [await route.FindAsync(one, ct) ?? new NoticeTarget(one, Forgotten)] : await route.TargetsAsync(notice, ct);
        if (targets.Count == 0) return;
        var (reading, readingOff) = (notices.ReadAsync(notice, route.Name, ct), notices.SwitchedOffAsync(route.Name, ct));
        await Task.WhenAll(reading, readingOff);
        var (states, off) = (await reading, await readingOff);
        var contact = new Lazy<Task<Contact?>>(() => notice is { CaseId: { } caseId, ContactId: { } id } ? cases.ContactAsync(caseId, id, ct) : Task.FromResult<Contact?>(null));
        await Task.WhenAll(targets.Where(t => !IsDone(states.GetValueOrDefault(t.Name), notice))
            .Select(t => t.IsPaused ? WaitAsync(route, notice, t, states.GetValueOrDefault(t.Name), ct) : TellAsync(route, notice, t, states.ContainsKey(t.Name), off, contact, ct)));
    }

    // A paused target has asked for it, so no try is counted; but nobody waits for ever.
    private async Task WaitAsync(INoticeRoute route, Notice notice, NoticeTarget target, NoticeState? state, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var over = now - notice.At > LongestPauseOfTarget;
        if (!over)
        {
            var at = now + (LookForEndOfPause * (1 + (Random.Shared.NextDouble() / 5)));
            await SendAsync(route, notice, $"{notice.EventId}/{route.Name}/{target.Name}/{notice.Attempt}/paused/{now.UtcTicks}", notice.Wrap(target.Name, notice.Attempt, notice.Postponed + 1), at, ct);
        }

        if (!over && state?.Reason == Paused) return;
        Measures.Notice(route.Name, (over ? OutcomeKind.Refused : OutcomeKind.Later).ToString());
        var told = StateOf(notice with { Attempt = over ? notice.Attempt : notice.Attempt - 1 }, route.Name, target.Name, over ? NoticeState.Failed : NoticeState.Waiting, over ? "paused-too-long" : Paused, null);
        await notices.WriteAsync(notice, told, new NoticeTry(now, 0, told.Reason), ct);
    }

    // Done: delivered, given up, or a later try is already on its way. What somebody had sent again since makes older tries void.
    private static bool IsDone(NoticeState? state, Notice notice) => state is not null
        && (state.Resend > notice.Resend || (state.Resend == notice.Resend && (state.State != NoticeState.Waiting || state.Attempt >= notice.Attempt)));

    /// <summary>
    /// Puts a kept notice on the bus again for its one target, at once, in a round of its own. Sent before it is noted: a crash in between sends the same message id when it is asked for again, and the topic swallows the second.
    /// </summary>
    /// <returns>False when its event was not kept with it.</returns>
    public async Task<bool> ResendAsync(KeptNotice kept, CancellationToken ct)
    {
        if (kept.Event is not { } e) return false;
        var notice = Notice.Parse(Encoding.UTF8.GetString(e.Span)) with { Resend = kept.State.Resend + 1 };
        var route = routes.Single(r => r.Name == kept.State.Route);
        await SendAsync(route, notice, notice.IdOf(route.Name, kept.State.Target, 0), notice.Wrap(kept.State.Target, 0), null, ct);
        // Whoever wrote meanwhile has the later word: another resend (the same message), or already the try.
        await notices.NoteResendAsync(kept, notice.Resend, time.GetUtcNow(), ct);
        return true;
    }

    private async Task TellAsync(INoticeRoute route, Notice notice, NoticeTarget target, bool isNoted, IReadOnlyDictionary<string, string> off, Lazy<Task<Contact?>> contact, CancellationToken ct)
    {
        using var span = Spans.Start("notice", ActivityKind.Producer, notice.Trace);
        var began = time.GetUtcNow();
        var outcome = target.Address == Forgotten ? new Outcome(OutcomeKind.Refused, "not-configured-any-more")
            : off.GetValueOrDefault(target.Name) == target.Address ? new Outcome(OutcomeKind.Refused, "switched-off-by-410")
            : target.NotBefore is { } then ? new Outcome(OutcomeKind.Later, "quiet-hours") { At = then }
            : await TellOrLayAsideAsync(route, notice, target, contact, ct);
        var took = new NoticeTry(began, (int)(time.GetUtcNow() - began).TotalMilliseconds, outcome.Reason);
        LogTried(notice.EventId, route.Name, target.Name, notice.Attempt, outcome.Kind, outcome.Reason, took.Milliseconds);
        // Not the target: it may bear a person's name.
        span?.SetTag("event", notice.EventId).SetTag("route", route.Name).SetTag("attempt", notice.Attempt).SetTag("outcome", outcome.Kind.ToString());
        Measures.Notice(route.Name, outcome.Kind.ToString());

        if (outcome.Kind == OutcomeKind.Gone) await notices.SwitchOffAsync(route.Name, target.Name, target.Address, time.GetUtcNow(), ct);
        // Scheduled before it is noted: a crash in between repeats the try, under the same message id.
        var next = outcome.Kind == OutcomeKind.Later ? await ScheduleAsync(route, notice, target.Name, outcome, ct) : null;
        var state = outcome.Kind switch
        {
            OutcomeKind.Delivered => NoticeState.Delivered,
            OutcomeKind.Void => NoticeState.Void,
            OutcomeKind.Later when next is not null => NoticeState.Waiting,
            _ => NoticeState.Failed,
        };
        await notices.WriteAsync(notice, StateOf(notice, route.Name, target.Name, state, outcome.Reason, next), took, ct, isFirst: !isNoted);
    }

    // Many alike become one incident, and who wants them together gets them together; everything else is told.
    private async Task<Outcome> TellOrLayAsideAsync(INoticeRoute route, Notice notice, NoticeTarget target, Lazy<Task<Contact?>> contact, CancellationToken ct)
    {
        // What somebody had sent again is told by itself.
        if (notice.Resend > 0) return await TryAsync(route, notice, target, contact, ct);
        if (target.IsPerson && notice.Attempt == 0)
        {
            if (await bursts.CountAsync(route.Name, target.Name, notice, ct) is not { } alike) return new Outcome(OutcomeKind.Void, "incident");
            notice = notice with { Alike = alike };
        }

        if (notice.Alike > 0 || target.Digest is not { } digest || route is not IDigestRoute) return await TryAsync(route, notice, target, contact, ct);
        var (at, full) = await digests.AddAsync(route.Name, target, digest, notice, ct);
        if (full) await digests.AgainAsync(route.Name, target.Name, 0, time.GetUtcNow(), ct);
        return new Outcome(OutcomeKind.Later, Digesting) { At = at };
    }

    /// <summary>Tells what was collected. A crash before it is noted tells it once more.</summary>
    private async Task TellDigestAsync(IDigestRoute route, string name, int attempt, CancellationToken ct)
    {
        var collected = await digests.CollectedAsync(route.Name, name, ct);
        if (collected.Count == 0) return;
        var began = time.GetUtcNow();
        var target = await route.FindAsync(name, ct);
        if (target?.NotBefore is { } morning)
        {
            await digests.AgainAsync(route.Name, name, attempt, morning, ct);
            return;
        }

        var outcome = target is null ? new Outcome(OutcomeKind.Refused, "not-configured-any-more") : await route.TryDigestAsync(collected, target, ct);
        LogTried("digest", route.Name, name, attempt, outcome.Kind, outcome.Reason, (int)(time.GetUtcNow() - began).TotalMilliseconds);
        Measures.Notice(route.Name, outcome.Kind.ToString(), collected.Count);
        if (outcome.Kind == OutcomeKind.Later && options.CurrentValue.WaitBefore(attempt + 1, outcome.RetryAfter) is { } wait)
        {
            await digests.AgainAsync(route.Name, name, attempt + 1, time.GetUtcNow() + wait, ct);
            return;
        }

        var state = outcome.Kind == OutcomeKind.Delivered ? NoticeState.Delivered : NoticeState.Failed;
        foreach (var notice in collected)
            await notices.WriteAsync(notice, StateOf(notice, route.Name, name, state, outcome.Reason, null), new NoticeTry(began, (int)(time.GetUtcNow() - began).TotalMilliseconds, outcome.Reason), ct);
        await digests.ForgetAsync(route.Name, name, collected, ct);
        if (collected.Count == Digests.MostAtOnce) await digests.AgainAsync(route.Name, name, 0, time.GetUtcNow(), ct);
    }

    private async Task<Outcome> TryAsync(INoticeRoute route, Notice notice, NoticeTarget target, Lazy<Task<Contact?>> contact, CancellationToken ct)
    {
        var key = $"{route.Name}/{target.Name}";
        // The last try is made in any case: nobody is given up untried.
        if (options.CurrentValue.WaitBefore(notice.Attempt + 1) is not null && !circuits.MayTry(key)) return new Outcome(OutcomeKind.Later, "target-fails");
        using var place = slow.Enter(key);
        if (place is null) return new Outcome(OutcomeKind.Later, "target-hangs");
        try
        {
            var outcome = await route.TryAsync(notice, target, () => contact.Value, ct);
            circuits.Note(key, outcome.Kind == OutcomeKind.Later);
            return outcome;
        }
        catch (Exception error) when (error is not StorageUnavailableException && (error is not OperationCanceledException || !ct.IsCancellationRequested))
        {
            // A route's own mistake costs its target a delay, not the others their notice.
            return new Outcome(OutcomeKind.Later, error.GetType().Name);
        }
    }

    /// <summary>Puts a later try on the bus. Null when there is none left.</summary>
    private async Task<DateTimeOffset?> ScheduleAsync(INoticeRoute route, Notice notice, string target, Outcome outcome, CancellationToken ct)
    {
        var attempt = notice.Attempt + 1;
        // The end of its window tells it, with the others.
        if (outcome is { Reason: Digesting, At: { } end }) return end;
        if (outcome.At is { } then)
        {
            // Minutes apart, so that a morning does not begin with everything at once.
            then += TimeSpan.FromMinutes(5 * Random.Shared.NextDouble());
            await SendAsync(route, notice, notice.IdOf(route.Name, target, attempt), notice.Wrap(target, attempt), then, ct);
            return then;
        }

        if (options.CurrentValue.WaitBefore(attempt, outcome.RetryAfter) is not { } wait) return null;
        // Up to a fifth longer, so that a target that comes back does not get everything at once; never earlier than it asked.
        var at = time.GetUtcNow() + (wait * (1 + (Random.Shared.NextDouble() / 5)));
        await SendAsync(route, notice, notice.IdOf(route.Name, target, attempt), notice.Wrap(target, attempt), at, ct);
        return at;
    }

    // No try is counted: nobody knows how far this one came, and a target that was told is told again at worst.
    private async Task PostponeAsync(INoticeRoute route, Notice notice, CancellationToken ct)
    {
        var seconds = Math.Min(LongestPause.TotalSeconds, 15 * Math.Pow(2, Math.Min(notice.Postponed, 20)));
        var at = time.GetUtcNow() + TimeSpan.FromSeconds(seconds * (1 + (Random.Shared.NextDouble() / 5)));
        LogPostponed(notice.EventId, route.Name, notice.Attempt, notice.Postponed + 1, (int)seconds);
        var id = $"{notice.IdOf(route.Name, notice.Target ?? "*", notice.Attempt)}/again/{notice.Postponed + 1}";
        await SendAsync(route, notice, id, notice.Wrap(notice.Target, notice.Attempt, notice.Postponed + 1), at, ct);
    }

    private Task SendAsync(INoticeRoute route, Notice notice, string id, byte[] body, DateTimeOffset? at, CancellationToken ct) => topic.SendAsync(OutboxRelay.Topic, new BusMessage(id, body)
    {
        Properties = new Dictionary<string, string>(StringComparer.Ordinal) { [OutboxRelay.RouteProperty] = route.Name, ["type"] = notice.Type },
        ScheduledFor = at,
    }, ct);

    private static NoticeState StateOf(Notice notice, string route, string target, string state, string reason, DateTimeOffset? next) => new()
    {
        EventId = notice.EventId,
        Type = notice.Type,
        CaseId = notice.CaseId,
        Route = route,
        Target = target,
        State = state,
        Attempt = notice.Attempt,
        Resend = notice.Resend,
        Reason = reason,
        NextAt = next,
    };

    [LoggerMessage(70, LogLevel.Information, "notice {EventId} route={Route} target={Target} attempt={Attempt} outcome={Outcome} reason={Reason} ms={Milliseconds}")]
    private partial void LogTried(string eventId, string route, string target, int attempt, OutcomeKind outcome, string reason, int milliseconds);

    [LoggerMessage(71, LogLevel.Warning, "notice {EventId} route={Route} attempt={Attempt} postponed={Postponed} seconds={Seconds}: storage is down")]
    private partial void LogPostponed(string eventId, string route, int attempt, int postponed, int seconds);
}
