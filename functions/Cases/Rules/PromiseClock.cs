using Serverless.ServiceLevels;

namespace Serverless.Cases.Rules;

/// <summary>What the clock of a case has to say now. Pure.</summary>
/// <param name="Head">The head with what was said in it.</param>
/// <param name="Rows">Promises that changed.</param>
/// <param name="Tells">Event types in their order, each with the promise that it is about; null for the case.</param>
public sealed record Ringing(Case Head, IReadOnlyList<Promise> Rows, IReadOnlyList<(string Type, Promise? Promise)> Tells);

/// <summary>
/// The clock of a case: a promise that is due soon, one that broke, an overdue case step by step while nobody answers, a case that nobody
/// accepted. All waits are
/// working time of the promise's calendar. Pure.
/// </summary>
public static class PromiseClock
{
    /// <summary>It is said that a promise is due soon after this part of its time has passed,</summary>
    public const double SoonAfter = 0.75;

    /// <summary>and at least so many working minutes before; a promise of no more than these is not announced.</summary>
    public const int SoonMinutes = 15;

    /// <summary>What is to be said now; null for nothing.</summary>
    public static Ringing? Ring(Case head, Calendars calendars, CasesOptions options, DateTimeOffset now)
    {
        if (head.State == CaseState.Closed) return null;
        List<(string, Promise?)> tells = [];
        List<Promise> open = [.. head.Promises], rows = [];
        for (var i = 0; i < open.Count; i++)
        {
            var promise = open[i];
            if (promise.BrokenAt is not null) continue;
            if (now >= promise.Due)
            {
                open[i] = promise with { State = PromiseState.Broken, BrokenAt = now };
                tells.Add((CaseEventTypes.PromiseBroken, open[i]));
            }
            else if (promise.SoonAt is null && SoonAt(promise, calendars) is { } soon && now >= soon)
            {
                open[i] = promise with { SoonAt = now };
                tells.Add((CaseEventTypes.PromiseDueSoon, open[i]));
            }
            else
            {
                continue;
            }

            rows.Add(open[i]);
        }

        var next = head with { Promises = open };
        if (Escalation(head, calendars, options) is { } step && now >= step)
        {
            next = next with { Overdue = head.Overdue + 1 };
            tells.Insert(0, (CaseEventTypes.Overdue, null));
        }

        if (head.AcceptBy is { } accept && now >= accept)
        {
            next = next with { AcceptBy = null };
            tells.Add((CaseEventTypes.Unaccepted, null));
        }

        return tells.Count == 0 ? null : new Ringing(next with { LookAt = NextLook(next, calendars, options) }, rows, tells);
    }

    /// <summary>When the clock of a case has something to say next; null for never by itself.</summary>
    public static DateTimeOffset? NextLook(Case head, Calendars calendars, CasesOptions options)
    {
        if (head.State == CaseState.Closed) return null;
        var promises = head.Promises.Where(p => p.BrokenAt is null).Select(p => p.SoonAt is null ? SoonAt(p, calendars) ?? p.Due : p.Due);
        return promises.Cast<DateTimeOffset?>().Append(Escalation(head, calendars, options)).Append(head.AcceptBy).Min();
    }

    /// <summary>When it is said that a promise is due soon; null for one that is too short.</summary>
    public static DateTimeOffset? SoonAt(Promise promise, Calendars calendars)
    {
        var calendar = calendars.Counting(promise.Calendar, promise.MadeAt);
        var minutes = (int)calendar.Between(promise.MadeAt, promise.Due).TotalMinutes;
        var soon = Math.Min((int)(minutes * SoonAfter), minutes - SoonMinutes);
        return soon <= 0 ? null : calendar.Add(promise.MadeAt, soon);
    }

    // The steps count from the earliest answer that is owed; after the last one nothing more is said.
    private static DateTimeOffset? Escalation(Case head, Calendars calendars, CasesOptions options)
    {
        if (head.DueAt is not { } at) return null;
        var owed = head.Promises.FirstOrDefault(p => p.IsAnswer && p.Due == at);
        var calendar = calendars.Counting(owed?.Calendar, at);
        for (var step = 1; step <= head.Overdue; step++)
        {
            if (options.WaitAfter(step) is not { } wait) return null;
            at = calendar.Add(at, wait);
        }

        return at;
    }
}
