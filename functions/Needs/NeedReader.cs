using Serverless.Contacts;

namespace Serverless.Needs;

/// <summary>Reads a contact by the rules: pure, linear in the text, at most 60 microseconds for 1.5 KB without telephone numbers.</summary>
public static class NeedReader
{
    /// <summary>A longer text is read at both ends only.</summary>
    private const int LongestText = 30_000;
    private const int EachEnd = 8_000;

    private const string Region = "DE";

    /// <summary>What the rules read in a contact.</summary>
    /// <param name="contact">The contact as all its events leave it.</param>
    /// <param name="rules">The rules in force.</param>
    public static TextReading Read(Contact contact, RuleSet rules)
    {
        var text = Bounded(TextOf(contact));
        using var folded = FoldedText.Of(text);
        var language = LanguageOf(folded, contact);
        List<Fact> facts = FactScanner.Scan(text);
        if (facts.Count < TextReading.MostFacts) facts.AddRange(PhoneFacts.Scan(text, Region).Take(TextReading.MostFacts - facts.Count));
        var read = new ReadText(contact, text, folded, language, facts, folded.Span.Count(FoldedText.Question));
        var matching = rules.Matching(read);
        var (need, rule) = NeedOf(contact, matching);
        var exposed = contact.Place == Place.Public ? Exposed(text, facts, matching) : [];
        var (urgency, urgencyRule) = UrgencyOf(contact, need, matching, exposed.Count > 0);
        var (owes, owesRule) = Owing.Of(contact, need, facts);
        return new TextReading
        {
            Need = need,
            NeedRule = rule,
            Owes = owes,
            OwesRule = owesRule,
            Urgency = urgency,
            UrgencyRule = urgencyRule,
            Topic = matching.Find(m => m.Topic is not null)?.Topic,
            Team = matching.Find(m => m.Team is not null)?.Team,
            Way = matching.Find(m => m.Way is not null)?.Way,
            Language = language,
            PlaceFits = Places.Fits(need, contact),
            Confidential = need == NeedKinds.Confidential || exposed.Count > 0 || matching.Exists(m => m.Confidential)
                || facts.Exists(f => f.Kind is FactKinds.Iban or FactKinds.Card),
            Exposed = exposed,
            Facts = facts,
            Ends = matching.Exists(m => m.Need is NeedKinds.Withdrawal or NeedKinds.Cancellation),
            Closing = contact.Attachments.Count == 0 && contact.Call is null && ClosingWords.Are(contact.Text),
            Matches = [.. matching.OrderBy(m => m.Id != rule).ThenBy(m =>
                NeedKinds.RankOf(m.Need ?? "")).Take(TextReading.MostMatches).Select(m => m.Id)],
        };
    }

    /// <summary>The language of a contact alone: its words, else what its sender stated, else <c>unknown</c>.</summary>
    public static string LanguageOf(Contact contact)
    {
        using var folded = FoldedText.Of(Bounded(TextOf(contact)));
        return LanguageOf(folded, contact);
    }

    /// <summary>What a contact tells, for people who read its case.</summary>
    public static IReadOnlyList<Fact> FactsOf(Contact contact)
    {
        var text = Bounded(TextOf(contact));
        var facts = FactScanner.Scan(text);
        facts.AddRange(PhoneFacts.Scan(text, Region));
        return [.. facts.Take(TextReading.MostFacts)];
    }

    private static string TextOf(Contact contact)
    {
        var subject = contact.Extras?.GetValueOrDefault("subject");
        return string.IsNullOrEmpty(subject) ? contact.Text ?? "" : $"{subject}\n\n{contact.Text}";
    }

    private static string Bounded(string text) => text.Length <= LongestText ? text
        : string.Concat(text.AsSpan(0, EachEnd), "\n\n", text.AsSpan(text.Length - EachEnd));

    // Telegram states the language of the app, not of the text.
    private static string LanguageOf(FoldedText folded, Contact contact)
    {
        if (LanguageWords.Of(folded) is { } told) return told;
        return contact.Channel != "telegram" && contact.Language?.Split('-')[0].ToLowerInvariant() is { Length: 2 or 3 } stated ? stated
            : LanguageWords.Unknown;
    }

    // Danger comes before everything, then what the admin says, then the rank.
    private static (string Need, string Rule) NeedOf(Contact contact, List<RuleDefinition> matching)
    {
        if (contact.Kind == ContactKind.Placeholder) return (NeedKinds.CanWait, "something we cannot read yet");
        RuleDefinition? best = null;
        foreach (var rule in matching)
            if (rule.Need is not null && (best is null || Comes(rule, best))) best = rule;
        if (best is not null && (best.Own || NeedKinds.RankOf(best.Need!) < NeedKinds.RankOf(ByKind(contact)?.Need ?? "")))
            return (best.Need!, best.Id);
        return ByKind(contact) ?? (best is null ? (NeedKinds.CanWait, "no rule matched") : (best.Need!, best.Id));
    }

    private static bool Comes(RuleDefinition rule, RuleDefinition before)
    {
        var danger = (rule.Need == NeedKinds.Safety, before.Need == NeedKinds.Safety);
        if (danger.Item1 != danger.Item2) return danger.Item1;
        return rule.Own == before.Own && NeedKinds.RankOf(rule.Need!) < NeedKinds.RankOf(before.Need!);
    }

    private static (string Need, string Rule)? ByKind(Contact contact) => contact switch
    {
        { Kind: ContactKind.DeviceEvent } => (NeedKinds.Fault, "a product reported its own fault"),
        { Call: { Outcome: CallOutcome.Missed or CallOutcome.Voicemail } or { Outcome: CallOutcome.Ringing, Ended: true } } =>
            (NeedKinds.Callback, "a call that nobody answered"),
        { Call: null, Kind: ContactKind.MissedCall or ContactKind.Voicemail } => (NeedKinds.Callback, "a call that nobody answered"),
        _ => null,
    };

    private static List<string> Exposed(string text, List<Fact> facts, List<RuleDefinition> matching)
    {
        var exposed = ConfidentialData.Of(text, facts);
        foreach (var rule in matching.Where(m => m is { Confidential: true, Own: true })) exposed.Add(rule.Id);
        return exposed;
    }

    // An admin's rule decides, but danger stays what it is. Otherwise the most urgent of need, place and rules.
    private static (string Urgency, string Rule) UrgencyOf(Contact contact, string need, List<RuleDefinition> matching, bool exposed)
    {
        var (urgency, rule) = (NeedKinds.UrgencyOf(need), $"need:{need}");
        if (need == NeedKinds.Safety) return (urgency, rule);
        if (need == NeedKinds.CanWait && contact.Network == "email") urgency = UrgencyKinds.Low;
        if (matching.Find(m => m is { Own: true, Urgency: not null }) is { } own) return (own.Urgency!, own.Id);
        if (need == NeedKinds.Complaint && contact.Place == Place.Public) Raise(UrgencyKinds.High, "complaint-in-public");
        if (exposed) Raise(UrgencyKinds.High, "confidential-in-public");
        foreach (var match in matching.Where(m => m.Urgency is not null)) Raise(match.Urgency!, match.Id);
        return (urgency, rule);

        void Raise(string to, string by)
        {
            if (UrgencyKinds.Rank(to) > UrgencyKinds.Rank(urgency)) (urgency, rule) = (to, by);
        }
    }
}
