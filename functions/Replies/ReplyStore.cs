using Serverless.Cases;
using Serverless.Cases.Rules;
using Serverless.Outbox;

namespace Serverless.Replies;

/// <summary>Stores the reply status and, for failures, the event in the same batch.</summary>
public sealed class ReplyStore(CaseReplies replies, CaseStore cases, OutboxRelay relay, CaseEventPublisher teller, TimeProvider time)
{
    private const int Tries = 24;

    /// <summary>Changes a reply, repeated on concurrent changes.</summary>
    /// <param name="pointer">Which.</param>
    /// <param name="change">Called with the present state; null or the same leaves it unchanged. May be called again.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>The reply before and after; null when it was erased.</returns>
    public async Task<(CaseReply Before, CaseReply After)?> ChangeAsync(ReplyMessage pointer, Func<CaseReply, CaseReply?> change,
        CancellationToken ct)
    {
        for (var attempt = 0; attempt < Tries; attempt++)
        {
            if (await replies.FindAsync(pointer.CaseId, pointer.ReplyId, ct) is not { } current) return null;
            if (change(current.Reply) is not { } next || next == current.Reply) return (current.Reply, current.Reply);
            if (await WriteAsync(pointer.CaseId, current, next, ct) is { } written) return (current.Reply, written.Reply);
        }

        throw new ContentionException();
    }

    /// <summary>Whether no person wrote it.</summary>
    public async Task<bool> IsAutomaticAsync(ReplyMessage pointer, CancellationToken ct) =>
        await replies.FindAsync(pointer.CaseId, pointer.ReplyId, ct) is { Reply.Automatic: true };

    /// <summary>Whether nobody knows if it went out.</summary>
    public async Task<bool> IsUncertainAsync(ReplyMessage pointer, CancellationToken ct) =>
        await replies.FindAsync(pointer.CaseId, pointer.ReplyId, ct) is { Reply.State: ReplyState.Uncertain };

    /// <summary>Why a receipt that waits has nothing to say any more: a person answered first, or closed the case. Null for every other
    /// reply, and for one that may have reached the customer already.</summary>
    public async Task<string?> OvertakenAsync(ReplyMessage pointer, CaseReply reply, CancellationToken ct)
    {
        if (reply is not { Automatic: true, Owed: false, MaybeSent: false }
            || (await cases.HeadAsync(pointer.CaseId, ct))?.Head is not { } head) return null;
        if (head.State == CaseState.Closed) return "case-closed";
        // A wait that began later was answered in between.
        return head.WaitingSince is not { } since || since > reply.CreatedAt ? "answered" : null;
    }

    /// <summary>Writes a reply if it did not change since it was read; otherwise null.</summary>
    public async Task<CaseReplies.Versioned?> WriteAsync(string caseId, CaseReplies.Versioned current, CaseReply next, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        next = next with { StateAt = next.State == current.Reply.State ? current.Reply.StateAt : now };
        if (next.State == current.Reply.State || !MustBeHeard(next.State) || (await cases.HeadAsync(caseId, ct))?.Head is not { } head)
            return await replies.CommitAsync(caseId, next, current.ETag, [], ct);

        IReadOnlyList<OutboxEntry> entries =
            [CaseEvent.Of(CaseEvent.ReplyFailed, head, null, $"reply {next.Id} {next.State} {next.Tries}", now, next)];
        var remembered = await relay.RememberAsync(caseId, ct);
        var written = await replies.CommitAsync(caseId, next, current.ETag, entries, ct);
        if (await teller.TellRestAsync(caseId, ct)) await relay.ForgetAsync(caseId, remembered, ct);
        return written;
    }

    private static bool MustBeHeard(ReplyState state) => state is ReplyState.Refused or ReplyState.Failed or ReplyState.Uncertain;
}
