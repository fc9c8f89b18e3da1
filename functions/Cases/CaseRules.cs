using Serverless.Channels;

namespace Serverless.Cases;

/// <summary>What one event of a contact means for a case. Pure: looks at nothing but its arguments.</summary>
public abstract record Decision
{
    private Decision() { }

    /// <summary>A case begins with it.</summary>
    public sealed record Open(string Need, string NeedRule, DateTimeOffset? WaitingSince, DateTimeOffset? DueAt) : Decision;

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

    /// <summary>Every need there is.</summary>
    public static readonly IReadOnlyList<string> Needs = ["answer", "public-answer", "call", "call-back", "repair", Look];

    /// <summary>What the event means.</summary>
    /// <param name="head">The case's head; null when there is none yet.</param>
    /// <param name="e">What happened.</param>
    /// <param name="pinned">True when the contact is known to belong to this case: then the case never moves on.</param>
    /// <param name="now">Now.</param>
    /// <param name="levels">Service levels.</param>
    /// <param name="options">Rules' settings.</param>
    public static Decision Decide(Case? head, ContactEvent e, bool pinned, DateTimeOffset now, ServiceLevelsOptions levels, CasesOptions options)
    {
        var fromCustomer = e.Contact.Direction == Direction.Inbound && e.Change != ContactChange.Removed && !IsMachineAnswer(e.Contact);
        if (head is null) return fromCustomer ? Begin(e.Contact, levels) : new Decision.Hold();
        if (head.State == CaseState.Closed) return AfterEnd(head, e, fromCustomer && e.Change == ContactChange.Received, pinned, now, levels, options);
        // A receipt says that a person will answer: until then the customer waits.
        if (e.Contact.Direction == Direction.Outbound) return IsMachineAnswer(e.Contact) ? new Decision.Append(CaseEvent.ContactSent) : Answered(head, e, CaseEvent.ContactSent);
        return e.Change switch
        {
            ContactChange.Received when fromCustomer => Further(head, e.Contact, levels),
            ContactChange.Received => new Decision.Append(CaseEvent.ContactReceived),
            ContactChange.Progressed => Progressed(head, e, levels),
            _ => new Decision.Append(CaseEvent.ContactChanged),
        };
    }

    // An absence note or a bounce is kept in its case and triggers nothing: it opens none, wakes none, starts no clock (P9).
    private static bool IsMachineAnswer(Contact contact) => contact.Extras?.GetValueOrDefault(Reply.AutomaticName) is "auto-reply" or "bounce" or Reply.Receipt;

    // Whoever sends a newsletter waits for no answer; it can be answered all the same.
    private static bool OwesNothing(Contact contact) => contact.Extras?.GetValueOrDefault(Reply.AutomaticName) == "list";

    private static Decision.Open Begin(Contact contact, ServiceLevelsOptions levels)
    {
        var (need, rule) = NeedOf(contact);
        if (OwesNothing(contact)) return new Decision.Open(need, "a newsletter: nobody waits for an answer", null, null);
        return new Decision.Open(need, rule, contact.OccurredAt, ServiceLevels.DueAt(contact, levels));
    }

    private static Decision AfterEnd(Case head, ContactEvent e, bool isNewContact, bool pinned, DateTimeOffset now, ServiceLevelsOptions levels, CasesOptions options)
    {
        if (!isNewContact) return new Decision.Append(e.Contact.Direction == Direction.Outbound ? CaseEvent.ContactSent : CaseEvent.ContactChanged);
        if (!pinned && now >= head.ClosedAt?.AddDays(options.ReopenDays)) return new Decision.MoveOn();
        return new Decision.Change(
            Waiting(head, e.Contact, levels) with { State = CaseState.Open, ClosedAt = null, Cause = null, AcceptedBy = null, AcceptedAt = null, Reopened = head.Reopened + 1, Version = head.Version + 1 },
            CaseEvent.Reopened);
    }

    // A further contact starts the clock only when nobody was waiting: writing again never makes the promise later.
    private static Decision Further(Case head, Contact contact, ServiceLevelsOptions levels)
    {
        var newNetwork = !head.Networks.Contains(contact.Network, StringComparer.Ordinal);
        var waits = head.WaitingSince is not null || contact.OccurredAt <= head.AnsweredAt;
        if (waits && !newNetwork) return new Decision.Append(CaseEvent.ContactReceived);
        var next = waits ? head : Waiting(head, contact, levels);
        return new Decision.Change(
            next with { Networks = newNetwork ? [.. head.Networks, contact.Network] : head.Networks, Version = head.Version + 1 }, CaseEvent.ContactReceived);
    }

    // An answer that is older than the customer's last waiting answers nothing.
    private static Decision Answered(Case head, ContactEvent e, string tells) =>
        head.WaitingSince is { } since && e.Contact.OccurredAt >= since
            ? new Decision.Change(head with { WaitingSince = null, DueAt = null, Overdue = 0, AnsweredAt = e.Contact.OccurredAt, Version = head.Version + 1 }, tells)
            : new Decision.Append(tells);

    private static Decision Progressed(Case head, ContactEvent e, ServiceLevelsOptions levels)
    {
        switch (e.Contact.Call?.Outcome)
        {
            case CallOutcome.Answered:
                return Answered(head, e, CaseEvent.ContactChanged);
            case CallOutcome.Missed or CallOutcome.Voicemail when head.Need == "call" && !(e.Contact.OccurredAt <= head.AnsweredAt):
                var next = head.WaitingSince is null ? Waiting(head, e.Contact, levels) : head;
                return new Decision.Change(next with { Need = "call-back", NeedRule = "a call that nobody answered", Version = head.Version + 1 }, CaseEvent.ContactChanged);
            default:
                return new Decision.Append(CaseEvent.ContactChanged);
        }
    }

    private static Case Waiting(Case head, Contact contact, ServiceLevelsOptions levels)
    {
        var (need, rule) = NeedOf(contact);
        return head with { Need = need, NeedRule = rule, WaitingSince = contact.OccurredAt, DueAt = ServiceLevels.DueAt(contact, levels), Overdue = 0 };
    }

    internal static (string Need, string Rule) NeedOf(Contact contact) => contact.Kind switch
    {
        ContactKind.Placeholder => (Look, "something we cannot read yet"),
        ContactKind.MissedCall or ContactKind.Voicemail => ("call-back", "a call that nobody answered"),
        ContactKind.Call => ("call", "a call"),
        ContactKind.DeviceEvent => ("repair", "a product reported its own fault"),
        _ when contact.Place == Place.Public => ("public-answer", "written in public"),
        _ => ("answer", "written in private"),
    };
}
