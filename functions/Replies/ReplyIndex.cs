using System.Security.Cryptography;
using System.Text;
using Azure;
using Serverless.Cases.Rules;
using Serverless.Contacts;
using Serverless.Platform.Storage;

namespace Serverless.Replies;

/// <summary>Finds a reply by our id or the provider's, and lists open ones, so that none is lost with its queue message.</summary>
public sealed class ReplyIndex(TableStore tables, QueueStore queues, TimeProvider time)
{
    private const string Sent = "sent";
    private const string Pending = "pending";

    // Beside the cases that wait for the bus, whose partitions are "0" to "f": a waiting reply is no trouble of the bus.
    private const string MarkPrefix = "reply|";
    private static readonly TableQuery Marks = TableQuery.Partitions(MarkPrefix + "0", MarkPrefix + "g");
    private const int MostCounted = 1_000;
    private static readonly TimeSpan LostAfter = TimeSpan.FromMinutes(15);

    /// <summary>Our own id, made of the caller's: the same one again names the same reply.</summary>
    public static string IdOf(string caseId, string callersId) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{caseId}:{callersId}")).AsSpan(0, 16));

    /// <summary>Written before the reply's row: an open reply, and the case of its id.</summary>
    public async Task RememberAsync(ReplyMessage pointer, DateTimeOffset due, CancellationToken ct)
    {
        await MarkAsync(pointer, due, ct);
        await tables.UpsertAsync(Sent, new TableRow(pointer.ReplyId, "id") { ["CaseId"] = pointer.CaseId }, ct);
    }

    /// <summary>Records when the next attempt is due.</summary>
    public Task MarkAsync(ReplyMessage pointer, DateTimeOffset due, CancellationToken ct) =>
        tables.UpsertAsync(Pending, new TableRow(MarkPartition(pointer), MarkRow(pointer)) { ["Due"] = due }, ct);

    /// <summary>It is at its end.</summary>
    public Task ForgetAsync(ReplyMessage pointer, CancellationToken ct) =>
        tables.DeleteAsync(Pending, MarkPartition(pointer), MarkRow(pointer), ETag.All, ct);

    /// <summary>Maps the provider's id to the reply. Written once the provider has accepted it.</summary>
    public Task NameAsync(ReplyMessage pointer, string channel, string account, string externalId, CancellationToken ct) =>
        tables.UpsertAsync(Sent,
            new TableRow(CaseKeys.Contact(channel, account, externalId), "external") { ["CaseId"] = pointer.CaseId,
                ["ReplyId"] = pointer.ReplyId }, ct);

    /// <summary>Before an automatic text is sent, and once nobody knows whether a text went out: how its echo is known, which may come
    /// before the provider's answer does.</summary>
    public Task RememberTextAsync(ReplyMessage pointer, Contact to, string text, CancellationToken ct) =>
        to.ThreadKey is null ? Task.CompletedTask :
        tables.UpsertAsync(Sent, new TableRow(TextKey(to, text), "text") { ["CaseId"] = pointer.CaseId, ["ReplyId"] = pointer.ReplyId },
            ct);

    /// <summary>Deletes all index rows of a reply: our id, the provider's, its text, and the mark that it is open.</summary>
    public async Task EraseAsync(ReplyMessage pointer, CaseReply reply, Contact? to, CancellationToken ct)
    {
        await ForgetAsync(pointer, ct);
        await tables.DeleteAsync(Sent, pointer.ReplyId, "id", ETag.All, ct);
        if (reply.ContactId is { } contact) await tables.DeleteAsync(Sent, contact, "external", ETag.All, ct);
        if (reply.Known is { } known && to is not null)
            await tables.DeleteAsync(Sent, CaseKeys.Contact(to.Channel, known.Account, known.ExternalId), "external", ETag.All, ct);
        if (to?.ThreadKey is not null) await tables.DeleteAsync(Sent, TextKey(to, reply.Text), "text", ETag.All, ct);
    }

    /// <summary>The text of ours that an echo repeats; null when it repeats none that was remembered.</summary>
    public async Task<ReplyMessage?> FindTextAsync(Contact echo, CancellationToken ct) =>
        echo is { ThreadKey: not null, Text: { Length: > 0 } text }
        && await tables.GetAsync(Sent, TextKey(echo, text), "text", ct) is { } row
        ? new ReplyMessage(row.Text("CaseId")!, row.Text("ReplyId")!) : null;

    /// <summary>The reply with our id; null when there is none.</summary>
    public async Task<ReplyMessage?> FindAsync(string replyId, CancellationToken ct) =>
        Guid.TryParseExact(replyId, "N", out _) && await tables.GetAsync(Sent, replyId, "id", ct) is { } row
        ? new ReplyMessage(row.Text("CaseId")!, replyId) : null;

    /// <summary>The reply that the provider knows by an id; null when it is none of ours.</summary>
    public async Task<ReplyMessage?> FindAsync(string channel, string account, string externalId, CancellationToken ct) =>
        await tables.GetAsync(Sent, CaseKeys.Contact(channel, account, externalId), "external", ct) is { } row
        ? new ReplyMessage(row.Text("CaseId")!, row.Text("ReplyId")!) : null;

    /// <summary>Queues a reply.</summary>
    public Task QueueAsync(ReplyMessage pointer, TimeSpan wait, CancellationToken ct) =>
        queues.SendAsync(ReplyMessage.Queue, pointer.ToJson(), wait, ct);

    /// <summary>Queues every reply again whose message did not come when it was due. Two ticks never queue the same one.</summary>
    public async Task<int> RequeueLostAsync(CancellationToken ct)
    {
        var queued = 0;
        await foreach (var row in tables.QueryAllAsync(Pending, Marks, ct))
        {
            if (!IsLost(row, TimeSpan.Zero)) continue;
            var next = new TableRow(row.PartitionKey, row.RowKey) { ["Due"] = time.GetUtcNow() };
            if ((await tables.ReplaceAsync(Pending, next, row.ETag, ct)).State != WriteState.Written) continue;
            var ids = row.RowKey.Split('|');
            await QueueAsync(new ReplyMessage(ids[0], ids[1]), TimeSpan.Zero, ct);
            queued++;
        }

        return queued;
    }

    /// <summary>Number of replies being sent, and how many of them are stuck; at most a thousand are checked.</summary>
    public async Task<(int Waiting, int Lost)> CountAsync(CancellationToken ct)
    {
        var (waiting, lost) = (0, 0);
        await foreach (var row in tables.QueryAllAsync(Pending, Marks, ct))
        {
            waiting++;
            if (IsLost(row, LostAfter)) lost++;
            if (waiting == MostCounted) break;
        }

        return (waiting, lost);
    }

    private bool IsLost(TableRow row, TimeSpan grace) => time.GetUtcNow() >= row.Time("Due") + LostAfter + grace;

    private static string MarkPartition(ReplyMessage pointer) => MarkPrefix + pointer.CaseId[^1];

    /// <summary>A text as networks keep it: its words, not every blank.</summary>
    public static string Words(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private static string TextKey(Contact contact, string text) =>
        CaseKeys.Contact(contact.Channel, contact.Account, $"{contact.ThreadKey!.Length}:{contact.ThreadKey}{Words(text)}");

    private static string MarkRow(ReplyMessage pointer) => $"{pointer.CaseId}|{pointer.ReplyId}";
}
