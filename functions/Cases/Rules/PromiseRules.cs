using Serverless.Contacts;
using Serverless.Needs;
using Serverless.ServiceLevels;

namespace Serverless.Cases.Rules;

/// <summary>What a change of a case does to its promises. Pure.</summary>
/// <param name="Head">The head with its open promises, its due time and when its clock is to be looked at.</param>
/// <param name="Rows">Promises that were made or changed.</param>
public sealed record PromiseChange(Case Head, IReadOnlyList<Promise> Rows);

/// <summary>Makes, keeps, withdraws and replaces promises. Pure: looks at nothing but its arguments.</summary>
/// <param name="levels">Service levels and calendars.</param>
/// <param name="options">Settings of cases.</param>
public sealed class PromiseRules(Levels levels, CasesOptions options)
{
    /// <summary>A shorter call did not reach the customer.</summary>
    public const int ShortestCallSeconds = 20;

    private const string NobodyWaits = "nobody waits any more";
    private const string ClosedReason = "the case was closed";

    /// <summary>
    /// Follows a change of the head: what the customer waits for is promised, what reached them keeps promises, the end of a case ends
    /// them all.
    /// </summary>
    /// <param name="before">The head before; null for a new case.</param>
    /// <param name="after">The head as rules or a person leave it; its promises are those of before, but for those that the person
    /// changed.</param>
    /// <param name="contact">The contact that caused it, as all its events leave it; null when a person did.</param>
    /// <param name="now">Now.</param>
    public PromiseChange Follow(Case? before, Case after, Contact? contact, DateTimeOffset now)
    {
        var open = after.Promises.ToList();
        List<Promise> rows = [];
        void End(Promise promise, PromiseState state, string? why)
        {
            open.Remove(promise);
            rows.Add(promise with { State = promise.BrokenAt is null ? state : PromiseState.Broken, EndedAt = now, Why = why });
        }

        if (after.State == CaseState.Closed)
        {
            foreach (var promise in open.ToList())
            {
                if (promise.Kind == PromiseKind.Solution) End(promise, PromiseState.Kept, null);
                else End(promise, PromiseState.Withdrawn, ClosedReason);
            }
        }
        else
        {
            var answered = before?.WaitingSince is not null && after.WaitingSince is null && after.AnsweredAt != before.AnsweredAt;
            if (contact is not null)
                foreach (var promise in open.Where(p => Keeps(p, contact) || (answered && IsAnsweredBy(p, contact))).ToList())
                    End(promise, PromiseState.Kept, null);
            // The wait ended without an answer: whom the company refuses, what was taken back.
            if (before?.WaitingSince is not null && after.WaitingSince is null && !answered)
                foreach (var promise in open.Where(p => p.MadeBy != PromiseMaker.Person).ToList())
                    End(promise, PromiseState.Withdrawn, NobodyWaits);
            if (contact is not null) Wait(before, after, contact, open, rows, now);
        }

        return new PromiseChange(Clocked(before, after with { Promises = open }, now), rows);
    }

    /// <summary>Whether a contact that leaves the head alone changes a promise of it all the same.</summary>
    public bool Concerns(Case head, Contact contact) => head is { State: CaseState.Open, Promises.Count: > 0 }
        && (head.Promises.Any(p => Keeps(p, contact))
            || (head.WaitingSince is not null && head.WaitingFor != CaseKeys.Contact(contact) && levels.NamedIn(contact) is not null
            && head.Promises.All(p => p.Id != IdOf(head, "customer", CaseKeys.Contact(contact)))));

    /// <summary>A promise of a person; one of an answer takes the place of every answer that is owed.</summary>
    /// <param name="head">The case.</param>
    /// <param name="promise">What they promise.</param>
    /// <param name="now">Now.</param>
    /// <returns>Null when the case has too many open promises.</returns>
    public static PromiseChange? Make(Case head, Promise promise, DateTimeOffset now)
    {
        List<Promise> rows = [promise];
        var open = head.Promises.ToList();
        foreach (var owed in open.Where(p => promise.IsAnswer && p.IsAnswer).ToList())
        {
            open.Remove(owed);
            rows.Add(owed with { State = owed.BrokenAt is null ? PromiseState.Replaced : PromiseState.Broken, EndedAt = now,
                Why = "a new time was promised" });
        }

        open.Add(promise);
        return open.Count > Promise.MostOpen ? null : new PromiseChange(head with { Promises = open }, rows);
    }

