using Serverless.Channels;
using Serverless.ServiceLevels;

namespace Serverless.Cases;

/// <summary>What one event of a contact means for a case. Pure: looks at nothing but its arguments.</summary>
public abstract record Decision
{
    private Decision() { }

    /// <summary>A case begins with it.</summary>
    public sealed record Open(string Need, string NeedRule, DateTimeOffset? WaitingSince, DateTimeOffset? DueAt) : Decision
    {
        /// <summary>When somebody spoke with the customer already; null when nobody did.</summary>
        public DateTimeOffset? AnsweredAt { get; init; }
    }

    /// <summary>The head changes with it.</summary>
    /// <param name="Head">The head as it shall be, version counted up.</param>
    /// <param name="Tells">The event type to tell.</param>
    public sealed record Change(Case Head, string Tells) : Decision;

    /// <summary>It is added without a look at the head, so that any number of writers never stand in each other's way.</summary>
    public sealed record Append(string Tells) : Decision;

    /// <summary>It opens nothing (an answer of our own people, a removal): it waits in the case's partition until the customer's contact comes.</summary>
    public sealed record Hold : Decision;

    /// <summary>The case was closed too long ago: the conversation gets a new one.</summary>
    public sealed record MoveOn : Decision;
}

/// <summary>Decides.</summary>
public static class CaseRules
{
    /// <summary>The need of a case that nobody could read yet.</summary>
    internal const string Look = "look";

    private const string CallBack = "call-back";

    /// <summary>Every need there is.</summary>
    public static readonly IReadOnlyList<string> Needs = ["answer", "public-answer", "call", CallBack, "repair", Look];

    /// <summary>What the event means. The contact is judged as all its events leave it, never by one of them: the end of a call does not say whether somebody answered it.</summary>
    /// <param name="head">The case's head; null when there is none yet.</param>
    /// <param name="e">What happened.</param>
    /// <param name="pinned">True when the contact is known to belong to this case: then the case never moves on.</param>
    /// <param name="now">Now.</param>
    /// <param name="levels">Service levels.</param>
    /// <param name="options">Rules' settings.</param>
    /// <param name="before">What is known of the contact already, in any order; null or empty for a new one.</param>
    public static Decision Decide(
        Case? head, ContactEvent e, bool pinned, DateTimeOffset now, Levels levels, CasesOptions options,
        IReadOnlyList<ContactEvent>? before = null)
    {
        var contact = before is { Count: > 0 } ? ContactFold.Fold(before.Append(e)) : e.Contact;
        var fromCustomer = contact.Direction == Direction.Inbound && e.Change != ContactChange.Removed && !StartsNothing(contact) && !Settles(e.Contact)
            && (head is null || !OwesNothing(contact));
        if (head is null) return fromCustomer ? Begin(contact, before, levels) : new Decision.Hold();
        if (head.State == CaseState.Closed) return AfterEnd(head, contact, fromCustomer && e.Change == ContactChange.Received, pinned, now, levels, options);
        if (contact.Direction == Direction.Outbound) return Sent(head, e, contact);
        // The acceptance carries the time it was told; the contact keeps that of the post.
        if (Settles(e.Contact)) return Answered(head, e.Contact.OccurredAt, CaseEvent.ContactChanged);
        // Whom the company refuses is owed nothing, also when the ring was told first. It always changes the head: whoever starts a clock for that ring at the same moment must see it.
        if (contact.Call?.Refused == true) return new Decision.Change((WaitsFor(head, contact) ? NobodyWaits(head) : head) with { Version = head.Version + 1 }, CaseEvent.ContactChanged);
        if (contact.Call is not null && fromCustomer) return Called(head, e, contact, before, levels);
        return e.Change switch
        {
            ContactChange.Received when fromCustomer => Further(head, contact, levels),
            ContactChange.Received => new Decision.Append(CaseEvent.ContactReceived),
            _ when fromCustomer && WaitsFor(head, contact) => Corrected(head, contact, levels, CaseEvent.ContactChanged),
            _ => new Decision.Append(CaseEvent.ContactChanged),
        };
    }

    /// <summary>Whether an outbound contact reached the customer: a call that nobody took did not.</summary>
    internal static bool Reached(Contact contact) => !IsMachineAnswer(contact) && contact.Call is null or { Outcome: CallOutcome.Answered };

