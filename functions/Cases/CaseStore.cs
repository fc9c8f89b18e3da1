using System.Text.Json;
using Azure;
using Serverless.Cases.Rules;
using Serverless.Contacts;
using Serverless.Outbox;
using Serverless.Platform.Storage;

namespace Serverless.Cases;

/// <summary>A case as rows of one partition: head, contact events, history, outbox. One batch is the transaction (D4).</summary>
public sealed class CaseStore(TableStore tables, BlobStore blobs)
{
    public const string Table = "cases";
    private const string Blobs = "contacts";
    private const string Waiting = "waiting";

    /// <summary>State of a head that is left of an erased case: a tombstone, which no copy and no replay revives (P12).</summary>
    public const string Erased = "erased";

    /// <summary>A head and the ETag it was read with. Null head: no case yet, but events wait in its partition for the contact that opens
    /// it; or an erased one.</summary>
    public sealed record Versioned(Case? Head, ETag ETag, bool IsErased = false);

    /// <summary>The stored event of a contact: whose delivery it came with, and what end that delivery got for it.</summary>
    public sealed record Origin(string Delivery, string End);

    public async Task<Versioned?> HeadAsync(string caseId, CancellationToken ct)
    {
        var row = await tables.GetAsync(Table, caseId, CaseKeys.Head, ct);
        return row is null ? null
            : new Versioned(row.Text("State") is Waiting or Erased ? null : HeadColumns.Read(row), row.ETag, row.Text("State") == Erased);
    }

    /// <summary>Replaces the head by a tombstone and adds the events to publish; false when it changed since it was read.</summary>
    public async Task<bool> BuryAsync(string caseId, ETag read, DateTimeOffset at, OutboxEntry? told, CancellationToken ct)
    {
        List<TableOperation> operations =
            [new TableOperation.Replace(new TableRow(caseId, CaseKeys.Head) { ["State"] = Erased, ["ErasedAt"] = at }, read)];
        if (told is not null) AddEntries(operations, caseId, [told], history: false);
        return (await tables.BatchAsync(Table, operations, ct)).State == WriteState.Written;
    }

    /// <summary>All rows of a case as they are stored, head and outbox apart.</summary>
    public async Task<List<TableRow>> RowsAsync(string caseId, CancellationToken ct)
    {
        List<TableRow> rows = [];
        await foreach (var row in tables.QueryAllAsync(Table, TableQuery.Partition(caseId), ct))
            if (row.RowKey != CaseKeys.Head && !row.RowKey.StartsWith(CaseKeys.OutboxPrefix, StringComparison.Ordinal)) rows.Add(row);
        return rows;
    }

    /// <summary>A page of the events of all cases, each with its case's id: a walk through the whole table, for a rare question about a
    /// person.</summary>
    public async Task<(IReadOnlyList<(string CaseId, StoredEvent Event)> Events, string? Continuation)> EventsOfAllAsync(int top,
        string? continuation, CancellationToken ct)
    {
        // Ids are hex digits.
        var page = await tables.QueryAsync(Table, TableQuery.Partitions("0", "g").RowPrefix(CaseKeys.EventPrefix).Top(top), ct,
            continuation);
        List<(string, StoredEvent)> events = [];
        foreach (var row in page.Rows) events.Add((row.PartitionKey, await ReadEventAsync(row, ct)));
        return (events, page.Continuation);
    }

    /// <summary>Takes rows of a case away, and the blobs of events that no longer fit into a row, those too that a commit left behind which
    /// came to nothing.</summary>
    public async Task TakeAwayAsync(string caseId, IReadOnlyList<TableRow> rows, CancellationToken ct)
    {
        // Rows first: a row whose blob is missing could not be read when this is repeated.
        await tables.DeleteAllAsync(Table, rows, ct);
        await foreach (var blob in blobs.ListAsync(Blobs, $"{caseId}/", ct)) await blobs.DeleteAsync(Blobs, blob, ct);
    }

    /// <summary>Origin of an event that is already stored; null when it is not stored.</summary>
    public async Task<Origin?> OriginAsync(string caseId, ContactEvent e, CancellationToken ct)
    {
        var row = await tables.GetAsync(Table, caseId, CaseKeys.Event(e), ct, "Delivery,End");
        return row is null ? null : new Origin(row.Text("Delivery") ?? "", row.Text("End") ?? "");
    }

    /// <summary>A stored event by its row key, and the ETag of the row; null when it is not there.</summary>
    public async Task<(StoredEvent Event, ETag ETag)?> EventAsync(string caseId, string eventKey, CancellationToken ct) =>
        await tables.GetAsync(Table, caseId, eventKey, ct) is { } row ? (await ReadEventAsync(row, ct), row.ETag) : null;

    /// <summary>Replaces an event and adds the events to publish.</summary>
    public async Task<BatchResult> RewriteAsync(string caseId, StoredEvent known, ContactEvent e, ETag replaces, string end,
        IReadOnlyList<OutboxEntry> entries, CancellationToken ct)
    {
        var operations =
            new List<TableOperation> { new TableOperation.Replace(await EventRowAsync(caseId, e, new Origin(known.Delivery, end), ct),
                replaces) };
        AddEntries(operations, caseId, entries);
        return await tables.BatchAsync(Table, operations, ct);
    }

