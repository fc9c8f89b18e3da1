using Microsoft.Extensions.Options;
using Serverless.Cases.Rules;
using Serverless.Outbox;
using Serverless.Platform.Storage;
using Serverless.ServiceLevels;

namespace Serverless.Cases;

/// <summary>
/// Actions of people on a case. The case is listed in <c>pending</c> before the commit, so that its events are published even after a
/// crash (D5).
/// </summary>
public sealed partial class CaseActions(
    CaseStore cases, OutboxRelay relay, CaseEventPublisher teller, PromiseRules promises, Levels levels, TimeProvider time,
    IOptionsMonitor<CasesOptions> options, IOptionsMonitor<OwnersOptions> owners)
{
    /// <summary>Longest cause and longest reason of a hand-over, in characters.</summary>
    public const int LongestReason = 500;

    /// <summary>Longest name of a person or team, in characters.</summary>
    public const int LongestName = 100;

    /// <summary>Result of an action.</summary>
    public enum Result
    {
        Done,

        /// <summary>There is no such case.</summary>
        Unknown,

        /// <summary>It is so already; nothing was changed.</summary>
        Already,

        /// <summary>The case is closed: nobody can take it, hand it over or promise something in it.</summary>
        Closed,

        /// <summary>It is no longer the version that was meant; nothing was changed.</summary>
        Changed,

        /// <summary>The settings know no owner of that name: nobody would answer for the case.</summary>
        NoSuchOwner,

        /// <summary>Too many promises are open.</summary>
        Full,
    }

    /// <summary>
    /// Accepts the case. If it was offered to this person, they become the owner; an owner who accepts withdraws a pending offer.
    /// </summary>
    /// <param name="caseId">The case.</param>
    /// <param name="by">A person or team, as the <c>Owners</c> settings or a notice name them.</param>
    /// <param name="ct">Cancels.</param>
    /// <param name="version">Required version of the head; null for any.</param>
    public Task<Result> AcceptAsync(string caseId, string by, CancellationToken ct, int? version = null) =>
        ChangeAsync(caseId, version, (head, now) =>
    {
        if (head.State == CaseState.Closed) return (Result.Closed, null);
        var accepted = head with { AcceptedBy = by, AcceptedAt = now };
        if (head.HandOver?.To == by)
        {
            return (Result.Done, new Step(CaseEvent.HandedOver, accepted with
            {
                Owner = by,
                HandOver = null,
                HandOvers = head.HandOvers + 1,
                // The list is there to take the case off former lists, and for people: the last ones are enough.
                FormerOwners = [.. head.FormerOwners.TakeLast(19), head.Owner ?? CaseViews.Nobody],
            }));
        }

        var withdrawn = head.HandOver is not null && head.Owner == by;
        if (head.AcceptedBy == by && !withdrawn) return (Result.Already, null);
        return (Result.Done, new Step(CaseEvent.Accepted, withdrawn ? accepted with { HandOver = null } : accepted));
    }, ct);

    /// <summary>A person says why the customer came: their word outranks every rule, until the case is opened again.</summary>
    /// <param name="caseId">The case.</param>
    /// <param name="said">What they say.</param>
    /// <param name="ct">Cancels.</param>
    /// <param name="version">Required version of the head; null for any.</param>
    public Task<Result> ClassifyAsync(string caseId, Classification said, CancellationToken ct, int? version = null) =>
        ChangeAsync(caseId, version, (head, _) =>
    {
        if (head.State == CaseState.Closed) return (Result.Closed, null);
        var next = said.Over(head);
        return next == head ? (Result.Already, null) : (Result.Done, new Step(CaseEvent.Classified, next));
    }, ct);

    /// <summary>Offers the case to another owner. It changes hands only when they accept; until then the owner stays accountable.</summary>
    /// <param name="caseId">The case.</param>
    /// <param name="to">An owner as the <c>Owners</c> settings name them.</param>
    /// <param name="by">Name of the person who offers it; null when not given.</param>
    /// <param name="why">At most <see cref="LongestReason"/> characters.</param>
    /// <param name="ct">Cancels.</param>
    /// <param name="version">Required version of the head; null for any.</param>
    public Task<Result> HandOverAsync(string caseId, string to, string? by, string why, CancellationToken ct, int? version = null) =>
        ChangeAsync(caseId, version, (head, now) =>
        !owners.CurrentValue.Known.Contains(to, StringComparer.Ordinal) ? (Result.NoSuchOwner, null)
        : head.State == CaseState.Closed ? (Result.Closed, null)
        : head.Owner == to || (head.HandOver?.To == to && head.HandOver.Why == why) ? (Result.Already, null)
        : (Result.Done, new Step(CaseEvent.HandOverOffered, head with { HandOver = new HandOver(to, by, why, now) })), ct);

    /// <summary>Ends a case.</summary>
    /// <param name="caseId">The case.</param>
    /// <param name="cause">Why it came to this case, or <c>unknown</c>: soothing is not service. At most <see cref="LongestReason"/>
    /// characters.</param>
    /// <param name="ct">Cancels.</param>
    /// <param name="version">Required version of the head; null for any.</param>
    public Task<Result> CloseAsync(string caseId, string cause, CancellationToken ct, int? version = null) =>
        ChangeAsync(caseId, version, (head, now) =>
        head.State == CaseState.Closed
            ? (Result.Already, null)
            : (Result.Done,
                new Step(CaseEvent.Closed, head
                    with { State = CaseState.Closed, ClosedAt = now, Cause = cause, WaitingSince = null, WaitingFor = null, DueAt = null,
                        Overdue = 0, HandOver = null })), ct);

    /// <summary>A change of the head.</summary>
    /// <param name="Head">The head as it shall be.</param>
    /// <param name="Tells">Event types, each with the promise that it is about.</param>
    /// <param name="Rows">Promises that it changed.</param>
    private sealed record Step(Case Head, IReadOnlyList<(string Type, Promise? Promise)> Tells, IReadOnlyList<Promise> Rows)
    {
        public Step(string tells, Case head) : this(head, [(tells, null)], []) { }
    }

    private async Task<Result> ChangeAsync(
        string caseId, int? version, Func<Case, DateTimeOffset, (Result Result, Step? Step)> decide, CancellationToken ct)
    {
        for (var attempt = 0; attempt < options.CurrentValue.CommitTries; attempt++)
        {
            if (await cases.HeadAsync(caseId, ct) is not { Head: { } head } current) return Result.Unknown;
            if (version is not null && head.Version != version) return Result.Changed;
            var now = time.GetUtcNow();
            var (result, step) = decide(head, now);
            if (step is null) return result;
            var followed = promises.Follow(head, step.Head, null, now);
            var next = followed.Head with { Version = head.Version + 1 };
            IReadOnlyList<Promise> rows = [.. step.Rows, .. followed.Rows];
            var cause = $"version {next.Version}";
            List<OutboxEntry> entries =
            [
                .. step.Tells.Select(t =>
                    CaseEvent.Of(t.Type, next, null, t.Promise is null ? cause : $"{cause} {t.Promise.Id}", now, promise: t.Promise)),
            ];
            // The clock says by itself what it is about.
            entries.AddRange(CaseEvent.OfPromises(rows.Where(r => step.Tells.All(t => t.Promise?.Id != r.Id)), next, cause, now));
            var remembered = await relay.RememberAsync(caseId, ct);
            if ((await cases.CommitAsync(next, current.ETag, entries, ct, rows)).State != WriteState.Written) continue;
            if (await teller.TellRestAsync(caseId, ct)) await relay.ForgetAsync(caseId, remembered, ct);
            return result;
        }

        throw new ContentionException();
    }
}
