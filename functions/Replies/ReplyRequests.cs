using Serverless.Cases;
using Serverless.Cases.Rules;
using Serverless.Channels;
using Serverless.Contacts;
using Serverless.Platform.Storage;

namespace Serverless.Replies;

/// <summary>Result of a reply request.</summary>
public enum ReplyRequestResult
{
    /// <summary>Written; it will be sent.</summary>
    Taken,

    /// <summary>A request with the same id was accepted before.</summary>
    Known,

    /// <summary>The id was used for another text.</summary>
    OtherText,

    NoSuchCase,

    NoSuchContact,

    CaseClosed,

    /// <summary>It was said by us.</summary>
    OurOwn,

    /// <summary>The contact carries no way back, or its channel has none.</summary>
    NoWayBack,

    /// <summary>The channel is switched off.</summary>
    ChannelOff,

    /// <summary>The network's window is over; an approved template may still be sent.</summary>
    WindowClosed,
}

/// <summary>
/// Accepts a reply request: validates and stores it before answering 202. Detectable errors are returned at once, with a sentence.
/// </summary>
public sealed partial class ReplyRequests(CaseReader reader, CaseReplies replies, ReplyIndex index, ChannelDirectory channels,
    TimeProvider time, ILogger<ReplyRequests> log)
{
    /// <summary>Accepts a reply.</summary>
    /// <param name="idOrNumber">Of the case.</param>
    /// <param name="request">The reply.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<(ReplyRequestResult Asked, CaseReply? Reply)> AskAsync(string idOrNumber, ReplyRequest request, CancellationToken ct)
    {
        if (await reader.FindAsync(idOrNumber, ct) is not { } file) return (ReplyRequestResult.NoSuchCase, null);
        var now = time.GetUtcNow();
        var id = request.Id is { } own ? ReplyIndex.IdOf(file.Case.Id, own) : Guid.CreateVersion7(now).ToString("N");
        if (file.Replies.FirstOrDefault(r => r.Id == id) is { } known) return Again(known, request);
        var to = ToOf(file, request.To);
        if (Objection(file, to, request, now) is { } objection) return (objection, null);

        var pointer = new ReplyMessage(file.Case.Id, id);
        var reply = new CaseReply
        {
            Id = id,
            State = ReplyState.Waiting,
            StateAt = now,
            To = to!.Id,
            Text = request.Text ?? "",
            InPrivate = request.InPrivate,
            Template = request.Template,
            CreatedAt = now,
            DueAt = now,
        };
        await index.RememberAsync(pointer, now, ct);
        if (!await replies.InsertAsync(file.Case.Id, reply, ct))
            return await replies.FindAsync(file.Case.Id, id, ct) is { } other
                ? Again(other.Reply, request) : (ReplyRequestResult.NoSuchCase, null);
        await QueueAsync(pointer, ct);
        return (ReplyRequestResult.Taken, reply);
    }

    /// <summary>Accepts an automatic text: one per id, regardless of caller and text.</summary>
    /// <returns>With <see cref="ReplyRequestResult.Known"/> the reply that there is under this id; it may answer another contact.</returns>
    public async Task<(ReplyRequestResult Asked, CaseReply? Reply)> AskAsync(CaseFile file, AutomaticReply request, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var to = file.Contacts.FirstOrDefault(c => c.Id == request.To);
        if (Objection(file, to, new ReplyRequest { To = request.To }, now) is { } objection
            && (objection != ReplyRequestResult.CaseClosed || !request.Owed)) return (objection, null);
        // A person may answer for longer than a machine may.
        if (now > WithWindow(file, to!.Contact).Reply!.Until) return (ReplyRequestResult.WindowClosed, null);
        var pointer = new ReplyMessage(file.Case.Id, ReplyIndex.IdOf(file.Case.Id, request.Id));
        var reply = new CaseReply
        {
            Id = pointer.ReplyId,
            State = request.DryRun ? ReplyState.DryRun : ReplyState.Waiting,
            StateAt = now,
            To = to.Id,
            Text = request.Text,
            Automatic = true,
            Owed = request.Owed,
            CreatedAt = now,
            DueAt = request.DryRun ? null : now,
        };
        if (!request.DryRun)
        {
            await index.RememberAsync(pointer, now, ct);
            await index.RememberTextAsync(pointer, to.Contact, request.Text, ct);
        }

        if (!await replies.InsertAsync(file.Case.Id, reply, ct))
            return await replies.FindAsync(file.Case.Id, reply.Id, ct) is { } there
                ? (ReplyRequestResult.Known, there.Reply) : (ReplyRequestResult.NoSuchCase, null);
        if (!request.DryRun) await QueueAsync(pointer, ct);
        return (ReplyRequestResult.Taken, reply);
    }

    /// <summary>Until when a contact may be answered: the customer's latest word on the same way opens the window anew.</summary>
    public static Contact WithWindow(CaseFile file, Contact to)
    {
        if (to.Reply?.Until is null) return to;
        var until = file.Contacts.Select(c => c.Contact)
            .Where(c => c.Direction == Direction.Inbound && c.Channel == to.Channel && c.Network == to.Network && c.Account == to.Account
                && c.Reply?.Address == to.Reply.Address)
            .Max(c => c.Reply!.Until);
        return to with { Reply = to.Reply with { Until = until > to.Reply.Until ? until : to.Reply.Until } };
    }

    /// <summary>The contact a reply would go to, and the reason why it cannot be sent now; changes nothing.</summary>
    /// <param name="file">The case.</param>
    /// <param name="to">Id of a contact; null for the latest of the customer that has a way back.</param>
    public AnswerPath Look(CaseFile file, string? to)
    {
        var found = ToOf(file, to);
        return new AnswerPath(found, Objection(file, found, new ReplyRequest { To = to }, time.GetUtcNow()));
    }

    private static FiledContact? ToOf(CaseFile file, string? to) => to is not null
        ? file.Contacts.FirstOrDefault(c => c.Id == to)
        : file.Contacts.LastOrDefault(c => c.Contact is { Direction: Direction.Inbound, Reply: not null });

    private ReplyRequestResult? Objection(CaseFile file, FiledContact? to, ReplyRequest request, DateTimeOffset now)
    {
        if (to is null) return request.To is null ? ReplyRequestResult.NoWayBack : ReplyRequestResult.NoSuchContact;
        // We never answer ourselves (P9).
        if (to.Contact.Direction == Direction.Outbound) return ReplyRequestResult.OurOwn;
        if (to.Contact.Reply is null || channels.Find(to.Contact.Channel) is not ISendsReplies channel) return ReplyRequestResult.NoWayBack;
        if (ChannelDirectory.SettingsOf((IChannel)channel, out _) is not { Enabled: true }) return ReplyRequestResult.ChannelOff;
        if (request.Template is null && now > channel.Until(WithWindow(file, to.Contact))) return ReplyRequestResult.WindowClosed;
        return file.Case.State == CaseState.Closed ? ReplyRequestResult.CaseClosed : null;
    }

    private static (ReplyRequestResult, CaseReply?) Again(CaseReply known, ReplyRequest request) =>
        known.Text == (request.Text ?? "") && known.InPrivate == request.InPrivate && (request.To is null || request.To == known.To)
            ? (ReplyRequestResult.Known, known)
            : (ReplyRequestResult.OtherText, null);

    private async Task QueueAsync(ReplyMessage pointer, CancellationToken ct)
    {
        try
        {
            await index.QueueAsync(pointer, TimeSpan.Zero, ct);
        }
        catch (StorageUnavailableException)
        {
            LogNotQueued(pointer.CaseId, pointer.ReplyId);
        }
    }

    [LoggerMessage(90, LogLevel.Warning, "reply {CaseId}/{ReplyId} is written but could not be queued; Tick will queue it")]
    private partial void LogNotQueued(string caseId, string replyId);
}

/// <summary>Target of a reply.</summary>
/// <param name="To">The contact it would answer; null when there is none.</param>
/// <param name="Objection">Why it cannot be sent now; null when it can.</param>
public sealed record AnswerPath(FiledContact? To, ReplyRequestResult? Objection);