    /// <summary>Whether it ends what is owed although nobody of ours wrote it, such as a solution that the customer accepted.</summary>
    internal static bool Settles(Contact contact) => contact.Extras?.ContainsKey(Contact.SettlesName) == true;

    /// <summary>When a call was answered; null while it was not.</summary>
    internal static DateTimeOffset? AnsweredAt(Contact contact) => contact.Call is { Outcome: CallOutcome.Answered } call ? call.AnsweredAt ?? contact.OccurredAt : null;

    // It is kept in its case and triggers nothing: it opens none, wakes none, starts no clock (P9).
    private static bool StartsNothing(Contact contact) =>
        IsMachineAnswer(contact) || contact.Kind is ContactKind.Reaction or ContactKind.Preference || contact.Call?.Refused == true;

    // An absence note or a bounce; a receipt of ours says that a person will answer, and until then the customer waits.
    private static bool IsMachineAnswer(Contact contact) => contact.Extras?.GetValueOrDefault(Reply.AutomaticName) is "auto-reply" or "bounce" or Reply.Receipt;

    // Whoever sends a newsletter waits for no answer; it can be answered all the same.
    private static bool OwesNothing(Contact contact) => contact.Extras?.GetValueOrDefault(Reply.AutomaticName) == "list";

    private static Decision.Open Begin(Contact contact, IReadOnlyList<ContactEvent>? before, Levels levels)
    {
        var (need, rule) = NeedOf(contact);
        if (OwesNothing(contact)) return new Decision.Open(need, "a newsletter: nobody waits for an answer", null, null);
        var settled = before?.Where(b => Settles(b.Contact)).Max(b => (DateTimeOffset?)b.Contact.OccurredAt);
        return (AnsweredAt(contact) ?? settled) is { } answered
            ? new Decision.Open(need, rule, null, null) { AnsweredAt = answered }
            : new Decision.Open(need, rule, contact.OccurredAt, levels.DueAt(contact));
    }

    private static Decision AfterEnd(Case head, Contact contact, bool isNewContact, bool pinned, DateTimeOffset now, Levels levels,
        CasesOptions options)
    {
        if (!isNewContact) return new Decision.Append(contact.Direction == Direction.Outbound ? CaseEvent.ContactSent : CaseEvent.ContactChanged);
        if (!pinned && now >= head.ClosedAt?.AddDays(options.ReopenDays)) return new Decision.MoveOn();
        var next = AnsweredAt(contact) is { } answered ? head with { AnsweredAt = Later(head.AnsweredAt, answered) } : Settles(contact) ? head : Waiting(head, contact, levels);
        return new Decision.Change(
            next with { State = CaseState.Open, ClosedAt = null, Cause = null, AcceptedBy = null, AcceptedAt = null, Reopened = head.Reopened + 1, Version = head.Version + 1 },
            CaseEvent.Reopened);
    }

    // A leg that was told first may have looked like a call of the customer's.
    private static Decision Sent(Case head, ContactEvent e, Contact contact)
    {
        if (Reached(contact)) return Answered(head, AnsweredAt(contact) is { } answered && answered > e.Contact.OccurredAt ? answered : e.Contact.OccurredAt, CaseEvent.ContactSent);
        return WaitsFor(head, contact) ? new Decision.Change(NobodyWaits(head) with { Version = head.Version + 1 }, CaseEvent.ContactSent) : new Decision.Append(CaseEvent.ContactSent);
    }

    // A further contact starts the clock only when nobody was waiting: writing again never makes the promise later.
    private static Decision Further(Case head, Contact contact, Levels levels)
    {
        // Something that happened to it was told first, and the clock runs from that.
        if (WaitsFor(head, contact)) return Corrected(head, contact, levels, CaseEvent.ContactReceived);
        var newNetwork = !head.Networks.Contains(contact.Network, StringComparer.Ordinal);
        var waits = head.WaitingSince is not null || contact.OccurredAt <= head.AnsweredAt || Settles(contact);
        if (waits && !newNetwork) return new Decision.Append(CaseEvent.ContactReceived);
        var next = waits ? head : Waiting(head, contact, levels);
        return new Decision.Change(With(next, contact.Network) with { Version = head.Version + 1 }, CaseEvent.ContactReceived);
    }

