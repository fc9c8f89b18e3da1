using Serverless.Contacts;
using Serverless.Needs;
using Serverless.ServiceLevels;

namespace Serverless.Cases.Rules;

/// <summary>Decides the effect of a contact's event on its case. Pure: depends on its arguments only.</summary>
public abstract record Decision
{
    private Decision() { }

    /// <summary>A case begins with it.</summary>
    /// <param name="Reading">What the rules read in the contact.</param>
    /// <param name="WaitingSince">Since when the customer waits; null when nobody does.</param>
    /// <param name="DueAt">By when an answer is due; null when nobody waits.</param>
    public sealed record Open(TextReading Reading, DateTimeOffset? WaitingSince, DateTimeOffset? DueAt) : Decision
    {
        /// <summary>When a colleague has spoken with the customer; null when none has.</summary>
        public DateTimeOffset? AnsweredAt { get; init; }
    }

    /// <summary>The head changes with it.</summary>
    /// <param name="Head">The head as it shall be, version counted up.</param>
    /// <param name="Tells">Type of the event to publish.</param>
    public sealed record Change(Case Head, string Tells) : Decision;

    /// <summary>Added without reading the head, so that any number of writers do not conflict.</summary>
    public sealed record Append(string Tells) : Decision;

    /// <summary>It opens nothing (an answer of our own people, a removal): it waits in the case's partition until the customer's contact
    /// comes.</summary>
    public sealed record Hold : Decision;

    /// <summary>The case was closed too long ago: the conversation gets a new one.</summary>
    public sealed record MoveOn : Decision;
}

/// <summary>Decides.</summary>
public static class CaseRules
{
    // For so long thanks belong to the answer before them.
    private static readonly TimeSpan ClosingLasts = TimeSpan.FromDays(14);

    /// <summary>
    /// The effect of an event. The contact is judged by all its events together, never by one alone: the end of a call does not state
    /// whether it was answered.
    /// </summary>
    /// <param name="head">The case's head; null when there is none yet.</param>
    /// <param name="e">The event.</param>
    /// <param name="pinned">True when the contact is known to belong to this case: then the case never moves on.</param>
    /// <param name="now">Now.</param>
    /// <param name="levels">Service levels.</param>
    /// <param name="options">Rules' settings.</param>
    /// <param name="before">Known events of the contact, in any order; null or empty for a new one.</param>
    /// <param name="rules">The rules by which its text is read; null for ours alone.</param>
    public static Decision Decide(
        Case? head, ContactEvent e, bool pinned, DateTimeOffset now, Levels levels, CasesOptions options,
        IReadOnlyList<ContactEvent>? before = null, RuleSet? rules = null)
    {
        var contact = before is { Count: > 0 } ? ContactFold.Fold(before.Append(e)) : e.Contact;
        var concern = new Concern(contact, e, before, rules ?? RuleSet.BuiltIn);
        var fromCustomer = contact.Direction == Direction.Inbound && e.Change != ContactChange.Removed && !StartsNothing(contact)
            && !Settles(e.Contact)
            && (head is null || !OwesNothing(contact));
        if (head is null) return fromCustomer ? Begin(concern, before, levels) : new Decision.Hold();
        // "Danke!" after our answer: it opens no closed case and starts no clock.
        if (fromCustomer && e.Change == ContactChange.Received && FollowsAnswer(head, contact) && concern.Reading.Closing)
            return new Decision.Append(CaseEventTypes.ContactReceived);
        if (head.State == CaseState.Closed)
            return AfterEnd(head, concern, fromCustomer && e.Change == ContactChange.Received, pinned, now, levels, options);
        if (contact.Direction == Direction.Outbound) return Sent(head, e, contact);
        // The accepting event carries its own time; the contact keeps that of the post.
        if (Settles(e.Contact)) return Answered(head, e.Contact.OccurredAt, CaseEventTypes.ContactChanged);
        // A blocked customer is owed nothing, even when ringing was reported first. Always changes the head, so that a clock started
        // concurrently for that ring is detected.
        if (contact.Call?.Refused == true)
            return new Decision.Change((WaitsFor(head, contact) ? NobodyWaits(head) : head) with { Version = head.Version + 1 },
                CaseEventTypes.ContactChanged);
        if (contact.Call is not null && fromCustomer) return Called(head, e, concern, before, levels);
        return e.Change switch
        {
            ContactChange.Received when fromCustomer => Further(head, concern, levels),
            ContactChange.Received => new Decision.Append(CaseEventTypes.ContactReceived),
            _ when fromCustomer && WaitsFor(head, contact) => Corrected(head, concern, levels, CaseEventTypes.ContactChanged),
            _ when fromCustomer && (Decides(head, contact) || IsBetter(concern.Reading, head)) =>
                Read(head, concern, levels, CaseEventTypes.ContactChanged),
            _ => new Decision.Append(CaseEventTypes.ContactChanged),
        };
    }