    /// <summary>Every event of one contact.</summary>
    public async Task<List<ContactEvent>> EventsOfAsync(string caseId, string contactId, CancellationToken ct) =>
        [.. (await StoredOfAsync(caseId, contactId, ct)).Select(e => e.Event)];

    /// <summary>Every event of one contact as the case keeps it.</summary>
    public async Task<List<StoredEvent>> StoredOfAsync(string caseId, string contactId, CancellationToken ct)
    {
        List<StoredEvent> events = [];
        await foreach (var row in tables.QueryAllAsync(Table, TableQuery.Partition(caseId).RowPrefix(CaseKeys.EventsOf(contactId)), ct))
            events.Add(await ReadEventAsync(row, ct));
        return events;
    }

    /// <summary>Events that waited for the contact that opens their case.</summary>
    public async Task<List<StoredEvent>> WaitingAsync(string caseId, CancellationToken ct)
    {
        List<StoredEvent> events = [];
        await foreach (var row in tables.QueryAllAsync(Table, TableQuery.Partition(caseId).RowPrefix(CaseKeys.EventPrefix), ct))
            events.Add(await ReadEventAsync(row, ct));
        return events;
    }

    /// <summary>Writes a contact's event, the head if given, and the events to publish in one batch.</summary>
    /// <param name="caseId">The partition.</param>
    /// <param name="e">The event; its row comes first in the batch, so that a failure at index 0 says it is stored already.</param>
    /// <param name="origin">Its origin and outcome.</param>
    /// <param name="head">The new head, and the ETag of the one it replaces; a null case says that the event waits; null ETag for a first
    /// head; null leaves the head alone.</param>
    /// <param name="entries">Events to publish.</param>
    /// <param name="isNew">Whether nothing is stored of its contact; the batch fails when something is.</param>
    /// <param name="ct">Cancels.</param>
    /// <param name="promises">Promises that were made or changed with it; their rows are guarded by the head's version.</param>
    public async Task<BatchResult> CommitAsync(string caseId, ContactEvent e, Origin origin, (Case? Head, ETag? Replaces)? head,
        IReadOnlyList<OutboxEntry> entries, bool isNew, CancellationToken ct, IReadOnlyList<Promise>? promises = null)
    {
        var operations = new List<TableOperation>(4
            + (2 * entries.Count)) { new TableOperation.Insert(await EventRowAsync(caseId, e, origin, ct)) };
        AddHead(operations, caseId, head);
        PromiseRows.AddTo(operations, caseId, promises);
        AddEntries(operations, caseId, entries);
        if (isNew)
        {
            operations.Add(new TableOperation.Insert(new TableRow(caseId, CaseKeys.ContactPrefix + CaseKeys.Contact(e.Contact))));
            operations.Add(new TableOperation.Insert(new TableRow(caseId, CaseKeys.Order(e.Contact))));
        }

        return await tables.BatchAsync(Table, operations, ct);
    }

    /// <summary>Writes a change of the head that no contact caused, and the events to publish.</summary>
    public Task<BatchResult> CommitAsync(Case head, ETag replaces, IReadOnlyList<OutboxEntry> entries, CancellationToken ct,
        IReadOnlyList<Promise>? promises = null)
    {
        var operations = new List<TableOperation>();
        AddHead(operations, head.Id, (head, replaces));
        PromiseRows.AddTo(operations, head.Id, promises);
        AddEntries(operations, head.Id, entries);
        return tables.BatchAsync(Table, operations, ct);
    }

    /// <summary>Every row of a case, in one pass; null when there is no head.</summary>
    public Task<Rows?> ReadAsync(string caseId, CancellationToken ct) => ReadAsync(TableQuery.Partition(caseId), ct);

    /// <summary>
    /// Of a case its head, one contact and the automatic replies, in one call whose size does not grow with the conversation; null when
    /// there is no head.
    /// </summary>
    public Task<Rows?> ReadAsync(string caseId, string contactId, CancellationToken ct)
    {
        var events = TableQuery.Within(CaseKeys.EventsOf(contactId));
        return ReadAsync(TableQuery.Partition(caseId)
            .Where($"RowKey eq '{CaseKeys.Head}' or ({events}) or ({TableQuery.Within(CaseKeys.ReplyPrefix)} and Automatic eq true)"), ct);
    }

    private async Task<Rows?> ReadAsync(TableQuery query, CancellationToken ct)
    {
        Case? head = null;
        var read = new Rows(null!, [], [], [], [], []);
        await foreach (var row in tables.QueryAllAsync(Table, query, ct))
        {
            if (row.RowKey == CaseKeys.Head) head = row.Text("State") is Waiting or Erased ? null : HeadColumns.Read(row);
            else if (row.RowKey.StartsWith(CaseKeys.EventPrefix, StringComparison.Ordinal)) read.Events.Add(await ReadEventAsync(row, ct));
            else if (row.RowKey.StartsWith(CaseKeys.HistoryPrefix, StringComparison.Ordinal)) read.History.Add(row);
            else if (row.RowKey.StartsWith(CaseKeys.AttachmentPrefix, StringComparison.Ordinal)) read.Files.Add(AttachmentRows.Read(row));
            else if (row.RowKey.StartsWith(CaseKeys.ReplyPrefix, StringComparison.Ordinal)) read.Replies.Add(CaseReplies.Read(row));
            else if (row.RowKey.StartsWith(CaseKeys.PromisePrefix, StringComparison.Ordinal)) read.Promises.AddRange(PromiseRows.Read(row));
        }

        return head is null ? null : read with { Head = head };
    }

