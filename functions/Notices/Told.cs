using System.Globalization;
using Serverless.Links;
using Serverless.ServiceLevels;
using Serverless.Texts;

namespace Serverless.Notices;

/// <summary>What a person is told, in their language, before a route gives it its form: title, facts, the customer's words if they asked for them, and links to act by.</summary>
/// <param name="Title">One sentence.</param>
/// <param name="Facts">Names and values.</param>
/// <param name="Text">The customer's words; null when not asked for, or there are none.</param>
/// <param name="Links">Labels and addresses.</param>
public sealed record Told(string Title, IReadOnlyList<(string Name, string Value)> Facts, string? Text, IReadOnlyList<(string Label, Uri Address)> Links)
{
    /// <summary>Label and address of the page on which they change what they are told; null without one.</summary>
    public (string Label, Uri Address)? Own { get; init; }
}

/// <summary>Puts notices into words.</summary>
public sealed class Wording(TextBook texts, ActionLinks links, OwnNotices own, Calendars calendars,
    Microsoft.Extensions.Options.IOptionsMonitor<NoticeOptions> options)
{
    private const int LongestText = 2_000;

    /// <summary>One notice for one person.</summary>
    /// <param name="notice">What there is to tell; one that stands for many is told as an incident.</param>
    /// <param name="name">The person or team.</param>
    /// <param name="recipient">How they want it.</param>
    /// <param name="text">The customer's words, if the recipient asked for them.</param>
    public Told Tell(Notice notice, string name, Recipient recipient, string? text)
    {
        var facts = notice.Facts;
        var language = recipient.Language;
        var title = Title(notice, language);
        if (notice.Alike > 0)
        {
            var values = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["count"] = notice.Alike.ToString(CultureInfo.InvariantCulture),
                ["minutes"] = options.CurrentValue.BurstMinutes.ToString(CultureInfo.InvariantCulture),
                ["title"] = title,
            };
            return new Told(texts.Say(language, "card_incident", values), Facts(facts, language), null, []) { Own = OwnLink(name, language) };
        }

        return new Told(title, Facts(facts, language), Shortened(text), facts is { CaseId: { } id, State: not "closed" } ? Links(id, name, notice.EventId, language) : []) { Own = OwnLink(name, language) };
    }

    /// <summary>Several notices for one person: how many, and the link to change that.</summary>
    public Told TellTogether(int count, string name, string language) =>
        new(texts.Say(language, "card_digest", new Dictionary<string, string>(StringComparer.Ordinal) { ["count"] = count.ToString(CultureInfo.InvariantCulture) }), [], null, []) { Own = OwnLink(name, language) };

    private (string, Uri)? OwnLink(string name, string language) => own.AddressOf(name) is { } address ? (texts.Say(language, "own_link"), address) : null;

    /// <summary>The sentence of a notice.</summary>
    public string Title(Notice notice, string language)
    {
        var facts = notice.Facts;
        var values = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["number"] = facts.Number ?? "",
            ["owner"] = facts.Owner ?? texts.Say(language, "page_nobody"),
            ["by"] = facts.AcceptedBy ?? "",
            ["to"] = facts.HandOverTo ?? "",
            ["due"] = DueOf(notice) is { } due ? Local(due, language) : "",
            ["type"] = notice.Type,
        };
        return texts.Say(language, KeyOf(notice.Type), values);
    }

    private static DateTimeOffset? DueOf(Notice notice) =>
        notice.Type.StartsWith("serverless.promise.", StringComparison.Ordinal) ? notice.Facts.Promise?.Due : notice.Facts.DueAt;

    // In the zone of the default calendar.
    private string Local(DateTimeOffset at, string language) => TextBook.Local(at, calendars.Default.Zone, language);

    private List<(string, string)> Facts(NoticeFacts facts, string language)
    {
        List<(string, string)> told = [];
        void Add(string key, string? value)
        {
            if (!string.IsNullOrEmpty(value)) told.Add((texts.Say(language, key), value));
        }

        Add("page_case", facts.Number);
        if (facts.Need is { } need) Add("page_need", texts.Say(language, $"need_{need.Replace('-', '_')}"));
        Add("card_contact", facts.Network);
        if (facts.CaseId is not null) Add("page_owner", facts.Owner ?? texts.Say(language, "page_nobody"));
        Add("page_accepted", facts.AcceptedBy);
        Add("page_due", facts.DueAt is { } due ? Local(due, language) : null);
        return told;
    }

    private List<(string, Uri)> Links(string caseId, string name, string eventId, string language)
    {
        List<(string, Uri)> made = [];
        foreach (var (action, key) in new[] { (LinkAction.Accept, "card_accept"), (LinkAction.HandOver, "card_hand_over"), (LinkAction.Done, "card_done") })
            if (links.AddressOf(new ActionLink(caseId, action, name, eventId)) is { } address) made.Add((texts.Say(language, key), address));
        return made;
    }

    // serverless.case.owner-gap.v1 -> card_case_owner_gap
    private static string KeyOf(string type)
    {
        var parts = type.Split('.');
        var key = parts.Length == 4 ? $"card_{parts[1]}_{parts[2]}".Replace('-', '_') : "";
        return TextBook.Has(key) ? key : "card_other";
    }

    private static string? Shortened(string? text) =>
        text is null || text.Length <= LongestText ? text : string.Concat(text.AsSpan(0, char.IsHighSurrogate(text[LongestText - 1]) ? LongestText - 1 : LongestText), " …");
}
