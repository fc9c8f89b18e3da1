using Serverless.Notifications.Subscriptions;

namespace Serverless.Notifications;

/// <summary>
/// Sends notifications to a target again, whether delivered, failed or missing: each in a new round
/// (<see cref="NotificationDispatcher.ResendAsync"/>), with its original id.
/// </summary>
public sealed class Redelivery(AttemptStore notices, NotificationDispatcher runner, TimeProvider time)
{
    /// <summary>Most notices of one step.</summary>
    public const int Step = 100;

    /// <summary>Most days back that a single event is looked for.</summary>
    public const int MostDays = 31;

    private const int LongestId = 200;

    /// <summary>Sends one event again. Null when the log does not contain it for this target.</summary>
    public async Task<RedeliveryResult?> OneAsync(string route, string target, string eventId, CancellationToken ct)
    {
        if (eventId.Length is 0 or > LongestId) return null;
        var now = time.GetUtcNow();
        var found = await notices.OfEventAsync(eventId,
            new NotificationSelection { From = now.AddDays(-MostDays), To = now.AddDays(1), Route = route, Target = target }, ct);
        return found.Count == 0 ? null : await AgainAsync(found, null, ct);
    }

    /// <summary>Sends a step of the events of a period again. Safe to repeat from its beginning.</summary>
    /// <param name="route">The route.</param>
    /// <param name="target">The target.</param>
    /// <param name="from">Included.</param>
    /// <param name="to">Not included.</param>
    /// <param name="state">Those of this state; null for all.</param>
    /// <param name="continuation">From the step before.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<RedeliveryResult> SpanAsync(string route, string target, DateTimeOffset from, DateTimeOffset to, string? state,
        string? continuation, CancellationToken ct)
    {
        var (found, next) =
            await notices.PageAsync(new NotificationSelection { From = from, To = to, State = state, Route = route, Target = target },
                continuation, Step, ct);
        return await AgainAsync(found, next, ct);
    }

    private async Task<RedeliveryResult> AgainAsync(IReadOnlyList<FailedNotification> found, string? continuation, CancellationToken ct)
    {
        var queued = 0;
        foreach (var kept in found)
            if (await runner.ResendAsync(kept, ct)) queued++;
        return new RedeliveryResult(queued, found.Count - queued, continuation);
    }
}
