using Microsoft.Extensions.Options;
using Serverless.Outbox;
using Serverless.Storage;

namespace Serverless.Cases;

/// <summary>What a person does to a case. The case is named in <c>pending</c> before the commit, so that a crash right after it leaves nobody untold (D5).</summary>
public sealed class CaseActions(CaseStore cases, OutboxRelay relay, CaseTeller teller, TimeProvider time, IOptionsMonitor<CasesOptions> options)
{
    public const int LongestCause = 500;

    /// <summary>What came of an action.</summary>
    public enum Result
    {
        Done,

        /// <summary>There is no such case.</summary>
        Unknown,

        /// <summary>It is so already; nothing was changed.</summary>
        Already,
    }

    /// <summary>Ends a case.</summary>
    /// <param name="caseId">The case.</param>
    /// <param name="cause">Why it came to this case, or <c>unknown</c>: soothing is not service. At most <see cref="LongestCause"/> characters.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<Result> CloseAsync(string caseId, string cause, CancellationToken ct)
    {
        for (var attempt = 0; attempt < options.CurrentValue.CommitTries; attempt++)
        {
            if (await cases.HeadAsync(caseId, ct) is not { Head: { } head } current) return Result.Unknown;
            if (head.State == CaseState.Closed) return Result.Already;
            var now = time.GetUtcNow();
            var next = head with { State = CaseState.Closed, ClosedAt = now, Cause = cause, WaitingSince = null, DueAt = null, Version = head.Version + 1 };
            IReadOnlyList<OutboxEntry> entries = [CaseEvent.Of(CaseEvent.Closed, next, null, $"version {next.Version}", now)];
            var remembered = await relay.RememberAsync(caseId, ct);
            if ((await cases.CommitAsync(next, current.ETag, entries, ct)).State != WriteState.Written) continue;
            if (await teller.TellRestAsync(caseId, ct)) await relay.ForgetAsync(caseId, remembered, ct);
            return Result.Done;
        }

        throw new ContentionException();
    }
}