    /// <summary>Withdraws one; null when no such promise is open.</summary>
    public static PromiseChange? Withdraw(Case head, string id, string why, DateTimeOffset now)
    {
        if (head.Promises.FirstOrDefault(p => p.Id == id) is not { } promise) return null;
        var ended = promise with { State = promise.BrokenAt is null ? PromiseState.Withdrawn : PromiseState.Broken, EndedAt = now,
            Why = why };
        return new PromiseChange(head with { Promises = [.. head.Promises.Where(p => p.Id != id)] }, [ended]);
    }

    /// <summary>Id of a promise by what caused it, so that a repeated step makes the same one.</summary>
    public static string IdOf(Case head, string maker, string cause) => CaseKeys.Told(head.Id, "promise", $"{maker}|{cause}");

    /// <summary>
    /// Whether a contact keeps a promise: an answer by any text or call that reached the customer, a public one only in public, a
    /// call-back only by talking.
    /// </summary>
    internal static bool Keeps(Promise promise, Contact contact)
    {
        if (promise.Kind == PromiseKind.Solution) return false;
        var at = CaseRules.AnsweredAt(contact) is { } answered && answered > contact.OccurredAt ? answered : contact.OccurredAt;
        if (at < promise.MadeAt || (contact.Direction == Direction.Outbound && CaseKeys.Contact(contact) == promise.Contact)) return false;
        var talked = contact.Call is { Outcome: CallOutcome.Answered };
        // A solution that the customer accepted: whoever gave it, nothing is owed.
        if (CaseRules.Settles(contact)) return promise.IsAnswer;
        if (contact.Direction == Direction.Inbound) return talked && promise.Kind != PromiseKind.PublicAnswer;
        if (!CaseRules.Reached(contact)) return false;
        return promise.Kind switch
        {
            PromiseKind.PublicAnswer => contact.Place == Place.Public,
            PromiseKind.CallBack => talked && contact.Call!.DurationSeconds is null or >= ShortestCallSeconds,
            _ => true,
        };
    }

    // The head knows better when a call was answered: it has seen the event that says so.
    private static bool IsAnsweredBy(Promise promise, Contact contact) =>
        promise.Kind == PromiseKind.Answer || (promise.Kind == PromiseKind.CallBack && contact.Call is { Outcome: CallOutcome.Answered });

    // The promise for whom the customer waits: that of the level, or of the time they named.
    private void Wait(Case? before, Case after, Contact contact, List<Promise> open, List<Promise> rows, DateTimeOffset now)
    {
        if (after.WaitingSince is not { } since) return;
        var own = CaseKeys.Contact(contact);
        if (after.WaitingFor != own)
        {
            if (contact.Direction != Direction.Inbound) return;
            Hurry(before, after, contact, open, rows, now);
            Rename(after, contact, open, rows, now);
            return;
        }

        var at = open.FindIndex(p => p is { IsAnswer: true, MadeBy: PromiseMaker.Level or PromiseMaker.Customer } && p.Contact == own);
        if (at < 0 && before?.WaitingFor == own)
        {
            // What was promised for it was replaced or withdrawn, and does not come back with its next event.
            Hurry(before, after, contact, open, rows, now);
            return;
        }

        if (levels.DueOf(contact, after.Need) is not { } due) return;
        var promise = new Promise
        {
            Id = at < 0 ? IdOf(after, "level", own) : open[at].Id,
            Kind = due.IsCall ? PromiseKind.CallBack : KindOf(after.Owes),
            MadeBy = due.ByCustomer ? PromiseMaker.Customer : PromiseMaker.Level,
            By = due.ByCustomer ? "the customer named the time" : due.Level.Rule,
            Contact = own,
            MadeAt = since,
            Due = due.At,
            Calendar = due.Level.Calendar.Name,
        };
        if (at < 0)
        {
            if (open.Count >= Promise.MostOpen) return;
            open.Add(promise);
            rows.Add(promise);
            return;
        }

        // The contact is known better now.
        var known = open[at];
        var next = promise with { SoonAt = promise.Due > known.Due ? null : known.SoonAt, BrokenAt = known.BrokenAt };
        if (next == known) return;
        open[at] = next;
        rows.Add(next);
    }

