using Serverless.Attachments;
using Serverless.Cases;
using Serverless.Cases.Rules;
using Serverless.Channels;
using Serverless.Contacts;
using Serverless.Intake;
using Serverless.Platform.Telemetry;
using Serverless.Replies;

namespace Serverless.Processing;

/// <summary>
/// Processes one parsed item of a delivery: adds it to its case, updates the reply it reports on, or records the reason why it
/// needs neither. Every step may be repeated.
/// </summary>
public sealed partial class ItemProcessor(
    Correlator correlator, CaseEventPublisher teller, SentReplies replies, SubscriptionAlerts attention, LateRecovery late,
    AttachmentRequests files,
    PlaceholderReplacement successors, CallControlSteps steps, ILogger<ItemProcessor> log)
{
    /// <summary>Outcome of one item.</summary>
    /// <param name="End">Its end word.</param>
    /// <param name="Readable">False when it is to be stored for a replay.</param>
    /// <param name="Later">Set when the provider cannot give it now; the end word counts once it has waited long enough.</param>
    /// <param name="Filed">Where it was filed, if it was.</param>
    internal sealed record Taken(string End, bool Readable, FetchedContent.Later? Later = null, ProcessedItem? Filed = null);

    /// <summary>A delivery that is being worked.</summary>
    /// <param name="Channel">Its channel.</param>
    /// <param name="Delivery">It.</param>
    /// <param name="LateAt">When it was let out or given to the code again; null for one that is worked as it came.</param>
    /// <param name="Before">Where its items were filed before, for a replay; null otherwise.</param>
    internal sealed record Job(IChannel Channel, Delivery Delivery, DateTimeOffset? LateAt, IReadOnlyList<ProcessedItem>? Before)
    {
        /// <summary>Marks a late contact: it triggers no automatic text and restarts no clock (P9).</summary>
        public ContactEvent Late(ContactEvent e) => LateAt is not { } at || e.Contact.Recovery is not null
            ? e
            : e with { Contact = e.Contact with { Recovery = new Recovery(Math.Max(0, (long)(at - e.Contact.OccurredAt).TotalSeconds)) } };
    }

    /// <summary>Processes an item.</summary>
    internal async Task<Taken> TakeAsync(Job job, DeliveryProcessor.Piece piece, CancellationToken ct)
    {
        var key = new DeliveryKey(job.Delivery.Channel, job.Delivery.Id);
        if (piece.Lacks is { } lacks) return new Taken($"kept:{lacks}", false, piece.Later);
        switch (piece.Reading)
        {
            case Parsed.Ignored ignored:
                if (job.Before?.FirstOrDefault(f => f.Position == piece.Position) is { IsPlaceholder: true } nothing)
                    await successors.ReplaceAsync(nothing.CaseId, nothing.Event, null, key.ToString(), ct);
                return new Taken($"ignored:{ignored.Reason}", true, await StepAsync(job, ignored, null, ct));
            case Parsed.StatusUpdate status:
                return new Taken(await replies.NoteAsync(key.Channel, status.Message, ct) ? "updated" : "ignored:delivery-status", true);
            case Parsed.Alert asks:
                await attention.MarkAsync(key.Channel, asks, job.Delivery.ReceivedAt, ct);
                return new Taken($"ignored:{asks.Reason}", true);
            case Parsed.PlaceRenamed moved:
                await correlator.MovedAsync(key.Channel, moved.Account, moved.From, moved.To, ct);
                return new Taken("ignored:moved", true);
        }

        if (piece.Unreadable is not null) LogUnreadable(key.Channel, key.Id, piece.Position, piece.Unreadable);
        return await FileAsync(job, piece, key.ToString(), ct);
    }

    private async Task<Taken> FileAsync(Job job, DeliveryProcessor.Piece piece, string delivery, CancellationToken ct)
    {
        var e = job.Late(piece.Reading is Parsed.Found found
            ? late.Mark(Dated(found.Event), job.Delivery) : Placeholder.For(job.Delivery, piece.Position));
        (e, var shows) = await replies.MarkedAsync(e, ct);
        var before = job.Before is null ? null : await BeforeAsync(job, piece, ct);
        var correlation = await CommitAsync(e, delivery, before?.CaseId, ct);
        e = correlation.FiledAs ?? e;
        if (job.Before is not null && correlation.End is not ("duplicate" or "erased"))
            await successors.FillAsync(correlation.CaseId, e, correlation.End, ct);
        if (before is not null && before.Event != CaseKeys.Event(e))
            await successors.ReplaceAsync(before.CaseId, before.Event, (e, correlation.CaseId), delivery, ct);
        await replies.EchoedAsync(e, shows, ct);
        if (correlation.End is not ("duplicate" or "erased")) await files.SeeToAsync(job.Channel, correlation.CaseId, e, ct);
        var filed = new ProcessedItem(piece.Position, correlation.CaseId, CaseKeys.Event(e), e.Contact.Kind == ContactKind.Placeholder);
        // A copy sends its step, too: the run that filed the first may have crashed before sending it.
        var later = correlation.End is "erased" ? null : await StepAsync(job, piece.Reading, (correlation.CaseId, e), ct);
        return new Taken(correlation.End, piece.Unreadable is null, later, filed);
    }

    // A time nobody can have meant (a clock that was never set, a year typed in) counts as that of arrival; tables hold none before 1601.
    private static ContactEvent Dated(ContactEvent e) =>
        e.Contact.OccurredAt >= DateTimeOffset.UnixEpoch && e.Contact.OccurredAt <= e.Contact.ReceivedAt.AddDays(1)
        ? e
        : e with { Contact = e.Contact with { OccurredAt = e.Contact.ReceivedAt } };

    // A replay moves no call; one that was let out of quarantine is too late for its own.
    private async Task<FetchedContent.Later?> StepAsync(Job job, Parsed? reading, (string CaseId, ContactEvent Event)? filed,
        CancellationToken ct)
    {
        if (reading?.Step is not { } step || job.Before is not null) return null;
        var taken = await steps.TakeAsync(job.Channel, job.Delivery, step, filed, ct);
        if (taken is CallControlResult.Later later) return new FetchedContent.Later(later.Reason, later.After ?? TimeSpan.FromSeconds(1));
        if (taken is CallControlResult.Lost && filed is { Event: { Change: ContactChange.Received } rang })
            await CommitAsync(CallControlSteps.Unanswered(rang), new DeliveryKey(job.Delivery.Channel, job.Delivery.Id).ToString(), null,
                ct);
        return null;
    }

    private async Task<Correlation> CommitAsync(ContactEvent e, string delivery, string? caseId, CancellationToken ct)
    {
        using var span = Spans.Step("case");
        var correlation = await correlator.TakeAsync(e, delivery, ct, caseId);
        span?.SetTag("case", correlation.CaseId).SetTag("end", correlation.End);
        await teller.AfterAsync(correlation, ct);
        return correlation;
    }

    // A delivery stored before its filed items were recorded: the placeholder follows from its bytes.
    private async Task<ProcessedItem?> BeforeAsync(Job job, DeliveryProcessor.Piece piece, CancellationToken ct)
    {
        if (ProcessedItem.Before(job.Before!, piece.Position) is { } noted) return noted;
        var placeholder = Placeholder.For(job.Delivery, piece.Position);
        return await correlator.FindAsync(placeholder, ct) is { } found
            ? new ProcessedItem(piece.Position, found.CaseId, CaseKeys.Event(placeholder), IsPlaceholder: true) : null;
    }

    [LoggerMessage(33, LogLevel.Error, "unreadable {Channel}/{Id} at={Position} error={Error}: kept as a placeholder")]
    private partial void LogUnreadable(string channel, string id, string position, string error);
}
