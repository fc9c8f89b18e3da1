using System.Globalization;
using Microsoft.Extensions.Options;
using Serverless.Cases;
using Serverless.Cases.Rules;
using Serverless.Channels;
using Serverless.Contacts;
using Serverless.Needs;
using Serverless.Platform.Features;
using Serverless.Replies;
using Serverless.ServiceLevels;

namespace Serverless.Notifications.Acknowledgement;

/// <summary>
/// Acknowledges a contact to the customer on the same channel: case number, due time, and how to reach a person. Its one target is the
/// customer; the text is sent as a reply of its case, so sending, retries and echoes are handled by Replies.
/// </summary>
public sealed class AcknowledgementRoute(
    CaseReader cases, ReplyRequests desk, PromiseLater later, CustomerLimit limit, AcknowledgementText text, ChannelDirectory channels,
    Calendars calendars, TimeProvider time, IOptionsMonitor<AcknowledgementOptions> options, Provided<RuleSet> rules) : INotificationRoute
{
    private static readonly NotificationTarget Customer = new("customer", "customer");

    public string Name => "acknowledgement";

    /// <summary>A customer who reads days later that a contact has arrived is served worse than by silence.</summary>
    public AttemptOutcome TooLate => Void("too-late");

    /// <summary>Whether a contact may follow from events of this type.</summary>
    public static bool Wants(string type) =>
        type is CaseEvent.Opened or CaseEvent.Reopened or CaseEvent.ContactReceived or CaseEvent.ContactChanged or CaseEvent.PromiseDueSoon;

    public Task<IReadOnlyList<NotificationTarget>> TargetsAsync(Notification notice, CancellationToken ct) =>
        Task.FromResult<IReadOnlyList<NotificationTarget>>(IsWanted(notice, options.CurrentValue) ? [Customer] : []);

    public Task<NotificationTarget?> FindAsync(string name, CancellationToken ct) =>
        Task.FromResult(name == Customer.Name ? Customer : null);

    public async Task<AttemptOutcome> TryAsync(Notification notice, NotificationTarget target, Func<Task<Contact?>> readContact,
        CancellationToken ct)
    {
        if (IsSoon(notice)) return await later.TryAsync(notice, ct);
        if (notice is not { CaseId: { } caseId, ContactId: { } id }
            || await cases.BriefAsync(caseId, id, ct) is not { Contacts: [var filed] } file) return Void("erased");
        var contact = filed.Contact;
        var (settings, now) = (options.CurrentValue, time.GetUtcNow());
        var state = settings.Of(contact.Channel);
        if (state == AcknowledgementOptions.Switch.Off) return Void("switched-off");
        var dryRun = state == AcknowledgementOptions.Switch.DryRun;
        // Noticed before it was marked: by a crash, or by another instance.
        if (AcknowledgementRules.Receipts(file, dryRun).Any(r => r.To == filed.Id)) return Done(dryRun);

        var reading = NeedReader.Read(contact, await rules.CurrentAsync(ct));
        var ends = contact.Place == Place.Private && reading.Ends;
        if (AcknowledgementRules.Objection(file, contact, reading, ends, dryRun, settings, now) is { } objection) return Void(objection);
        if (string.IsNullOrWhiteSpace(settings.Contact)) return new AttemptOutcome(AttemptOutcomeKind.Later, "settings-incomplete");
        if (!ends && IsNever(settings.Hours)) return Void("quiet-hours");
        if (!ends && QuietHours.End(calendars, settings.Hours, ZoneOf(settings).Id, now) is { } morning)
            return new AttemptOutcome(AttemptOutcomeKind.Later, "quiet-hours") { At = morning };
        return await AskAsync(file, filed, ends, dryRun, settings, now, ct);
    }

    public IEnumerable<string> Problems()
    {
        var settings = options.CurrentValue;
        foreach (var (channel, word) in settings.Channels)
        {
            var setting = $"Acknowledgement__Channels__{channel}";
            if (settings.Of(channel) == AcknowledgementOptions.Switch.Off && !word.Trim().Equals("off", StringComparison.OrdinalIgnoreCase))
                yield return $"{setting} must be on, dryRun or off; off holds.";
            if (channels.Find(channel) is not ISendsReplies) yield return $"{setting} names no channel on which customers can be answered.";
        }

        if (!settings.IsOn) yield break;
        if (string.IsNullOrWhiteSpace(settings.Contact))
            yield return "Acknowledgement__Contact is missing: a receipt names the way to a person, so receipts wait.";
        if (calendars.Read(settings.Hours, ZoneOf(settings).Id) is null)
            yield return "Acknowledgement__Hours is not like 'Mon-Fri 08:00-17:00', 'always', 'never' or 'calendar:default'; "
                + "receipts go out round the clock.";
        if (settings.TimeZone is { } named && !TimeZoneInfo.TryFindSystemTimeZoneById(named, out _))
            yield return "Acknowledgement__TimeZone is not an IANA zone such as Europe/Berlin; UTC is used.";
        if (settings.Language is not (Serverless.Platform.Localization.TextBook.German
            or Serverless.Platform.Localization.TextBook.English)) yield return "Acknowledgement__Language must be de or en.";
    }

    // The id is made of case and day, so that of all who ask at once one is heard.
    private async Task<AttemptOutcome> AskAsync(CaseFile file, FiledContact to, bool ends, bool dryRun, AcknowledgementOptions settings,
        DateTimeOffset now, CancellationToken ct)
    {
        var day = TimeZoneInfo.ConvertTime(now, ZoneOf(settings));
        var kind = ends ? "confirmation" : "receipt";
        if (!dryRun && !await limit.TakeAsync(to.Contact, $"{file.Case.Id}|{kind}", day, settings.MostPerCustomer, ct))
            return Void("customer-limit");
        var id = string.Create(CultureInfo.InvariantCulture, $"{(dryRun ? "dry-run" : "sent")}|{kind}|{day:yyyyMMdd}");
        var (asked, reply) = await desk.AskAsync(file,
            new AutomaticReply(id, to.Id, text.For(file.Case, to.Contact, ends, settings, now), dryRun, Owed: ends), ct);
        return asked switch
        {
            ReplyRequestResult.Taken => Done(dryRun),
            ReplyRequestResult.Known when reply!.To == to.Id => Done(dryRun),
            ReplyRequestResult.Known => Void("one-a-day"),
            ReplyRequestResult.WindowClosed => Void("window-closed"),
            ReplyRequestResult.NoWayBack => Void("no-way-back"),
            ReplyRequestResult.ChannelOff => Void("channel-off"),
            ReplyRequestResult.CaseClosed => Void("case-closed"),
            _ => Void("erased"),
        };
    }

    private static bool IsWanted(Notification notice, AcknowledgementOptions settings) => IsSoon(notice)
        ? settings.IsOn
        : IsContact(notice) && settings.Of(notice.Facts.Channel ?? "") != AcknowledgementOptions.Switch.Off;

    private static bool IsSoon(Notification notice) => notice is { Type: CaseEvent.PromiseDueSoon, CaseId: not null };

    private static bool IsContact(Notification notice) =>
        notice is { CaseId: not null, ContactId: not null, Facts: { Recovered: false, Direction: "inbound" } facts }
        && (notice.Type is CaseEvent.Opened or CaseEvent.Reopened or CaseEvent.ContactReceived
            // A call is over only with a later event.
            || (notice.Type == CaseEvent.ContactChanged && facts.Kind is "missed-call" or "voicemail"));

    // Its own zone, that of the calendar it names, that of the default calendar.
    private TimeZoneInfo ZoneOf(AcknowledgementOptions settings) => AcknowledgementText.ZoneOf(settings, calendars);

    private static bool IsNever(string hours) => hours.Trim().Equals("never", StringComparison.OrdinalIgnoreCase);

    private static AttemptOutcome Done(bool dryRun) => dryRun ? Void("dry-run") : new AttemptOutcome(AttemptOutcomeKind.Delivered, "reply");

    private static AttemptOutcome Void(string reason) => new(AttemptOutcomeKind.Void, reason);
}
