using Serverless.ServiceLevels;

namespace Serverless.Notifications;

/// <summary>Persons or teams notified by card or mail; section <c>Recipients</c>.</summary>
public sealed class RecipientsOptions
{
    /// <summary>By a name of your choice (letters, digits, <c>-</c> and <c>_</c>, at most 50): it is what accepts a case, so best the
    /// owner's name, e.g. <c>Recipients__Entries__workshop__Email</c>.</summary>
    public Dictionary<string, Recipient> Entries { get; set; } = new(StringComparer.OrdinalIgnoreCase);
}

/// <summary>Notifications of a person or team: types, times and language.</summary>
public sealed class Recipient
{
    /// <summary>Default event types: every event that needs someone to act.</summary>
    public const string StepsThatMatter =
        "serverless.case.opened.v1,serverless.case.reopened.v1,serverless.case.hand-over-offered.v1,serverless.case.handed-over.v1,serverless.case.overdue.v1,serverless.case.owner-gap.v1,"
        + "serverless.case.unaccepted.v1,serverless.promise.due-soon.v1,serverless.promise.broken.v1,"
        + "serverless.case.confidential-in-public.v1,serverless.reply.failed.v1,serverless.channel.*,serverless.credential.*";

    /// <summary>Mail address; needs the mail route.</summary>
    public string? Email { get; set; }

    /// <summary>Address of a Teams workflow that posts what it is sent; it holds a secret, so keep it in the vault.</summary>
    public string? TeamsUrl { get; set; }

    /// <summary>
    /// Owners of whose cases they are notified, separated by commas; <c>*</c> for all. Their own name unless set. Events without a case
    /// go to recipients with <c>*</c>.
    /// </summary>
    public string? Owners { get; set; }

    /// <summary>Event types, separated by commas; <c>*</c> at the end matches any ending.</summary>
    public string Events { get; set; } = StepsThatMatter;

    /// <summary>Channels, separated by commas; <c>*</c> for all.</summary>
    public string Channels { get; set; } = "*";

    /// <summary>Why customers came (<c>fault</c>, <c>complaint</c>, ...), separated by commas; <c>*</c> for all.</summary>
    public string Needs { get; set; } = "*";

    /// <summary>What we do next (<c>answer</c>, <c>call-back</c>, ...), separated by commas; <c>*</c> for all.</summary>
    public string Owes { get; set; } = "*";

    /// <summary><c>de</c> or <c>en</c>.</summary>
    public string Language { get; set; } = "de";

    /// <summary>
    /// When they may be told, as in <see cref="OpeningHours"/> or <c>calendar:name</c>; what comes outside waits until then.
    /// </summary>
    public string Hours { get; set; } = "always";

    /// <summary>
    /// IANA name of the zone of <see cref="Hours"/> and of the times they read; that of the default calendar unless set. A calendar has its
    /// own.
    /// </summary>
    public string? TimeZone { get; set; }

    /// <summary>Event types that wait for no hours and no digest.</summary>
    public string Urgent { get; set; } = "serverless.case.overdue.v1,serverless.case.confidential-in-public.v1,serverless.channel.*";

    /// <summary>Notifications per digest, 2 to 100; 0: no digest.</summary>
    public int DigestCount { get; set; }

    /// <summary>Minutes after which a digest is sent, however few it holds, 5 to 1440.</summary>
    public int DigestMinutes { get; set; } = 60;

    /// <summary>
    /// First escalation step (1–11) at which this recipient is notified of overdue cases. From 2 on they are notified of the overdue
    /// cases of all owners.
    /// </summary>
    public int Escalation { get; set; } = 1;

    /// <summary>
    /// What cards, mails and the pages of their links show of the customer, separated by commas: <c>name</c>, <c>address</c> (number
    /// or mail address, to call by), <c>subject</c>, <c>files</c> (how many came), <c>text</c> (the words). Nothing personal unless set
    /// (P12).
    /// </summary>
    public string Include { get; set; } = "";

    /// <summary>Whether a kind of <see cref="Serverless.ActionLinks.ContactFacts"/> is included.</summary>
    public bool Shows(string kind) => NameList.Holds(Include, kind);

    /// <summary>Whether anything personal is.</summary>
    public bool ShowsAny => Serverless.ActionLinks.ContactFacts.Kinds.Any(Shows);

    /// <summary>Whether they want this notice.</summary>
    /// <param name="name">Their own name.</param>
    /// <param name="notice">The notification.</param>
    public bool Wants(string name, Notification notice)
    {
        var facts = notice.Facts;
        if (!NameList.Holds(Events, notice.Type)) return false;
        if (facts.CaseId is null) return Owners == "*";
        if (notice.Type == Overdue)
        {
            if (facts.Overdue < Escalation) return false;
            if (Escalation > 1) return true;
        }

        // Told to those who come after the owner, too, whoever owns it.
        if (notice.Type == Unaccepted && Escalation > 1) return true;
        // One broken promise is one notice: that of an answer is told as an overdue case.
        if (notice is { Type: PromiseBroken, Facts.Promise.IsAnswer: true }) return false;

        var owners = Owners ?? name;
        return (NameList.Holds(owners, facts.Owner ?? "") || (facts.HandOverTo is { } to && NameList.Holds(owners, to)))
            && (facts.Channel is null || NameList.Holds(Channels, facts.Channel))
                && (facts.Need is null || NameList.Holds(Needs, facts.Need))
            && (facts.Owes is null || NameList.Holds(Owes, facts.Owes));
    }

    /// <summary>The zone in which they read times: that of the calendar of their hours, else their own.</summary>
    internal TimeZoneInfo ReadsIn(Calendars calendars) => (calendars.Read(Hours, ZoneIn(calendars)) ?? calendars.Default).Zone;

    /// <summary>Name of the zone of hours that name no calendar.</summary>
    internal string ZoneIn(Calendars calendars) => TimeZone ?? calendars.Default.Zone.Id;

    /// <summary>Earliest time of sending: now (null), or the next start of their hours.</summary>
    public DateTimeOffset? NotBefore(string type, Calendars calendars, DateTimeOffset now) =>
        NameList.Holds(Urgent, type) ? null : QuietHours.End(calendars, Hours, ZoneIn(calendars), now);

    /// <summary>Digest settings; null when each notification is sent individually.</summary>
    public Digest? DigestFor(string type) => DigestCount >= 2 && !NameList.Holds(Urgent, type)
        ? new Digest(Math.Min(DigestCount, 100), TimeSpan.FromMinutes(Math.Clamp(DigestMinutes, 5, 1440))) : null;

    private const string Overdue = "serverless.case.overdue.v1";
    private const string Unaccepted = "serverless.case.unaccepted.v1";
    private const string PromiseBroken = "serverless.promise.broken.v1";
}
