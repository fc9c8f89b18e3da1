using Serverless.Cases.Rules;
using Serverless.Outbox;

namespace Serverless.Cases;

/// <summary>
/// Publishes committed events, updates the case list and marks them published. Each step may be repeated; a crash leaves the outbox rows
/// for the next caller.
/// </summary>
public sealed class CaseEventPublisher(OutboxRelay relay, CaseViews views, CaseStore cases)
{
    /// <summary>Publishes this commit's events, or any still pending for the case.</summary>
    public async Task AfterAsync(Correlation correlation, CancellationToken ct)
    {
        if (correlation.Committed is null) await TellRestAsync(correlation.CaseId, ct);
        else await PublishAsync(correlation.CaseId, correlation.Committed, correlation.Relisted, ct);
    }

    /// <summary>Publishes all pending events of a case. False when the topic lacks some of them.</summary>
    public async Task<bool> TellRestAsync(string caseId, CancellationToken ct)
    {
        var rest = await relay.UntoldAsync(caseId, ct);
        if (rest.Count == 0) return true;
        var head = await cases.HeadAsync(caseId, ct);
        return await PublishAsync(caseId, rest, head?.Head, ct);
    }

    private async Task<bool> PublishAsync(string caseId, IReadOnlyList<OutboxEntry> entries, Case? relisted, CancellationToken ct)
    {
        var published = await relay.PublishAsync(caseId, entries, ct);
        if (relisted is not null) await ListAsync(relisted, ct);
        if (published) await relay.MarkAsync(caseId, entries, ct);
        return published;
    }

    // A contact may reopen the case while its row is removed from the list: read the head again after removing.
    private async Task ListAsync(Case head, CancellationToken ct)
    {
        await views.ShowAsync(head, ct);
        if (head.State == CaseState.Closed && (await cases.HeadAsync(head.Id, ct))?.Head is { State: CaseState.Open } reopened)
            await views.ShowAsync(reopened, ct);
    }
}
