using Serverless.Cases.Rules;
using Serverless.Outbox;

namespace Serverless.Cases;

/// <summary>What follows a commit: publish, list, mark. Each step may be repeated; a crash leaves the outbox rows for the next caller.</summary>
public sealed class CaseEventPublisher(OutboxRelay relay, CaseViews views, CaseStore cases)
{
    /// <summary>Tells what this caller just committed; or, when it found the contact stored, whatever the case still has to tell.</summary>
    public async Task AfterAsync(Correlation correlation, CancellationToken ct)
    {
        if (correlation.Committed is null) await TellRestAsync(correlation.CaseId, ct);
        else await PublishAsync(correlation.CaseId, correlation.Committed, correlation.Relisted, ct);
    }

    /// <summary>Tells all that a case has left untold. False when the topic is owed some of it.</summary>
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

    // A contact may open the case again while we take it off the list, and find its row still there: whoever takes off looks once more.
    private async Task ListAsync(Case head, CancellationToken ct)
    {
        await views.ShowAsync(head, ct);
        if (head.State == CaseState.Closed && (await cases.HeadAsync(head.Id, ct))?.Head is { State: CaseState.Open } reopened) await views.ShowAsync(reopened, ct);
    }
}
