using Serverless.Notifications;
using Serverless.Platform.Audit;

namespace Serverless.Operations;

/// <summary>Has notices sent again, in steps, with an audit row for each step.</summary>
/// <remarks>Each time is a round of its own with a first try and all later ones, and the state shown is that of the last round; tries of an
/// earlier round that still lie on the bus do nothing any more.</remarks>
public sealed class Resends(AttemptStore notices, NotificationDispatcher runner, AuditLog actions)
{
    /// <summary>Most notices of one step.</summary>
    private const int MostAtOnce = 100;

    /// <summary>One step; null when an event is named of which there is no notice.</summary>
    /// <exception cref="ArgumentException">The continuation is none of this selection.</exception>
    public async Task<ResendStep?> StepAsync(ResendRequest request, CancellationToken ct)
    {
        var (found, continuation) = request.Event is { } id
            ? (await notices.OfEventAsync(id, request.Selection, ct), null)
            : await notices.PageAsync(request.Selection, request.Continuation, MostAtOnce, ct);
        if (request.Event is not null && found.Count == 0) return null;
        var begun = await actions.BeginAsync("resend", "notices", request.On, request.By, ct);
        var (sent, empty, forgotten) = (0, 0, 0);
        foreach (var kept in found)
        {
            if (kept.State.State == NotificationState.Void) empty++;
            else if (await runner.ResendAsync(kept, ct)) sent++;
            else forgotten++;
        }

        await actions.EndAsync(begun,
            new Dictionary<string, int>(StringComparer.Ordinal) { ["sent"] = sent, ["void"] = empty, ["forgotten"] = forgotten }, ct);
        return new ResendStep(sent, empty, forgotten, continuation is not null, continuation);
    }
}
