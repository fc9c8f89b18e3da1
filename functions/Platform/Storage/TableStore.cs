using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text;
using Azure;
using Azure.Data.Tables;
using Serverless.Platform.Telemetry;

namespace Serverless.Platform.Storage;

/// <summary>
/// Rows in Table Storage. A table that does not exist is created by the first write and reads as empty. Limits of the service are checked
/// here
/// (<see cref="ArgumentException"/> with a sentence); what storage cannot do is a <see cref="StorageUnavailableException"/>; a retried call
/// may have
/// been done by its first try, so callers are idempotent. Source:
/// https://learn.microsoft.com/en-us/rest/api/storageservices/table-service-rest-api
/// </summary>
public sealed class TableStore
{
    private readonly Lazy<TableServiceClient> _service;
    private readonly Lazy<TableServiceClient> _counting;
    private readonly ConcurrentDictionary<string, TableClient> _tables = new(StringComparer.Ordinal);
    private readonly StorageFailures _failures;

    public TableStore(StorageAccount account, CallCount count)
    {
        _service = new(() => account.TableService(count.CountStorage));
        _counting = new(() => account.TableService(count.CountStorage, countBytes: true));
        _failures = new StorageFailures(account.Setting, "Storage Table Data Contributor");
    }

    /// <summary>Writes a new row: Written or Exists.</summary>
    public async Task<WriteResult> InsertAsync(string table, TableRow row, CancellationToken ct)
    {
        var client = Client(table);
        TableLimits.CheckRow(row);
        return await WriteAsync(row, client.AddEntityAsync(row.Entity, ct), ct)
            ?? await WriteAsync(row, (await CreateAsync(client, ct)).AddEntityAsync(row.Entity, ct), ct)
            ?? throw NoTable;
    }

    /// <summary>Writes the whole row, replacing any other: always Written.</summary>
    public async Task<WriteResult> UpsertAsync(string table, TableRow row, CancellationToken ct)
    {
        var client = Client(table);
        TableLimits.CheckRow(row);
        return await WriteAsync(row, client.UpsertEntityAsync(row.Entity, TableUpdateMode.Replace, ct), ct)
            ?? await WriteAsync(row, (await CreateAsync(client, ct)).UpsertEntityAsync(row.Entity, TableUpdateMode.Replace, ct), ct)
            ?? throw NoTable;
    }

    /// <summary>Writes the whole row if it still is the version named: Written, Changed or Missing.</summary>
    public Task<WriteResult> ReplaceAsync(string table, TableRow row, ETag ifMatch, CancellationToken ct) =>
        UpdateAsync(table, row, ifMatch, TableUpdateMode.Replace, ct);

    /// <summary>Sets the row's properties and leaves the others: Written, Changed or Missing. With <see cref="ETag.All"/> any version, but
    /// never a new row.</summary>
    public Task<WriteResult> MergeAsync(string table, TableRow row, ETag ifMatch, CancellationToken ct) =>
        UpdateAsync(table, row, ifMatch, TableUpdateMode.Merge, ct);

    /// <summary>Deletes a row: Written, Changed or Missing.</summary>
    public async Task<WriteResult> DeleteAsync(string table, string partitionKey, string rowKey, ETag ifMatch, CancellationToken ct)
    {
        var client = Client(table);
        TableLimits.CheckKeys(partitionKey, rowKey);
        return await WriteAsync(null, client.DeleteEntityAsync(partitionKey, rowKey, TableBatch.Named(ifMatch), ct), ct) ?? Missing;
    }

    /// <summary>Number of matching rows, counted up to a bound.</summary>
    public async Task<RowCount> CountAsync(string table, TableQuery query, int most, CancellationToken ct)
    {
        var count = 0;
        await foreach (var _ in QueryAllAsync(table, query.Select("RowKey"), ct))
            if (++count == most) return new RowCount(count, More: true);
        return new RowCount(count, More: false);
    }