    /// <summary>Whether an outbound contact reached the customer: a call that nobody took did not.</summary>
    internal static bool Reached(Contact contact) => !IsMachineAnswer(contact) && contact.Call is null or { Outcome: CallOutcome.Answered };

    /// <summary>Whether it ends the wait without a reply from a colleague, such as a solution accepted by the customer.</summary>
    internal static bool Settles(Contact contact) => contact.Extras?.ContainsKey(Contact.SettlesName) == true;

    /// <summary>Whether a customer wrote it where others can read it.</summary>
    internal static bool Exposes(ContactEvent e) =>
        e is { Change: ContactChange.Received or ContactChange.Edited,
            Contact: { Place: Place.Public, Direction: Direction.Inbound, Text: not null } };

    /// <summary>When a call was answered; null while it was not.</summary>
    internal static DateTimeOffset? AnsweredAt(Contact contact) =>
        contact.Call is { Outcome: CallOutcome.Answered } call ? call.AnsweredAt ?? contact.OccurredAt : null;

    // Stored in its case without effect: it opens no case, reopens none and starts no clock (P9).
    private static bool StartsNothing(Contact contact) =>
        IsMachineAnswer(contact) || contact.Kind is ContactKind.Reaction or ContactKind.Preference || contact.Call?.Refused == true;

    // An absence note or a bounce; a receipt of ours says that a person will answer, and until then the customer waits.
    private static bool IsMachineAnswer(Contact contact) =>
        contact.Extras?.GetValueOrDefault(ExtraNames.Automatic) is "auto-reply" or "bounce" or ExtraNames.Acknowledgement;

    // A newsletter needs no answer, but can be answered.
    private static bool OwesNothing(Contact contact) => contact.Extras?.GetValueOrDefault(ExtraNames.Automatic) == "list";

    // Praise and ideas are passed on: nobody waits for an answer, unless a setting promises one.
    private static bool ExpectsNothing(Concern concern, Levels levels) => concern.Contact.Call is null
        && NeedKinds.IsPassedOn(concern.Reading.Need) && levels.DueOf(concern.Contact, concern.Reading.Need) is null;

    private static Decision.Open Begin(Concern concern, IReadOnlyList<ContactEvent>? before, Levels levels)
    {
        var (contact, reading) = (concern.Contact, concern.Reading);
        if (OwesNothing(contact))
            return new Decision.Open(reading with { Owes = OwesKinds.None, OwesRule = "a newsletter: nobody waits for an answer" }, null,
                null);
        var settled = before?.Where(b => Settles(b.Contact)).Max(b => (DateTimeOffset?)b.Contact.OccurredAt);
        return (AnsweredAt(contact) ?? settled) is { } answered
            ? new Decision.Open(reading, null, null) { AnsweredAt = answered }
            : ExpectsNothing(concern, levels) ? new Decision.Open(reading, null, null)
            : new Decision.Open(reading, contact.OccurredAt, levels.DueAt(contact, reading.Need));
    }