    // Why they came is graver now: what the level promised takes no longer than that. What people or the customer said stands beside it.
    private void Hurry(Case? before, Case after, Contact contact, List<Promise> open, List<Promise> rows, DateTimeOffset now)
    {
        if (before is null || before.Need == after.Need) return;
        if (levels.DueOf(contact, after.Need) is not { ByCustomer: false } due) return;
        var owed = open.Where(p => p is { IsAnswer: true, BrokenAt: null }).ToList();
        if (owed.Exists(p => p.Due <= due.At)) return;
        foreach (var promise in owed.Where(p => p.MadeBy == PromiseMaker.Level))
        {
            open.Remove(promise);
            rows.Add(promise with { State = PromiseState.Replaced, EndedAt = now, Why = "why the customer came is more urgent now" });
        }

        if (open.Count >= Promise.MostOpen) return;
        var sooner = new Promise
        {
            Id = IdOf(after, "level", $"{CaseKeys.Contact(contact)}|{after.Need}"),
            Kind = KindOf(after.Owes),
            MadeBy = PromiseMaker.Level,
            By = due.Level.Rule,
            Contact = CaseKeys.Contact(contact),
            MadeAt = contact.OccurredAt,
            Due = due.At,
            Calendar = due.Level.Calendar.Name,
        };
        open.Add(sooner);
        rows.Add(sooner);
    }

    // The customer names a time while an answer is owed: it takes the place of what the level promised.
    private void Rename(Case head, Contact contact, List<Promise> open, List<Promise> rows, DateTimeOffset now)
    {
        var id = IdOf(head, "customer", CaseKeys.Contact(contact));
        if (open.Exists(p => p.Id == id) || levels.NamedIn(contact) is not { } named) return;
        var owed = open.Where(p => p is { IsAnswer: true, BrokenAt: null, MadeBy: PromiseMaker.Level or PromiseMaker.Customer }).ToList();
        if (owed.Count == 0) return;
        var works = levels.Calendars.Of(owed[0].Calendar).IsOpenUntil(named.At);
        // What is owed earlier than a last time, or than one at which nobody works, stays as it is.
        if ((named.IsDeadline || !works) && owed.TrueForAll(p => p.Due <= named.At)) return;
        foreach (var promise in owed)
        {
            open.Remove(promise);
            rows.Add(promise with { State = PromiseState.Replaced, EndedAt = now, Why = "the customer named a time" });
        }

        var renamed = owed[0] with
        {
            Id = id,
            Kind = named.IsCall && works ? PromiseKind.CallBack : owed[0].Kind,
            MadeBy = PromiseMaker.Customer,
            By = "the customer named the time",
            Contact = CaseKeys.Contact(contact),
            MadeAt = contact.OccurredAt,
            Due = named.At,
            SoonAt = null,
        };
        open.Add(renamed);
        rows.Add(renamed);
    }

    // Due time, escalation and the next look follow from what is open.
    private Case Clocked(Case? before, Case head, DateTimeOffset now)
    {
        var answers = head.Promises.Where(p => p.IsAnswer).ToList();
        var opened = head.State == CaseState.Open && before?.State != CaseState.Open;
        var calendar = levels.Calendars.Counting(answers.Count > 0 ? answers[0].Calendar : null, now);
        var accept = head.State == CaseState.Closed || head.AcceptedBy is not null
            || (before?.WaitingSince is not null && head.WaitingSince is null) ? null
            : opened && head.WaitingSince is not null && options.AcceptHours > 0 ? calendar.Add(now, options.AcceptHours * 60)
            : head.AcceptBy;
        var next = head with
        {
            DueAt = answers.Count == 0 ? null : answers.Min(p => p.Due),
            Overdue = answers.Exists(p => p.BrokenAt is not null) ? Math.Max(head.Overdue, before?.Overdue ?? 0) : 0,
            AcceptBy = accept,
        };
        return next with { LookAt = PromiseClock.NextLook(next, levels.Calendars, options) };
    }

    private static PromiseKind KindOf(string owes) => owes switch
    {
        OwesKinds.Call or OwesKinds.CallBack => PromiseKind.CallBack,
        "public-answer" => PromiseKind.PublicAnswer,
        _ => PromiseKind.Answer,
    };
}
