using Serverless.Cases;
using Serverless.Cases.Rules;
using Serverless.Channels;
using Serverless.Contacts;
using Serverless.Platform.Storage;
using Serverless.Platform.Telemetry;

namespace Serverless.Replies;

/// <summary>
/// Sends one reply and stores its outcome. A run claims its row first, so that two instances never send it; a crash leaves a claim that
/// expires, and then it is tried again only where the provider knows two tries from two messages.
/// </summary>
public sealed partial class ReplyProcessor(
    CaseReplies replies, ReplyStore book, ReplyIndex index, SentReplies filing, CaseReader reader, ChannelDirectory channels,
    TimeProvider time, ILogger<ReplyProcessor> log)
{
    // A channel makes a few calls of at most twenty seconds each.
    private static readonly TimeSpan ClaimLasts = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);
    private static readonly TimeSpan GiveUpAfter = TimeSpan.FromHours(24);

    // A later acknowledgement is of no use to the customer, or arrives at night.
    private static readonly TimeSpan GiveUpReceiptAfter = TimeSpan.FromHours(2);

    // Clocks of two instances differ a little.
    private static readonly TimeSpan Early = TimeSpan.FromSeconds(30);

    /// <summary>Works one message of queue <c>replies</c>. Safe to repeat. What we understand puts the message back for later; only bugs
    /// reach the host.</summary>
    public async Task WorkAsync(ReplyMessage pointer, CancellationToken ct)
    {
        try
        {
            await StepAsync(pointer, ct);
        }
        catch (Exception error) when (error is ContentionException or StorageUnavailableException)
        {
            LogAgain(pointer.CaseId, pointer.ReplyId, error.GetType().Name);
            await index.QueueAsync(pointer, Early, ct);
        }
    }

    /// <summary>
    /// A reply that failed too often for an unknown reason is marked as failed; if it may have been sent, as uncertain.
    /// </summary>
    public async Task GiveUpAsync(ReplyMessage pointer, CancellationToken ct)
    {
        LogGivenUp(pointer.CaseId, pointer.ReplyId);
        await book.ChangeAsync(pointer, r => r.State switch
        {
            ReplyState.Waiting when !r.MaybeSent => r with { State = ReplyState.Failed, DueAt = null, Reason = "error" },
            ReplyState.Waiting or ReplyState.Sending => r with { State = ReplyState.Uncertain, DueAt = null, Reason = "error" },
            _ => null,
        }, ct);
    }

    private async Task StepAsync(ReplyMessage pointer, CancellationToken ct)
    {
        if (await replies.FindAsync(pointer.CaseId, pointer.ReplyId, ct) is not { } current)
        {
            LogGone(pointer.CaseId, pointer.ReplyId);
            await index.ForgetAsync(pointer, ct);
            return;
        }

        var (reply, now) = (current.Reply, time.GetUtcNow());
        if (reply.IsOut)
        {
            await filing.FileAsync(pointer, reply, ct);
            await index.ForgetAsync(pointer, ct);
        }
        else if (reply.State == ReplyState.Waiting)
        {
            // Another message comes when it is due.
            if (reply.DueAt > now + Early) return;
            if (await book.OvertakenAsync(pointer, reply, ct) is { } because) await WithdrawAsync(pointer, current, because, ct);
            else await SendAsync(pointer, current, ct);
        }
        else if (reply.State == ReplyState.Sending)
        {
            if (reply.DueAt > now) await index.QueueAsync(pointer, reply.DueAt.Value - now, ct);
            else if (await IsRepeatableAsync(pointer, reply, ct))
                await SendAsync(pointer, current with { Reply = reply with { MaybeSent = true } }, ct);
            else await DoubtAsync(pointer, reply, "its sender died", ct);
        }
        else await index.ForgetAsync(pointer, ct);
    }

    private async Task WithdrawAsync(ReplyMessage pointer, CaseReplies.Versioned current, string because, CancellationToken ct)
    {
        var none = current.Reply with { State = ReplyState.Void, Reason = because, DueAt = null };
        if (await book.WriteAsync(pointer.CaseId, current, none, ct) is null) throw new ContentionException();
        await index.ForgetAsync(pointer, ct);
    }

    private async Task SendAsync(ReplyMessage pointer, CaseReplies.Versioned current, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var claim = current.Reply with { State = ReplyState.Sending, Tries = current.Reply.Tries + 1, DueAt = now + ClaimLasts };
        // Claimed by another run: the claim shows when its message is due again.
        if (await book.WriteAsync(pointer.CaseId, current, claim, ct) is not { } claimed) throw new ContentionException();
        var outcome = await TryAsync(pointer, claimed.Reply, ct);
        LogTried(pointer.CaseId, pointer.ReplyId, claim.Tries, outcome.GetType().Name, ReasonOf(outcome));
        Measures.Reply(outcome.GetType().Name);
        switch (outcome)
        {
            case ReplyOutcome.Sent sent:
                // Written before anything else: from here on nobody sends it again.
                var change = await book.ChangeAsync(pointer, r =>
                    r with { State = r.State is ReplyState.Delivered or ReplyState.Read or ReplyState.Failed && r.Known is not null
                        ? r.State : ReplyState.Sent, Sent = r.ContactId is null
                        ? sent.Event : null, DueAt = null, Reason = null, Detail = null }, ct);
                if (change is { After: var after }) await filing.FileAsync(pointer, after, ct);
                await index.ForgetAsync(pointer, ct);
                break;
            case ReplyOutcome.Refused refused:
                await EndAsync(pointer, claim.Tries, r =>
                    r with { State = r.MaybeSent
                        ? ReplyState.Uncertain : ReplyState.Refused, Reason = refused.Reason, Detail = refused.Detail }, ct);
                break;
            case ReplyOutcome.Later later:
                await AgainAsync(pointer, claim, later.Reason, later.After, claim.MaybeSent, ct);
                break;
            case ReplyOutcome.Uncertain uncertain when await IsRepeatableAsync(pointer, claim, ct):
                await AgainAsync(pointer, claim, uncertain.Reason, null, maybeSent: true, ct);
                break;
            case ReplyOutcome.Uncertain uncertain:
                await DoubtAsync(pointer, claim, uncertain.Reason, ct);
                break;
        }
    }

    private async Task<ReplyOutcome> TryAsync(ReplyMessage pointer, CaseReply reply, CancellationToken ct)
    {
        var file = await reader.FindAsync(pointer.CaseId, ct);
        if (file?.Contacts.FirstOrDefault(c => c.Id == reply.To)?.Contact is not { } to
            || channels.Find(to.Channel) is not ISendsReplies channel)
            return new ReplyOutcome.Refused(ReplyReasons.NoReplyPath);
        if (ChannelDirectory.SettingsOf((IChannel)channel, out _) is not { Enabled: true })
            return new ReplyOutcome.Later(ReplyReasons.Unreachable);
        to = ReplyRequests.WithWindow(file, to);
        // A person may answer for longer than a machine may.
        if (reply.Template is null && time.GetUtcNow() > (reply.Automatic ? to.Reply?.Until : channel.Until(to)))
            return new ReplyOutcome.Refused(ReplyReasons.WindowClosed);
        var letter = new Reply { Id = reply.Id, To = to, Text = reply.Text, CaseNumber = file.Case.Number, InPrivate = reply.InPrivate,
            Template = reply.Template, Automatic = reply.Automatic };
        return await channel.SendAsync(letter, ct);
    }

    private async Task AgainAsync(ReplyMessage pointer, CaseReply claim, string reason, TimeSpan? asked, bool maybeSent,
        CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var pause = TimeSpan.FromSeconds(Math.Min(LongestPause.TotalSeconds, 30 * Math.Pow(2, Math.Min(claim.Tries - 1, 10))));
        if (asked > pause) pause = asked.Value;
        if (now + pause > claim.CreatedAt + (claim is { Automatic: true, Owed: false } ? GiveUpReceiptAfter : GiveUpAfter))
        {
            await EndAsync(pointer, claim.Tries, r =>
                r with { State = maybeSent ? ReplyState.Uncertain : ReplyState.Failed, Reason = reason }, ct);
            return;
        }

        await index.MarkAsync(pointer, now + pause, ct);
        var change = await book.ChangeAsync(
            pointer, r => IsClaim(r, claim.Tries)
            ? r with { State = ReplyState.Waiting, DueAt = now + pause, Reason = reason, MaybeSent = maybeSent } : null, ct);
        if (change is { After.State: ReplyState.Waiting }) await index.QueueAsync(pointer, pause, ct);
    }

    // The provider's echo reported the outcome before we recorded unknown or a retry.
    private async Task DoubtAsync(ReplyMessage pointer, CaseReply claim, string reason, CancellationToken ct)
    {
        if (await reader.ContactAsync(pointer.CaseId, claim.To, ct) is { } to) await index.RememberTextAsync(pointer, to, claim.Text, ct);
        if (await filing.IsShownAsync(pointer, claim, ct)) await index.ForgetAsync(pointer, ct);
        else await EndAsync(pointer, claim.Tries, r => r with { State = ReplyState.Uncertain, Reason = reason }, ct);
    }

    // Only the holder of the claim may record a failure: a status report or another run may know better meanwhile.
    private async Task EndAsync(ReplyMessage pointer, int tries, Func<CaseReply, CaseReply> end, CancellationToken ct)
    {
        await book.ChangeAsync(pointer, r => IsClaim(r, tries) ? end(r) with { DueAt = null } : null, ct);
        await index.ForgetAsync(pointer, ct);
    }

    private static bool IsClaim(CaseReply reply, int tries) => reply is { State: ReplyState.Sending, IsOut: false } && reply.Tries == tries;

    private async Task<bool> IsRepeatableAsync(ReplyMessage pointer, CaseReply reply, CancellationToken ct) =>
        await reader.ContactAsync(pointer.CaseId, reply.To, ct) is { } to
        && channels.Find(to.Channel) is ISendsReplies { Repeatable: true };

    private static string ReasonOf(ReplyOutcome outcome) => outcome switch
    {
        ReplyOutcome.Refused refused => refused.Reason,
        ReplyOutcome.Later later => later.Reason,
        ReplyOutcome.Uncertain uncertain => uncertain.Reason,
        _ => "",
    };

    [LoggerMessage(91, LogLevel.Information, "reply {CaseId}/{ReplyId} attempt={Attempt} outcome={Outcome} reason={Reason}")]
    private partial void LogTried(string caseId, string replyId, int attempt, string outcome, string reason);

    [LoggerMessage(92, LogLevel.Warning, "reply {CaseId}/{ReplyId} again later: {Because}")]
    private partial void LogAgain(string caseId, string replyId, string because);

    [LoggerMessage(93, LogLevel.Warning, "reply {CaseId}/{ReplyId} is gone: its row was erased or never written")]
    private partial void LogGone(string caseId, string replyId);

    [LoggerMessage(94, LogLevel.Error, "reply {CaseId}/{ReplyId} failed too often")]
    private partial void LogGivenUp(string caseId, string replyId);
}