    private static Decision AfterEnd(Case head, Concern concern, bool isNewContact, bool pinned, DateTimeOffset now,
        Levels levels, CasesOptions options)
    {
        var contact = concern.Contact;
        if (!isNewContact)
            return new Decision.Append(contact.Direction == Direction.Outbound
                ? CaseEventTypes.ContactSent : CaseEventTypes.ContactChanged);
        if (!pinned && now >= head.ClosedAt?.AddDays(options.ReopenDays)) return new Decision.MoveOn();
        var next = AnsweredAt(contact) is { } answered ? head with { AnsweredAt = Later(head.AnsweredAt, answered) }
            : Settles(contact) ? head : Waiting(head, concern, levels);
        // What they came for was closed: it is a new concern, unless they do not say which.
        if (!Settles(contact) && concern.Reading.Need != NeedKinds.CanWait) next = Of(next, concern);
        return new Decision.Change(
            next with { State = CaseState.Open, ClosedAt = null, Cause = null, AcceptedBy = null, AcceptedAt = null,
                Reopened = head.Reopened + 1, Version = head.Version + 1 },
            CaseEventTypes.Reopened);
    }

    // A leg reported first may have looked like a call from the customer.
    private static Decision Sent(Case head, ContactEvent e, Contact contact)
    {
        if (Reached(contact))
            return Answered(head, AnsweredAt(contact) is { } answered && answered > e.Contact.OccurredAt
                ? answered : e.Contact.OccurredAt, CaseEventTypes.ContactSent);
        return WaitsFor(head, contact)
            ? new Decision.Change(NobodyWaits(head) with { Version = head.Version + 1 }, CaseEventTypes.ContactSent)
            : new Decision.Append(CaseEventTypes.ContactSent);
    }

    // A further contact starts the clock only when nobody was waiting: writing again never makes the promise later.
    private static Decision Further(Case head, Concern concern, Levels levels)
    {
        var contact = concern.Contact;
        // A later event was reported first, and the clock runs from that.
        if (WaitsFor(head, contact)) return Corrected(head, concern, levels, CaseEventTypes.ContactReceived);
        var newNetwork = !head.Networks.Contains(contact.Network, StringComparer.Ordinal);
        var waits = head.WaitingSince is not null || contact.OccurredAt <= head.AnsweredAt || Settles(contact);
        var better = IsBetter(concern.Reading, head);
        var facts = Concern.WithFacts(head, concern.Reading);
        if (waits && !newNetwork && !better && facts == head) return new Decision.Append(CaseEventTypes.ContactReceived);
        var next = waits ? facts : Waiting(facts, concern, levels);
        if (better) next = Of(next, concern);
        return new Decision.Change(With(next, contact.Network) with { Version = head.Version + 1 }, CaseEventTypes.ContactReceived);
    }

    // An answer that is older than the customer's last waiting answers nothing.
    private static Decision Answered(Case head, DateTimeOffset at, string tells) =>
        head.WaitingSince is { } since && at >= since
            ? new Decision.Change(NobodyWaits(head) with { AnsweredAt = Later(head.AnsweredAt, at), Version = head.Version + 1 }, tells)
            : new Decision.Append(tells);

    private static Decision Called(Case head, ContactEvent e, Concern concern, IReadOnlyList<ContactEvent>? before,
        Levels levels)
    {
        var call = concern.Contact;
        var tells = e.Change == ContactChange.Received ? CaseEventTypes.ContactReceived : CaseEventTypes.ContactChanged;
        var next = With(head, call.Network);
        if (AnsweredAt(call) is { } first)
        {
            // A conversation also answers what the customer wrote before it ended.
            var at = e.Contact.Call?.Outcome == CallOutcome.Answered ? Later(first, e.Contact.OccurredAt) : first;
            var wasAnswered = before is { Count: > 0 } && AnsweredAt(ContactFold.Fold(before)) is not null;
            if (WaitsFor(head, call)) (next, wasAnswered) = (Needing(NobodyWaits(next), concern), false);
            else if (head.WaitingSince <= at) (next, wasAnswered) = (NobodyWaits(next), false);
            // The first such event always changes the head, so that a clock started concurrently is detected.
            if (wasAnswered && next.Networks.Count == head.Networks.Count) return new Decision.Append(tells);
            return new Decision.Change(next with { AnsweredAt = Later(head.AnsweredAt, at), Version = head.Version + 1 }, tells);
        }

        if (WaitsFor(head, call)) return Corrected(head, concern, levels, tells);
        if (head.WaitingSince is null && !(call.OccurredAt <= head.AnsweredAt)) next = Waiting(next, concern, levels);
        // One call is ringing and another was missed: a callback is needed in any case.
        else if (head is { WaitingSince: not null, Owes: OwesKinds.Call } && concern.Reading.Owes == OwesKinds.CallBack)
            next = Needing(next, concern);
        else if (IsBetter(concern.Reading, head)) next = Of(next, concern);
        return next == head ? new Decision.Append(tells) : new Decision.Change(next with { Version = head.Version + 1 }, tells);
    }

