using Serverless.Contacts;
using Serverless.Needs;

namespace Serverless.Cases.Rules;

/// <summary>A contact and what the rules read in it, read when somebody asks.</summary>
internal sealed class Concern(Contact contact, ContactEvent e, IReadOnlyList<ContactEvent>? before, RuleSet rules)
{
    private const string LanguageUnknown = "unknown";
    private const int MostFacts = 30;
    private TextReading? _reading;

    public Contact Contact => contact;

    public TextReading Reading => _reading ??= NeedReader.Read(Spoken(), rules);

    /// <summary>The head with what the rules read in a contact.</summary>
    /// <param name="head">The head.</param>
    /// <param name="reading">What they read.</param>
    /// <param name="contactId">In which contact.</param>
    public static Case Reads(Case head, TextReading reading, string contactId) => head with
    {
        Owes = reading.Owes,
        OwesRule = reading.OwesRule,
        Need = reading.Need,
        NeedRule = reading.NeedRule,
        NeedFrom = contactId,
        Urgency = reading.Urgency,
        UrgencyRule = reading.UrgencyRule,
        Topic = reading.Topic ?? head.Topic,
        Language = reading.Language == LanguageUnknown ? head.Language : reading.Language,
        PlaceFits = reading.PlaceFits,
        Confidential = head.Confidential || reading.Confidential,
    };

    /// <summary>
    /// The head with facts it did not hold yet (at most 30) and with what others can read and should not; the same head when there is
    /// nothing new.
    /// </summary>
    public static Case WithFacts(Case head, TextReading reading)
    {
        if (reading.Exposed.Count > 0 && !head.Confidential)
        {
            var urgency = UrgencyKinds.More(head.Urgency, UrgencyKinds.High);
            head = head with { Confidential = true, Urgency = urgency, UrgencyRule = "confidential-in-public" };
        }

        var further = reading.Facts.Select(CaseKeys.Fact).Where(f => !head.Facts.Contains(f, StringComparer.Ordinal))
            .Distinct(StringComparer.Ordinal).Take(MostFacts - head.Facts.Count).ToList();
        return further.Count == 0 ? head : head with { Facts = [.. head.Facts, .. further] };
    }

    // A contact that was taken back still says why it came: hiding a complaint does not end it.
    private Contact Spoken()
    {
        if (before is not { Count: > 0 }) return contact;
        var said = before.Append(e).Where(b => b.Change != ContactChange.Removed).ToList();
        return said.Count == 0 ? contact : ContactFold.Fold(said);
    }
}
