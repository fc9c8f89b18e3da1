using Serverless.Cases.Rules;

namespace Serverless.Cases;

/// <content>What a person, an automatic text or the clock does to promises.</content>
public sealed partial class CaseActions
{
    /// <summary>Promises something by a time. One of an answer or a call takes the place of what was promised before.</summary>
    /// <param name="caseId">The case.</param>
    /// <param name="asked">What and by when.</param>
    /// <param name="by">Who promises it.</param>
    /// <param name="ct">Cancels.</param>
    /// <param name="version">Required version of the head; null for any.</param>
    /// <returns>With <see cref="Result.Done"/> the promise.</returns>
    public async Task<(Result Result, Promise? Promise)> PromiseAsync(
        string caseId, AskedPromise asked, string by, CancellationToken ct, int? version = null)
    {
        Promise? made = null;
        var result = await ChangeAsync(caseId, version, (head, now) =>
        {
            if (head.State == CaseState.Closed) return (Result.Closed, null);
            made = new Promise
            {
                Id = PromiseRules.IdOf(head, "person", $"{head.Version}|{by}"),
                Kind = asked.Kind,
                MadeBy = PromiseMaker.Person,
                By = by,
                What = asked.What,
                Contact = head.WaitingFor,
                MadeAt = now,
                Due = asked.Due,
                Calendar = levels.Calendars.Default.Name,
            };
            return PromiseRules.Make(head, made, now) is { } change ? (Result.Done, new Step(change.Head, [], change.Rows))
                : (Result.Full, null);
        }, ct);
        return (result, result == Result.Done ? made : null);
    }

    /// <summary>Opens the promise of a new time that an automatic text named; the old one stays as it is. Safe to repeat.</summary>
    /// <param name="caseId">The case.</param>
    /// <param name="old">The promise that is not going to be kept in time.</param>
    /// <param name="due">The new time.</param>
    /// <param name="ct">Cancels.</param>
    public Task<Result> PromiseLaterAsync(string caseId, Promise old, DateTimeOffset due, CancellationToken ct) =>
        ChangeAsync(caseId, null, (head, now) =>
    {
        var id = PromiseRules.IdOf(head, "rule", old.Id);
        if (head.State == CaseState.Closed) return (Result.Closed, null);
        if (head.WaitingSince is null || head.Promises.Any(p => p.Id == id)) return (Result.Already, null);
        var named = old with
        {
            Id = id,
            Kind = PromiseKind.Named,
            MadeBy = PromiseMaker.Rule,
            By = "promise_later",
            MadeAt = now,
            Due = due,
            State = PromiseState.Open,
            SoonAt = null,
            BrokenAt = null,
        };
        return PromiseRules.Make(head, named, now) is { } change ? (Result.Done, new Step(change.Head, [], change.Rows))
            : (Result.Full, null);
    }, ct);

    /// <summary>Withdraws a promise that is still owed. <see cref="Result.Already"/> when no such promise is.</summary>
    /// <param name="caseId">The case.</param>
    /// <param name="promiseId">Which.</param>
    /// <param name="by">Who says so.</param>
    /// <param name="why">For what reason.</param>
    /// <param name="ct">Cancels.</param>
    /// <param name="version">Required version of the head; null for any.</param>
    public Task<Result> WithdrawAsync(
        string caseId, string promiseId, string by, string why, CancellationToken ct, int? version = null) =>
        ChangeAsync(caseId, version, (head, now) =>
        PromiseRules.Withdraw(head, promiseId, $"{by}: {why}", now) is { } change
            ? (Result.Done, new Step(change.Head, [(CaseEvent.PromiseWithdrawn, change.Rows[0])], change.Rows))
            : (Result.Already, null), ct);

    /// <summary>Says what the clock of a case has to say, each thing once.</summary>
    /// <returns>When it has something to say next (null for never by itself), by when the next answer is owed, and whether it is
    /// overdue.</returns>
    public async Task<(DateTimeOffset? Next, DateTimeOffset? Due, bool Overdue)> RingAsync(string caseId, CancellationToken ct)
    {
        var (next, due, overdue) = ((DateTimeOffset?)null, (DateTimeOffset?)null, false);
        await ChangeAsync(caseId, null, (head, now) =>
        {
            var ringing = PromiseClock.Ring(head, levels.Calendars, options.CurrentValue, now);
            var after = ringing?.Head ?? head;
            (next, due) = (PromiseClock.NextLook(after, levels.Calendars, options.CurrentValue), after.DueAt);
            overdue = after.State == CaseState.Open && due <= now;
            return ringing is null ? (Result.Already, null) : (Result.Done, new Step(after, ringing.Tells, ringing.Rows));
        }, ct);
        return (next, due, overdue);
    }
}

/// <summary>What a person promises.</summary>
/// <param name="Kind">What.</param>
/// <param name="What">In their words; null for an answer.</param>
/// <param name="Due">By when.</param>
public sealed record AskedPromise(PromiseKind Kind, string? What, DateTimeOffset Due);
