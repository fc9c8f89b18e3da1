using System.Text.Json;
using Azure;
using Serverless.Cases.Rules;
using Serverless.Contacts;
using Serverless.Outbox;
using Serverless.Platform.Storage;

namespace Serverless.Cases;

/// <summary>Replies as rows of their case, which are authoritative; queue messages only carry their ids.</summary>
public sealed class CaseReplies(TableStore tables)
{
    /// <summary>A reply and the ETag it was read with.</summary>
    public sealed record Versioned(CaseReply Reply, ETag ETag);

    public async Task<Versioned?> FindAsync(string caseId, string replyId, CancellationToken ct) =>
        await tables.GetAsync(CaseStore.Table, caseId, CaseKeys.ReplyPrefix + replyId, ct) is { } row
        ? new Versioned(Read(row), row.ETag) : null;

    /// <summary>False when there is one of that id already.</summary>
    public async Task<bool> InsertAsync(string caseId, CaseReply reply, CancellationToken ct) =>
        (await tables.InsertAsync(CaseStore.Table, Write(caseId, reply), ct)).State == WriteState.Written;

    /// <summary>
    /// Writes the new state of a reply and its events in one batch. Null when the reply changed concurrently or was erased.
    /// </summary>
    public async Task<Versioned?> CommitAsync(string caseId, CaseReply reply, ETag replaces, IReadOnlyList<OutboxEntry> entries,
        CancellationToken ct)
    {
        var row = Write(caseId, reply);
        if (entries.Count == 0)
        {
            var written = await tables.ReplaceAsync(CaseStore.Table, row, replaces, ct);
            return written.State == WriteState.Written ? new Versioned(reply, written.ETag) : null;
        }

        List<TableOperation> operations = [new TableOperation.Replace(row, replaces)];
        CaseStore.AddEntries(operations, caseId, entries);
        return (await tables.BatchAsync(CaseStore.Table, operations, ct)).State == WriteState.Written
            ? new Versioned(reply, row.ETag) : null;
    }

    internal static CaseReply Read(TableRow row) => new()
    {
        Id = row.RowKey[CaseKeys.ReplyPrefix.Length..],
        State = Enum.TryParse<ReplyState>(row.Text("State"), out var state) ? state : ReplyState.Failed,
        StateAt = row.Time("StateAt") ?? default,
        To = row.Text("To") ?? "",
        Text = row.Bytes("Text") is { } text ? System.Text.Encoding.UTF8.GetString(text.Span) : "",
        InPrivate = row.Flag("InPrivate") ?? false,
        Template = row.Bytes("Template") is { } template ? JsonSerializer.Deserialize(template.Span, CaseJson.Default.ReplyTemplate) : null,
        Automatic = row.Flag("Automatic") ?? false,
        Owed = row.Flag("Owed") ?? false,
        CreatedAt = row.Time("CreatedAt") ?? default,
        Tries = row.Int("Tries") ?? 0,
        DueAt = row.Time("DueAt"),
        Reason = row.Text("Reason"),
        Detail = row.Text("Detail"),
        ContactId = row.Text("ContactId"),
        MaybeSent = row.Flag("MaybeSent") ?? false,
        Sent = row.Bytes("Sent") is { } sent ? JsonSerializer.Deserialize(sent.Span, ContactJson.Default.ContactEvent) : null,
        Known = row.Text("ExternalId") is { } id
        ? new MessageStatus(row.Text("Account") ?? "", id, MessageState.Sent, row.Time("SentAt") ?? default) : null,
    };

    private static TableRow Write(string caseId, CaseReply reply)
    {
        var row = new TableRow(caseId, CaseKeys.ReplyPrefix + reply.Id)
        {
            ["State"] = reply.State.ToString(),
            ["StateAt"] = reply.StateAt,
            ["To"] = reply.To,
            ["InPrivate"] = reply.InPrivate,
            ["Automatic"] = reply.Automatic ? true : null,
            ["Owed"] = reply.Owed ? true : null,
            ["CreatedAt"] = reply.CreatedAt,
            ["Tries"] = reply.Tries,
            ["DueAt"] = reply.DueAt,
            ["Reason"] = reply.Reason,
            ["Detail"] = reply.Detail,
            ["ContactId"] = reply.ContactId,
            ["MaybeSent"] = reply.MaybeSent,
            ["Account"] = reply.Known?.Account,
            ["ExternalId"] = reply.Known?.ExternalId,
            ["SentAt"] = reply.Known?.At,
        };
        row.SetBytes("Text", System.Text.Encoding.UTF8.GetBytes(reply.Text));
        if (reply.Template is { } template)
            row.SetBytes("Template", JsonSerializer.SerializeToUtf8Bytes(template, CaseJson.Default.ReplyTemplate));
        if (reply.Sent is { } sent) row.SetBytes("Sent", JsonSerializer.SerializeToUtf8Bytes(sent, ContactJson.Default.ContactEvent));
        return row;
    }
}
