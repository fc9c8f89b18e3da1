using Microsoft.Extensions.Options;
using Serverless.Cases;
using Serverless.Cases.Rules;
using Serverless.Contacts;
using Serverless.Replies;
using Serverless.ServiceLevels;

namespace Serverless.Notifications.Acknowledgement;

/// <summary>
/// Tells a customer the new time before the promise to them breaks, once a case, never in public, and never a time later than one they
/// named. The old promise stays
/// open and may break; the text opens a promise of its own.
/// </summary>
public sealed class PromiseLater(
    CaseReader cases, CaseActions actions, ReplyRequests desk, AcknowledgementText text, Levels levels, TimeProvider time,
        IOptionsMonitor<AcknowledgementOptions> options)
{
    /// <summary>Tries once, after it was told that a promise is due soon.</summary>
    public async Task<AttemptOutcome> TryAsync(Notification notice, CancellationToken ct)
    {
        if (notice is not { CaseId: { } caseId, Facts.Promise.Id: { } promiseId }) return Void("erased");
        var (settings, now) = (options.CurrentValue, time.GetUtcNow());
        var (promise, file) = await cases.PromisedAsync(caseId, promiseId, ct);
        if (promise is not { IsAnswer: true, BrokenAt: null }) return Void("answered");
        if (file is not { Contacts: [var to] }) return Void("no-message");
        if (file.Case.WaitingSince is null) return Void("answered");
        var state = settings.Of(to.Contact.Channel);
        if (state == AcknowledgementOptions.Switch.Off) return Void("switched-off");
        var dryRun = state == AcknowledgementOptions.Switch.DryRun;
        if (AcknowledgementRules.Silence(to.Contact) is { } silence) return Void(silence);
        if (to.Contact.Place == Place.Public) return Void("public");
        if (string.IsNullOrWhiteSpace(settings.Contact)) return new AttemptOutcome(AttemptOutcomeKind.Later, "settings-incomplete");
        if (QuietHours.End(levels.Calendars, settings.Hours, AcknowledgementText.ZoneOf(settings, levels.Calendars).Id, now) is { } open)
            return open < promise.Due ? new AttemptOutcome(AttemptOutcomeKind.Later, "quiet-hours") { At = open } : Void("quiet-hours");
        if (NewTime(promise, to.Contact, file.Case.Need) is not { } due) return Void("customer-named");

        var id = dryRun ? "dry-run|later" : "sent|later";
        var (asked, reply) = await desk.AskAsync(file,
            new AutomaticReply(id, to.Id, text.Later(file.Case, to.Contact, due, settings), dryRun, Owed: false), ct);
        var taken = asked == ReplyRequestResult.Taken || (asked == ReplyRequestResult.Known && reply!.To == to.Id);
        if (!taken) return Void(asked == ReplyRequestResult.Known
            ? "said-before" : asked == ReplyRequestResult.WindowClosed ? "window-closed" : "no-way-back");
        if (dryRun) return Void("dry-run");
        // Repeated after a crash it makes the same promise.
        await actions.PromiseLaterAsync(caseId, promise, due, ct);
        return new AttemptOutcome(AttemptOutcomeKind.Delivered, "reply");
    }

    // The old time and the minutes of the level once more; null when the customer named an earlier one.
    private DateTimeOffset? NewTime(Promise promise, Contact contact, string need)
    {
        if (promise.MadeBy == PromiseMaker.Customer) return null;
        var due = levels.Calendars.Counting(promise.Calendar, promise.Due).Add(promise.Due, Math.Max(1, levels.Of(contact, need).Minutes));
        return levels.NamedIn(contact) is { } named && due > named.At ? null : due;
    }

    private static AttemptOutcome Void(string reason) => new(AttemptOutcomeKind.Void, reason);
}