    // An answer that is older than the customer's last waiting answers nothing.
    private static Decision Answered(Case head, DateTimeOffset at, string tells) =>
        head.WaitingSince is { } since && at >= since
            ? new Decision.Change(NobodyWaits(head) with { AnsweredAt = Later(head.AnsweredAt, at), Version = head.Version + 1 }, tells)
            : new Decision.Append(tells);

    private static Decision Called(Case head, ContactEvent e, Contact call, IReadOnlyList<ContactEvent>? before, Levels levels)
    {
        var tells = e.Change == ContactChange.Received ? CaseEvent.ContactReceived : CaseEvent.ContactChanged;
        var next = With(head, call.Network);
        if (AnsweredAt(call) is { } first)
        {
            // Whoever speaks with the customer answers what they wrote until then, too.
            var at = e.Contact.Call?.Outcome == CallOutcome.Answered ? Later(first, e.Contact.OccurredAt) : first;
            var wasAnswered = before is { Count: > 0 } && AnsweredAt(ContactFold.Fold(before)) is not null;
            if (WaitsFor(head, call)) (next, wasAnswered) = (Needing(NobodyWaits(next), call), false);
            else if (head.WaitingSince <= at) (next, wasAnswered) = (NobodyWaits(next), false);
            // The first to say so always changes the head: whoever starts a clock at the same moment must see it.
            if (wasAnswered && next.Networks.Count == head.Networks.Count) return new Decision.Append(tells);
            return new Decision.Change(next with { AnsweredAt = Later(head.AnsweredAt, at), Version = head.Version + 1 }, tells);
        }

        if (WaitsFor(head, call)) return Corrected(head, call, levels, tells);
        if (head.WaitingSince is null && !(call.OccurredAt <= head.AnsweredAt)) next = Waiting(next, call, levels);
        // One call rings and another one was missed: somebody is to be called back in any case.
        else if (head is { WaitingSince: not null, Need: "call" } && NeedOf(call).Need == CallBack) next = Needing(next, call);
        return next == head ? new Decision.Append(tells) : new Decision.Change(next with { Version = head.Version + 1 }, tells);
    }

    // The contact for which somebody waits is known better now.
    private static Decision Corrected(Case head, Contact contact, Levels levels, string tells)
    {
        var next = With(Waiting(head, contact, levels), contact.Network) with { Overdue = head.Overdue };
        return next == head ? new Decision.Append(tells) : new Decision.Change(next with { Version = head.Version + 1 }, tells);
    }

    private static bool WaitsFor(Case head, Contact contact) => head.WaitingSince is not null && head.WaitingFor == CaseKeys.Contact(contact);

    private static Case NobodyWaits(Case head) => head with { WaitingSince = null, WaitingFor = null, DueAt = null, Overdue = 0 };

    private static Case With(Case head, string network) => head.Networks.Contains(network, StringComparer.Ordinal) ? head : head with { Networks = [.. head.Networks, network] };

    private static Case Needing(Case head, Contact contact)
    {
        var (need, rule) = NeedOf(contact);
        return head with { Need = need, NeedRule = rule };
    }

    private static Case Waiting(Case head, Contact contact, Levels levels) =>
        Needing(head, contact) with
        {
            WaitingSince = contact.OccurredAt,
            WaitingFor = CaseKeys.Contact(contact),
            DueAt = levels.DueAt(contact),
            Overdue = 0,
        };

    private static DateTimeOffset Later(DateTimeOffset? one, DateTimeOffset other) => one > other ? one.Value : other;

    internal static (string Need, string Rule) NeedOf(Contact contact) => contact switch
    {
        { Kind: ContactKind.Placeholder } => (Look, "something we cannot read yet"),
        { Call: { Outcome: CallOutcome.Missed or CallOutcome.Voicemail } or { Outcome: CallOutcome.Ringing, Ended: true } } => (CallBack, "a call that nobody answered"),
        { Call: not null } => ("call", "a call"),
        { Kind: ContactKind.MissedCall or ContactKind.Voicemail } => (CallBack, "a call that nobody answered"),
        { Kind: ContactKind.Call } => ("call", "a call"),
        { Kind: ContactKind.DeviceEvent } => ("repair", "a product reported its own fault"),
        { Place: Place.Public } => ("public-answer", "written in public"),
        _ => ("answer", "written in private"),
    };
}