    // More is known now about the contact for which the customer waits.
    private static Decision Corrected(Case head, Concern concern, Levels levels, string tells)
    {
        var waiting = Waiting(Concern.WithFacts(head, concern.Reading), concern, levels);
        var next = With(waiting, concern.Contact.Network) with { Overdue = head.Overdue };
        return next == head ? new Decision.Append(tells) : new Decision.Change(next with { Version = head.Version + 1 }, tells);
    }

    private static bool WaitsFor(Case head, Contact contact) =>
        head.WaitingSince is not null && head.WaitingFor == CaseKeys.Contact(contact);

    private static Case NobodyWaits(Case head) => head with { WaitingSince = null, WaitingFor = null, DueAt = null, Overdue = 0 };

    private static Case With(Case head, string network) =>
        head.Networks.Contains(network, StringComparer.Ordinal) ? head : head with { Networks = [.. head.Networks, network] };

    // Nobody waits for it any more, but the case has its need from it: an edit may say something else.
    private static Decision Read(Case head, Concern concern, Levels levels, string tells)
    {
        var next = Of(Concern.WithFacts(head, concern.Reading), concern);
        // Praise that became a question is waited for from now on.
        var asks = head is { WaitingSince: null, Owes: OwesKinds.PassOn } && !(concern.Contact.OccurredAt <= head.AnsweredAt);
        if (asks) next = Waiting(next, concern, levels);
        else if (head.WaitingSince is null || !IsBetter(concern.Reading, head))
            next = next with { Owes = head.Owes, OwesRule = head.OwesRule };
        return next == head ? new Decision.Append(tells) : new Decision.Change(next with { Version = head.Version + 1 }, tells);
    }

    private static bool FollowsAnswer(Case head, Contact contact)
    {
        if (head.WaitingSince is not null || contact.Call is not null) return false;
        var last = head.ClosedAt is { } closed ? Later(head.AnsweredAt, closed) : head.AnsweredAt;
        // The end of a case is our own time, which may be a little behind the provider's.
        return last is { } at && contact.OccurredAt <= at + ClosingLasts && (head.State == CaseState.Closed || contact.OccurredAt >= at);
    }

    private static bool Decides(Case head, Contact contact) => head.NeedFrom == CaseKeys.Contact(contact);

    private static bool IsBetter(TextReading reading, Case head) => !Classification.IsOf(head)
        && NeedKinds.RankOf(reading.Need) < NeedKinds.RankOf(head.Need);

    // What is owed is that of the contact for which somebody waits; why they came changes only for a better reason.
    private static Case Needing(Case head, Concern concern) =>
        Decides(head, concern.Contact) || IsBetter(concern.Reading, head)
            ? Of(head, concern)
            : head with { Owes = concern.Reading.Owes, OwesRule = concern.Reading.OwesRule };

    // By when follows from why the case is there, which a lesser reason of a later contact does not change.
    private static Case Waiting(Case head, Concern concern, Levels levels)
    {
        var next = Needing(head, concern);
        if (ExpectsNothing(concern, levels)) return NobodyWaits(next);
        return next with
        {
            WaitingSince = concern.Contact.OccurredAt,
            WaitingFor = CaseKeys.Contact(concern.Contact),
            DueAt = levels.DueAt(concern.Contact, next.Need),
            Overdue = 0,
        };
    }

    private static Case Of(Case head, Concern concern) => Concern.Reads(head, concern.Reading, CaseKeys.Contact(concern.Contact));

    private static DateTimeOffset Later(DateTimeOffset? one, DateTimeOffset other) => one > other ? one.Value : other;
}
