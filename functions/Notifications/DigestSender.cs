using Microsoft.Extensions.Options;
using Serverless.Platform.Storage;
using Serverless.Platform.Telemetry;

namespace Serverless.Notifications;

/// <summary>Sends the digest of a target at the end of a window.</summary>
public sealed partial class DigestSender(
    AttemptStore notices, Digests digests, DueMessages due, NotificationQueues queue, TimeProvider time,
    IOptionsMonitor<NotificationOptions> options, ILogger<DigestSender> log)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    /// <summary>Processes the message at the end of a digest window. After a crash in between the digest is sent again.</summary>
    public async Task WorkAsync(IDigestRoute route, DigestEnd end, CancellationToken ct)
    {
        if (end.NotBefore > time.GetUtcNow())
        {
            await PutBackAsync(route, end, end.NotBefore, ct);
            return;
        }

        try
        {
            await ClaimAndTellAsync(route, end, ct);
        }
        catch (StorageUnavailableException)
        {
            // What was collected stays. The host would deliver this message at once, and bury it after a few times.
            await PutBackAsync(route, end, time.GetUtcNow() + Pause, ct);
        }
    }

    private async Task ClaimAndTellAsync(IDigestRoute route, DigestEnd end, CancellationToken ct)
    {
        // Close the window before reading: later notifications open a new one. The message guarantees the rest.
        await due.CloseAsync(route.Name, end.Row, ct);
        if ((await digests.CollectedAsync(route.Name, end.Target, ct)).Count == 0) return;

        var (claim, until) = await digests.ClaimAsync(route.Name, end.Target, ct);
        if (claim is null)
        {
            await PutBackAsync(route, end, until, ct);
            return;
        }

        // Read again: the previous holder of the claim may have sent them.
        var more = await TellAsync(route, end, await digests.CollectedAsync(route.Name, end.Target, ct), ct);
        await digests.ReleaseAsync(route.Name, end.Target, claim.Value, ct);
        if (more) await due.OpenAsync(route.Name, end.Target, 0, time.GetUtcNow(), ct);
    }

    /// <returns>Whether more may follow.</returns>
    private async Task<bool> TellAsync(IDigestRoute route, DigestEnd end, IReadOnlyList<Notification> collected, CancellationToken ct)
    {
        if (collected.Count == 0) return false;
        var began = time.GetUtcNow();
        var target = await route.FindAsync(end.Target, ct);
        if (target?.NotBefore is { } morning)
        {
            await due.OpenAsync(route.Name, end.Target, end.Attempt, morning, ct);
            return false;
        }

        var outcome = target is null
            ? new AttemptOutcome(AttemptOutcomeKind.Refused, "not-configured-any-more") : await route.TryDigestAsync(collected, target, ct);
        var took = new NotificationAttempt(began, (int)(time.GetUtcNow() - began).TotalMilliseconds, outcome.Reason);
        LogTold(route.Name, end.Target, collected.Count, end.Attempt, outcome.Kind, outcome.Reason, took.Milliseconds);
        Measures.Notice(route.Name, outcome.Kind.ToString(), collected.Count);
        if (outcome.Kind == AttemptOutcomeKind.Later && options.CurrentValue.WaitBefore(end.Attempt + 1, outcome.RetryAfter) is { } wait)
        {
            await due.OpenAsync(route.Name, end.Target, end.Attempt + 1, time.GetUtcNow() + wait, ct);
            return false;
        }

        var state = outcome.Kind == AttemptOutcomeKind.Delivered ? NotificationState.Delivered : NotificationState.Failed;
        foreach (var notice in collected)
            await notices.WriteAsync(notice, notice.StateAt(route.Name, end.Target, state, outcome.Reason, null), took, null, ct);
        await digests.ForgetAsync(route.Name, end.Target, collected, ct);
        return collected.Count == Digests.MostAtOnce;
    }

    private Task PutBackAsync(IDigestRoute route, DigestEnd end, DateTimeOffset at, CancellationToken ct) =>
        queue.PutAsync(route.Name, (end with { NotBefore = at }).ToJson(), at, ct);

    [LoggerMessage(72, LogLevel.Information,
        "digest route={Route} target={Target} notices={Count} attempt={Attempt} outcome={Outcome} reason={Reason} ms={Milliseconds}")]
    private partial void LogTold(string route, string target, int count, int attempt, AttemptOutcomeKind outcome, string reason,
        int milliseconds);
}