    /// <summary>Rows of a case.</summary>
    /// <param name="Head">Its head.</param>
    /// <param name="Events">Events of its contacts.</param>
    /// <param name="History">Its published events, latest first.</param>
    /// <param name="Files">Files that came with contacts.</param>
    /// <param name="Replies">Texts to the customer that were written here.</param>
    /// <param name="Promises">Promises, in no order.</param>
    public sealed record Rows(
        Case Head, List<StoredEvent> Events, List<TableRow> History, List<AttachmentRows.Row> Files, List<CaseReply> Replies,
        List<Promise> Promises);

    /// <summary>Claims the case's number: the first that no other case has.</summary>
    public async Task<string> ClaimNumberAsync(string caseId, CancellationToken ct)
    {
        for (var attempt = 0; ; attempt++)
        {
            var number = CaseNumber.For(caseId, attempt);
            var claimed = await tables.InsertAsync("numbers", new TableRow(number, "number") { ["CaseId"] = caseId }, ct);
            if (claimed.State == WriteState.Written || await FindByNumberAsync(number, ct) == caseId) return number;
        }
    }

    /// <summary>The id of the case with a number; null when there is none.</summary>
    public async Task<string?> FindByNumberAsync(string number, CancellationToken ct) =>
        (await tables.GetAsync("numbers", number, "number", ct))?.Text("CaseId");

    private static void AddHead(List<TableOperation> operations, string caseId, (Case? Head, ETag? Replaces)? head)
    {
        if (head is not { } change) return;
        var row = change.Head is null ? new TableRow(caseId, CaseKeys.Head) { ["State"] = Waiting } : HeadColumns.Write(change.Head);
        operations.Add(change.Replaces is { } etag ? new TableOperation.Replace(row, etag) : new TableOperation.Insert(row));
    }

    internal static void AddEntries(List<TableOperation> operations, string caseId, IReadOnlyList<OutboxEntry> entries, bool history = true)
    {
        foreach (var entry in entries)
        {
            var outbox = new TableRow(caseId, CaseKeys.OutboxPrefix + entry.Id) { ["Type"] = entry.Type, ["At"] = entry.At };
            outbox.SetBytes("Json", entry.Json);
            operations.Add(new TableOperation.Insert(outbox));
            if (!history) continue;
            var told = new TableRow(caseId, $"{CaseKeys.HistoryPrefix}{CaseKeys.Backwards(entry.At)}|{entry.Id}");
            told["Type"] = entry.Type;
            told["At"] = entry.At;
            told.SetBytes("Json", entry.Json);
            operations.Add(new TableOperation.Insert(told));
        }
    }

    private async Task<TableRow> EventRowAsync(string caseId, ContactEvent e, Origin origin, CancellationToken ct)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(e, ContactJson.Default.ContactEvent);
        var row = new TableRow(caseId, CaseKeys.Event(e))
        {
            ["Contact"] = CaseKeys.Contact(e.Contact),
            ["Delivery"] = origin.Delivery,
            ["End"] = origin.End,
            ["OccurredAt"] = e.Contact.OccurredAt,
        };
        if (json.Length <= TableRow.MaxBytes - 64 * 1024)
        {
            row.SetBytes("Json", json);
            return row;
        }

        var blob = $"{caseId}/{CaseKeys.Event(e)[CaseKeys.EventPrefix.Length..].Replace('|', '/')}";
        await blobs.PutAsync(Blobs, blob, json, ct);
        row["JsonBlob"] = blob;
        return row;
    }

    /// <summary>The event of a row.</summary>
    public async Task<StoredEvent> ReadEventAsync(TableRow row, CancellationToken ct)
    {
        var json = row.Text("JsonBlob") is { } blob ? await blobs.GetAsync(Blobs, blob, ct) : row.Bytes("Json");
        var e = JsonSerializer.Deserialize((json ?? default).Span, ContactJson.Default.ContactEvent)
            ?? throw new JsonException("A stored contact event is empty.");
        return new StoredEvent(row.Text("Contact") ?? "", row.Text("Delivery") ?? "", e, row.Text("End") ?? "");
    }
}

/// <summary>An event of a contact as stored in its case.</summary>
/// <param name="ContactId">Groups the events of one contact.</param>
/// <param name="Delivery">The delivery it came with, <c>channel/id</c>.</param>
/// <param name="Event">The event.</param>
/// <param name="End">The end word that its delivery got for it.</param>
public sealed record StoredEvent(string ContactId, string Delivery, ContactEvent Event, string End = "");
