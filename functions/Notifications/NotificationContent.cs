using Serverless.ActionLinks;
using Serverless.Channels;
using Serverless.Contacts;
using Serverless.Notifications.Preferences;
using Serverless.Platform.Localization;
using Serverless.ServiceLevels;

namespace Serverless.Notifications;

/// <summary>Content of a notification in the recipient's language, independent of the route.</summary>
/// <param name="Title">One sentence.</param>
/// <param name="Facts">Names and values.</param>
/// <param name="Text">The customer's words; null when not included, or there are none.</param>
/// <param name="Links">Labels and addresses: to call, to see the case, to answer, to act.</param>
public sealed record NotificationContent(
    string Title, IReadOnlyList<(string Name, string Value)> Facts, string? Text, IReadOnlyList<(string Label, Uri Address)> Links)
{
    /// <summary>
    /// Entries of a digest or incident: a sentence or number each, and the link to its case; null where there is no link.
    /// </summary>
    public IReadOnlyList<(string Text, Uri? Address)> Items { get; init; } = [];

    /// <summary>Label and address of the recipient's preferences page; null without one.</summary>
    public (string Label, Uri Address)? Own { get; init; }
}

/// <summary>Writes the content of notifications.</summary>
public sealed class NotificationWording(
    TextBook texts, ActionLinkTokens links, NotificationPreferences own, IncidentGrouping bursts, ChannelDirectory channels,
    Calendars calendars,
    Microsoft.Extensions.Options.IOptionsMonitor<NotificationOptions> options)
{
    /// <summary>Most cases that the notice of an incident names itself; its page lists all.</summary>
    public const int MostNamed = 50;

    /// <summary>One notice for one person; null when what it is about was erased and they would be shown something of it.</summary>
    /// <param name="notice">The notification; one that represents many cases is written as an incident.</param>
    /// <param name="name">The person or team.</param>
    /// <param name="recipient">Their settings.</param>
    /// <param name="readContact">Reads the contact, which is done only if something of it is included.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<NotificationContent?> TellAsync(
        Notification notice, string name, Recipient recipient, Func<Task<Contact?>> readContact, CancellationToken ct)
    {
        if (notice is { Alike: > 0, Incident: { } incident }) return await TellIncidentAsync(notice, incident, name, recipient, ct);
        var shows = recipient.ShowsAny && notice.CaseId is not null;
        var contact = shows ? await readContact() : null;
        if (shows && contact is null && notice.ContactId is not null) return null;
        var language = recipient.Language;
        var (facts, words) = (Facts(notice.Facts, recipient), (string?)null);
        List<(string, Uri)> actions = [];
        if (contact is not null)
        {
            var personal = ContactFacts.Of(contact, recipient.Shows).Select(f => (texts.Say(language, f.Key), f.Value));
            facts.InsertRange(Math.Min(1, facts.Count), personal);
            words = ContactFacts.WordsOf(contact, recipient.Shows);
            if (ContactFacts.CallOf(contact, recipient.Shows) is { } call)
                actions.Add((CallLabel(language, call), call));
        }

        actions.AddRange(Actions(notice, name, language, contact));
        return new NotificationContent(Title(notice, recipient), facts, words, actions) { Own = OwnLink(name, language) };
    }

    /// <summary>
    /// A digest for one person: the title of each notification with a link to its case, and the link to their preferences.
    /// </summary>
    public NotificationContent TellTogether(IReadOnlyList<Notification> notices, string name, Recipient recipient) =>
        new(texts.Count(recipient.Language, "card_digest", notices.Count), [], null, [])
        {
            Items = [.. notices.Select(n => (Title(n, recipient), ViewOf(n.CaseId, name, n.EventId)))],
            Own = OwnLink(name, recipient.Language),
        };

    /// <summary>The sentence of a notice.</summary>
    public string Title(Notification notice, Recipient recipient)
    {
        var (facts, language) = (notice.Facts, recipient.Language);
        var values = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["number"] = facts.Number ?? "",
            ["owner"] = facts.Owner ?? texts.Say(language, "page_nobody"),
            ["by"] = facts.AcceptedBy ?? "",
            ["to"] = facts.HandOverTo ?? "",
            ["due"] = DueOf(notice) is { } due ? texts.Time(language, due, recipient.ReadsIn(calendars)) : "",
            ["channel"] = facts.Channel ?? "",
            ["type"] = notice.Type,
        };
        return texts.Say(language, KeyOf(notice.Type), values);
    }

    private async Task<NotificationContent> TellIncidentAsync(Notification notice, string incident, string name, Recipient recipient,
        CancellationToken ct)
    {
        var language = recipient.Language;
        var title = texts.Count(language, "card_incident", notice.Alike, new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["minutes"] = texts.Count(language, "minutes", options.CurrentValue.BurstMinutes),
            ["title"] = Title(notice, recipient),
        });
        List<(string, string)> facts = [];
        if (Incident.KindOf(incident) is { } kind) facts.Add((texts.Say(language, "card_alike"), texts.Say(language, $"alike_{kind}")));
        var cases = await bursts.CasesAsync(incident, MostNamed, ct);
        var all = links.AddressOf(new ActionLink(notice.CaseId ?? "", LinkAction.Incident, name, incident));
        List<(string, Uri)> page = all is null ? [] : [(texts.Count(language, "card_incident_all", notice.Alike), all)];
        return new NotificationContent(title, facts, null, page)
        {
            Items = [.. cases.Select(c => (c.Number, ViewOf(c.CaseId, name, incident)))],
            Own = OwnLink(name, language),
        };
    }

    private static DateTimeOffset? DueOf(Notification notice) =>
        notice.Type.StartsWith("serverless.promise.", StringComparison.Ordinal) ? notice.Facts.Promise?.Due : notice.Facts.DueAt;

    private (string, Uri)? OwnLink(string name, string language) =>
        own.AddressOf(name) is { } address ? (texts.Say(language, "own_link"), address) : null;

    private List<(string, string)> Facts(NotificationFacts facts, Recipient recipient)
    {
        var language = recipient.Language;
        List<(string, string)> told = [];
        void Add(string key, string? value)
        {
            if (!string.IsNullOrEmpty(value)) told.Add((texts.Say(language, key), value));
        }

        Add("page_case", facts.Number);
        if (facts.Need is { } need) Add("page_need", texts.Say(language, $"need_{need.Replace('-', '_')}"));
        if (facts.Owes is { } owes) Add("page_owes", texts.Say(language, $"owes_{owes.Replace('-', '_')}"));
        Add("card_contact", facts.Network);
        if (facts.CaseId is not null) Add("page_owner", facts.Owner ?? texts.Say(language, "page_nobody"));
        Add("page_accepted", facts.AcceptedBy);
        Add("page_due", facts.DueAt is { } due ? texts.Time(language, due, recipient.ReadsIn(calendars)) : null);
        return told;
    }

    private IEnumerable<(string, Uri)> Actions(Notification notice, string name, string language, Contact? contact)
    {
        if (notice.CaseId is not { } caseId || notice.Type == Cases.CaseEvent.Erased) yield break;
        List<(LinkAction Action, string Key)> actions = [(LinkAction.View, "card_view")];
        if (notice.Facts.State != "closed")
        {
            if (MayBeAnswered(notice, contact)) actions.Add((LinkAction.Answer, "card_answer"));
            actions.AddRange([(LinkAction.Accept, "card_accept"), (LinkAction.HandOver, "card_hand_over"), (LinkAction.Done, "card_done")]);
        }

        foreach (var (action, key) in actions)
        {
            var to = action == LinkAction.Answer && notice.Facts.Direction == "inbound" ? notice.ContactId : null;
            var link = new ActionLink(caseId, action, name, notice.EventId, to);
            if (links.AddressOf(link) is { } address) yield return (texts.Say(language, key), address);
        }
    }

    // As far as known without reading the case; the page of the link checks it and states the reason.
    private bool MayBeAnswered(Notification notice, Contact? contact)
    {
        var facts = notice.Facts;
        if (facts.Direction == "outbound" || facts.Owes is "call" or "call-back") return false;
        if (facts.Channel is { } channel && channels.Find(channel) is not ISendsReplies) return false;
        return contact is null or { Reply: not null };
    }

    private Uri? ViewOf(string? caseId, string name, string cause) =>
        caseId is null ? null : links.AddressOf(new ActionLink(caseId, LinkAction.View, name, cause));

    private string CallLabel(string language, Uri call) =>
        texts.Say(language, "card_call", new Dictionary<string, string>(StringComparer.Ordinal) { ["number"] = call.AbsoluteUri[4..] });

    // serverless.case.owner-gap.v1 -> card_case_owner_gap
    private static string KeyOf(string type)
    {
        var parts = type.Split('.');
        var key = parts.Length == 4 ? $"card_{parts[1]}_{parts[2]}".Replace('-', '_') : "";
        return TextBook.Has(key) ? key : "card_other";
    }
}
