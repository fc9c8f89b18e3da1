using System.Text.Json;
using Serverless.Cases.Rules;
using Serverless.Contacts;
using Serverless.ServiceLevels;

namespace Serverless.Tests.Harness;

/// <summary>What the rules make of one contact's events in the order in which they are worked, without a store.</summary>
/// <param name="Contact">The contact.</param>
/// <param name="Head">Its case; null when none was opened.</param>
public sealed record Folded(Contact Contact, Case? Head)
{
    /// <summary>The levels that come with the app.</summary>
    public static Levels Levels { get; } = new(new ServiceLevelsOptions(), new Calendars(new CalendarsOptions()));

    /// <summary>Works events of one contact; one that comes again changes nothing.</summary>
    public static Folded Of(IEnumerable<ContactEvent> worked)
    {
        Case? head = null;
        List<ContactEvent> known = [];
        foreach (var e in worked)
        {
            if (known.Exists(k => k.EventId == e.EventId)) continue;
            var decision = CaseRules.Decide(head, e, pinned: true, e.Contact.ReceivedAt, Levels, new CasesOptions(), known);
            known.Add(e);
            head = decision switch
            {
                Decision.Open open => new Case
                {
                    Id = "1",
                    Number = "1",
                    Owes = open.Reading.Owes,
                    OwesRule = open.Reading.OwesRule,
                    Networks = [e.Contact.Network],
                    OpenedAt = default,
                    WaitingSince = open.WaitingSince,
                    WaitingFor = open.WaitingSince is null ? null : CaseKeys.Contact(e.Contact),
                    DueAt = open.DueAt,
                    AnsweredAt = open.AnsweredAt,
                } is var opened ? Concern.WithFacts(Concern.Reads(opened, open.Reading, CaseKeys.Contact(e.Contact)), open.Reading)
                    : null,
                Decision.Change change => change.Head,
                _ => head,
            };
        }

        return new Folded(ContactFold.Fold(known), head);
    }

    /// <summary>What must not depend on the order: the contact, what the customer needs, since when and until when they wait.</summary>
    public string Outcome => $"{JsonSerializer.Serialize(Contact, ContactJson.Default.Contact)}\n{Owed}";

    /// <summary>What is owed; a case of which nothing is owed is as good as none.</summary>
    public string Owed => Head is { WaitingSince: not null } ? $"{Head.Need}, {Head.Owes} since {Head.WaitingSince:O} until {Head.DueAt:O}"
        : "nothing";
}
