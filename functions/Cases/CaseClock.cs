namespace Serverless.Cases;

/// <summary>Looks at the clocks of open cases: a promise that was not kept is told, and told again while nobody answers.</summary>
public sealed class CaseClock(CaseViews views, CaseActions actions, TimeProvider time)
{
    /// <summary>Tells every case whose clock has run out. Returns how many were looked at; a case that cannot be told stops no other.</summary>
    public async Task<int> RingAsync(CancellationToken ct)
    {
        var looked = 0;
        foreach (var owner in await views.OwnersAsync(ct))
        {
            await foreach (var due in views.DueAsync(owner, time.GetUtcNow(), ct))
            {
                looked++;
                try
                {
                    // The hint is set last: a crash before it looks at the case once more, and the head knows what was told.
                    await views.RingAtAsync(due, await actions.TellOverdueAsync(due.CaseId, ct), ct);
                }
                catch (ContentionException)
                {
                    // Many are writing to it: the next tick looks again.
                }
            }
        }

        return looked;
    }
}