    /// <summary>Deletes rows of one partition, a hundred a call; missing rows are ignored.</summary>
    public async Task DeleteAllAsync(string table, IEnumerable<TableRow> rows, CancellationToken ct)
    {
        foreach (var some in rows.Chunk(TableLimits.BatchOperations))
        {
            var batch = await BatchAsync(table,
                [.. some.Select(TableOperation (r) => new TableOperation.Delete(r.PartitionKey, r.RowKey, ETag.All))], ct);
            // A row deleted concurrently fails the whole batch.
            if (batch.State != WriteState.Written) foreach (var row in some)
                await DeleteAsync(table, row.PartitionKey, row.RowKey, ETag.All, ct);
        }
    }

    /// <summary>One row, or null. <paramref name="select"/> names the properties wanted, with commas.</summary>
    public async Task<TableRow?> GetAsync(string table, string partitionKey, string rowKey, CancellationToken ct, string? select = null)
    {
        var client = Client(table);
        TableLimits.CheckKeys(partitionKey, rowKey);
        string[]? wanted = select is null ? null : ["PartitionKey", "RowKey", select];
        try
        {
            var answer = await _failures.AskAsync(client.GetEntityIfExistsAsync<TableEntity>(partitionKey, rowKey, wanted, ct), ct);
            if (answer.HasValue) return new TableRow(answer.Value!);
            // A 404 that is not the table service's own says nothing about the row.
            var refusal = new RequestFailedException(answer.GetRawResponse());
            return refusal.ErrorCode is "ResourceNotFound" or "TableNotFound" ? null : throw refusal;
        }
        catch (RequestFailedException e)
        {
            throw _failures.Refused(e);
        }
    }

    /// <summary>One page. A continuation that did not come from here is an <see cref="ArgumentException"/>.</summary>
    public async Task<TablePage> QueryAsync(string table, TableQuery query, CancellationToken ct, string? continuation = null)
    {
        var rows = Client(table).QueryAsync<TableEntity>(query.Filter, query.PageSize, query.Properties, ct);
        try
        {
            await using var pages = rows.AsPages(Opened(continuation)).GetAsyncEnumerator(ct);
            if (!await _failures.AskAsync(pages.MoveNextAsync().AsTask(), ct)) return new TablePage([], null);
            return new TablePage([.. pages.Current.Values.Select(row => new TableRow(row))], Closed(pages.Current.ContinuationToken));
        }
        catch (RequestFailedException e) when (e is { Status: 404, ErrorCode: "TableNotFound" or "ResourceNotFound" })
        {
            return new TablePage([], null);
        }
        catch (RequestFailedException e) when (e.Status == 400 && continuation is not null)
        {
            throw NotOfThisQuery(continuation);
        }
        catch (RequestFailedException e)
        {
            throw _failures.Refused(e);
        }
    }

    /// <summary>All rows, page by page.</summary>
    public async IAsyncEnumerable<TableRow> QueryAllAsync(string table, TableQuery query, [EnumeratorCancellation] CancellationToken ct)
    {
        string? continuation = null;
        do
        {
            var page = await QueryAsync(table, query, ct, continuation);
            foreach (var row in page.Rows) yield return row;
            continuation = page.Continuation;
        }
        while (continuation is not null);
    }

    /// <summary>All operations or none: at most 100, in one partition, no row twice, at most 4 MiB. Rows written get their new
    /// ETag.</summary>
    public async Task<BatchResult> BatchAsync(string table, IReadOnlyList<TableOperation> operations, CancellationToken ct)
    {
        var client = Client(table);
        var actions = TableBatch.Actions(operations, out var mayBeTooLong);
        if (mayBeTooLong) client = _counting.Value.GetTableClient(table);
        return await SubmitAsync(client, actions, operations, ct)
            ?? await SubmitAsync(await CreateAsync(client, ct), actions, operations, ct)
            ?? throw NoTable;
    }

    /// <summary>Deletes a table with all its rows, if there is one. For half a minute or more its name cannot be used again.</summary>
    public async Task DropAsync(string table, CancellationToken ct)
    {
        try
        {
            await _failures.AskAsync(Client(table).DeleteAsync(ct), ct);
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            // Gone already.
        }
        catch (RequestFailedException e)
        {
            throw _failures.Refused(e);
        }
    }

    private static WriteResult Missing => new(WriteState.Missing, default);

