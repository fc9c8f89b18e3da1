using System.Diagnostics;
using Microsoft.Extensions.Options;
using Serverless.Contacts;
using Serverless.Platform.Storage;
using Serverless.Platform.Telemetry;

namespace Serverless.Notifications;

/// <summary>Sends a claimed notification to one target, schedules a retry, and records the outcome.</summary>
public sealed partial class NotificationSender(
    AttemptStore notices, TargetConcurrency slow, CircuitBreakers circuits, Digests digests, IncidentGrouping bursts,
    NotificationQueues queue, TimeProvider time, IOptionsMonitor<NotificationOptions> options, ILogger<NotificationSender> log)
{
    /// <summary>A first attempt later than this sends nothing.</summary>
    public static readonly TimeSpan Expires = TimeSpan.FromDays(4);

    private const string Digesting = "digest";

    /// <summary>One try. A crash before its note repeats it under the same id, once the claim has run out.</summary>
    /// <param name="route">The route.</param>
    /// <param name="notice">The notification.</param>
    /// <param name="target">Whom.</param>
    /// <param name="claim">The claimed row.</param>
    /// <param name="off">Addresses that are switched off, by target.</param>
    /// <param name="contact">Reads the contact.</param>
    /// <param name="ct">Cancels.</param>
    public async Task SendAsync(
        INotificationRoute route, Notification notice, NotificationTarget target, TableRow claim, IReadOnlyDictionary<string, string> off,
        Lazy<Task<Contact?>> contact, CancellationToken ct)
    {
        using var span = Spans.Start("notice", ActivityKind.Producer, notice.Trace);
        var began = time.GetUtcNow();
        var outcome = target.IsForgotten ? new AttemptOutcome(AttemptOutcomeKind.Refused, "not-configured-any-more")
            : notice is { Target: null, Attempt: 0 } && began - notice.At > Expires ? route.TooLate
            : off.GetValueOrDefault(target.Name) == target.Address ? new AttemptOutcome(AttemptOutcomeKind.Refused, "switched-off-by-410")
            : target.NotBefore is { } then ? new AttemptOutcome(AttemptOutcomeKind.Later, "quiet-hours") { At = then }
            : await TellOrLayAsideAsync(route, notice, target, contact, ct);
        var took = new NotificationAttempt(began, (int)(time.GetUtcNow() - began).TotalMilliseconds, outcome.Reason);
        LogTried(notice.EventId, route.Name, target.Name, notice.Attempt, outcome.Kind, outcome.Reason, took.Milliseconds);
        // Not the target: it may bear a person's name.
        span?.SetTag("event", notice.EventId).SetTag("route", route.Name).SetTag("attempt", notice.Attempt)
            .SetTag("outcome", outcome.Kind.ToString());
        Measures.Notice(route.Name, outcome.Kind.ToString());

        if (outcome.Kind == AttemptOutcomeKind.Gone)
            await notices.SwitchOffAsync(route.Name, target.Name, target.Address, time.GetUtcNow(), ct);
        // Put before it is noted: a crash in between leaves both tries, of which one is made.
        var next = outcome.Kind == AttemptOutcomeKind.Later
            ? await PutLaterAsync(route, notice with { Incident = outcome.Incident ?? notice.Incident }, target.Name, outcome, ct)
            : null;
        var state = outcome.Kind switch
        {
            AttemptOutcomeKind.Delivered => NotificationState.Delivered,
            AttemptOutcomeKind.Void => NotificationState.Void,
            AttemptOutcomeKind.Later when next is not null => NotificationState.Waiting,
            _ => NotificationState.Failed,
        };
        await notices.WriteAsync(notice, notice.StateAt(route.Name, target.Name, state, outcome.Reason, next), took, claim, ct);
    }

    // Similar cases become one incident, digests collect; everything else is sent.
    private async Task<AttemptOutcome> TellOrLayAsideAsync(INotificationRoute route, Notification notice, NotificationTarget target,
        Lazy<Task<Contact?>> contact, CancellationToken ct)
    {
        // A resend is sent by itself.
        if (notice.Resend > 0) return await TryAsync(route, notice, target, contact, ct);
        if (notice.Incident is { } key)
        {
            notice = notice with { Alike = await bursts.SizeAsync(key, ct) };
        }
        else if (target.IsPerson && notice.Attempt == 0)
        {
            if (await bursts.CountAsync(route.Name, target.Name, notice, () => contact.Value, ct) is not { } incident)
                return new AttemptOutcome(AttemptOutcomeKind.Void, "incident");
            if (incident.Count > 0) notice = notice with { Alike = incident.Count, Incident = incident.Key };
        }

        if (notice.Alike > 0 || target.Digest is not { } digest || route is not IDigestRoute)
            return await TryAsync(route, notice, target, contact, ct);
        return new AttemptOutcome(AttemptOutcomeKind.Later,
            Digesting) { At = await digests.AddAsync(route.Name, target, digest, notice, ct) };
    }

    private async Task<AttemptOutcome> TryAsync(INotificationRoute route, Notification notice, NotificationTarget target,
        Lazy<Task<Contact?>> contact, CancellationToken ct)
    {
        var key = $"{route.Name}/{target.Name}";
        using var place = slow.Enter(key);
        if (place is null) return new AttemptOutcome(AttemptOutcomeKind.Later, "target-hangs") { Incident = notice.Incident };
        // Always make the last attempt before giving up.
        var isLast = options.CurrentValue.WaitBefore(notice.Attempt + 1) is null;
        try
        {
            var outcome = await circuits.TryAsync(key, isLast, () => route.TryAsync(notice, target, () => contact.Value, ct), ct);
            place.IsUsed = outcome is not null;
            return (outcome ?? new AttemptOutcome(AttemptOutcomeKind.Later, "target-fails")) with { Incident = notice.Incident };
        }
        catch (Exception error) when (error is not StorageUnavailableException
            && (error is not OperationCanceledException || !ct.IsCancellationRequested))
        {
            // A route's own mistake costs its target a delay, not the others their notice.
            return new AttemptOutcome(AttemptOutcomeKind.Later, error.GetType().Name) { Incident = notice.Incident };
        }
    }

    /// <summary>Schedules a retry. Null when there is none left.</summary>
    private async Task<DateTimeOffset?> PutLaterAsync(INotificationRoute route, Notification notice, string target, AttemptOutcome outcome,
        CancellationToken ct)
    {
        // Sent with the others at the end of its window.
        if (outcome is { Reason: Digesting, At: { } end }) return end;
        var attempt = notice.Attempt + 1;
        if (outcome.At is { } then)
        {
            // Minutes apart, so that a morning does not begin with everything at once.
            return await PutAsync(then + TimeSpan.FromMinutes(5 * Random.Shared.NextDouble()));
        }

        if (options.CurrentValue.WaitBefore(attempt, outcome.RetryAfter) is not { } wait) return null;
        // Up to a fifth longer, so that a target that comes back does not get everything at once; never earlier than it asked.
        return await PutAsync(time.GetUtcNow() + (wait * (1 + (Random.Shared.NextDouble() / 5))));

        async Task<DateTimeOffset> PutAsync(DateTimeOffset at)
        {
            await queue.PutAsync(route.Name, notice.Wrap(target, attempt, notBefore: at), at, ct);
            return at;
        }
    }

    [LoggerMessage(70, LogLevel.Information,
        "notice {EventId} route={Route} target={Target} attempt={Attempt} outcome={Outcome} reason={Reason} ms={Milliseconds}")]
    private partial void LogTried(string eventId, string route, string target, int attempt, AttemptOutcomeKind outcome, string reason,
        int milliseconds);
}
