using Serverless.Cases.Rules;

namespace Serverless.Cases;

/// <summary>
/// Looks at the clocks of open cases: promises that are due soon or broken, overdue answers step by step, cases that nobody accepted
/// (<see cref="PromiseClock"/>).
/// </summary>
public sealed partial class OverdueScanner(CaseViews views, CaseActions actions, TimeProvider time, ILogger<OverdueScanner> log)
{
    /// <summary>
    /// Escalates every case whose clock has run out and returns how many were checked. A failing case does not stop the others; it is
    /// logged, and thrown at the end (P13).
    /// </summary>
    public async Task<int> RingAsync(CancellationToken ct)
    {
        var looked = 0;
        List<Task> failed = [];
        foreach (var owner in await views.OwnersAsync(ct))
        {
            await foreach (var due in views.DueAsync(owner, time.GetUtcNow(), ct))
            {
                looked++;
                var ringing = RingAsync(due, ct);
                await ringing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (ringing.IsCompletedSuccessfully) continue;
                LogFailed(due.CaseId, ringing.Exception?.InnerException?.GetType().Name ?? "canceled");
                failed.Add(ringing);
            }
        }

        if (failed.Count > 0) LogAll(failed.Count, looked);
        await Task.WhenAll(failed);
        return looked;
    }

    private async Task RingAsync(DueCase due, CancellationToken ct)
    {
        try
        {
            // The hint is written last: after a crash the case is checked once more, and its head holds the steps already published.
            var (next, owed, overdue) = await actions.RingAsync(due.CaseId, ct);
            await views.RingAtAsync(due, next, owed, overdue, ct);
        }
        catch (ContentionException)
        {
            // Many are writing to it: the next tick looks again.
        }
    }

    [LoggerMessage(37, LogLevel.Error, "clock {CaseId} failed: {Error}")]
    private partial void LogFailed(string caseId, string error);

    [LoggerMessage(38, LogLevel.Error, "clocks failed count={Count} of={Looked}: the next tick looks again")]
    private partial void LogAll(int count, int looked);
}