    private StorageUnavailableException NoTable => _failures.Refused(404, "TableNotFound");

    private static ArgumentException NotOfThisQuery(string continuation) =>
        new("The continuation is not one of this query.", nameof(continuation));

    private TableClient Client(string table)
    {
        if (_tables.TryGetValue(table, out var client)) return client;
        TableLimits.CheckTable(table);
        return _tables.GetOrAdd(table, _service.Value.GetTableClient(table));
    }

    private async Task<WriteResult> UpdateAsync(string table, TableRow row, ETag ifMatch, TableUpdateMode mode, CancellationToken ct)
    {
        var client = Client(table);
        TableLimits.CheckRow(row);
        return await WriteAsync(row, client.UpdateEntityAsync(row.Entity, TableBatch.Named(ifMatch), mode, ct), ct) ?? Missing;
    }

    // Null: there is no such table.
    private async Task<WriteResult?> WriteAsync(TableRow? row, Task<Response> call, CancellationToken ct)
    {
        try
        {
            var answer = await _failures.AskAsync(call, ct);
            if (answer.Status == 404) return Missing; // a delete, which the SDK does not call a failure
            var version = answer.Headers.ETag ?? default;
            if (row is not null) row.ETag = version;
            return new WriteResult(WriteState.Written, version);
        }
        catch (RequestFailedException e) when (e.ErrorCode is "TableNotFound")
        {
            return null;
        }
        catch (RequestFailedException e) when (StateOf(e) is not null)
        {
            return new WriteResult(StateOf(e)!.Value, default);
        }
        catch (RequestFailedException e)
        {
            throw _failures.Refused(e);
        }
    }

    // Null: there is no such table.
    private async Task<BatchResult?> SubmitAsync(TableClient client, List<TableTransactionAction> actions,
        IReadOnlyList<TableOperation> operations, CancellationToken ct)
    {
        try
        {
            var answers = (await _failures.AskAsync(client.SubmitTransactionAsync(actions, ct), ct)).Value;
            if (answers.Count != operations.Count)
                throw new StorageUnavailableException($"Storage answered {answers.Count} of {operations.Count} operations of a batch.",
                    202);
            TableBatch.SetVersions(operations, answers);
            return new BatchResult(WriteState.Written, -1);
        }
        catch (RequestFailedException e) when (e.ErrorCode is "TableNotFound")
        {
            return null;
        }
        catch (TableTransactionFailedException e) when (StateOf(e) is not null)
        {
            // The service leaves the index out when the first operation fails alone.
            return new BatchResult(StateOf(e)!.Value, e.FailedTransactionActionIndex ?? 0);
        }
        catch (RequestFailedException e)
        {
            throw _failures.Refused(e);
        }
    }

    // What a write may find that is an answer to its caller, and no trouble.
    private static WriteState? StateOf(RequestFailedException e) => (e.Status, e.ErrorCode) switch
    {
        (412, _) => WriteState.Changed,
        (409, "EntityAlreadyExists") => WriteState.Exists,
        (404, "ResourceNotFound" or "EntityNotFound") => WriteState.Missing,
        _ => null,
    };

    // Not CreateIfNotExists: it writes its body by reflection.
    private async Task<TableClient> CreateAsync(TableClient client, CancellationToken ct)
    {
        try
        {
            await _failures.AskAsync(client.CreateAsync(ct), ct);
        }
        catch (RequestFailedException e) when (e.ErrorCode is "TableAlreadyExists")
        {
            // A concurrent caller was first.
        }
        catch (RequestFailedException e)
        {
            throw _failures.Refused(e);
        }

        return client;
    }

    // The SDK's text holds a space, and it reads text that it did not write as the beginning.
    private static string? Closed(string? token) => token is null ? null : Base64Url.EncodeToString(Encoding.UTF8.GetBytes(token));

    private static string? Opened(string? continuation)
    {
        if (continuation is null) return null;
        if (!Base64Url.IsValid(continuation)) throw NotOfThisQuery(continuation);
        var token = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(continuation));
        return token.IndexOf(' ', StringComparison.Ordinal) > 0 ? token : throw NotOfThisQuery(continuation);
    }
}
