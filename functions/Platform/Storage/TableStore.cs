using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Text;
using Azure;
using Azure.Core;
using Serverless.Cloud;
using Serverless.Telemetry;

namespace Serverless.Platform.Storage;

/// <summary>
/// Rows in Table Storage. A table that does not exist is created by the first write and reads as empty. Limits of the service are checked here
/// (<see cref="ArgumentException"/> with a sentence); what storage cannot do is a <see cref="StorageUnavailableException"/>; a retried call may have
/// been done by its first try, so callers are idempotent. Source: https://learn.microsoft.com/en-us/rest/api/storageservices/table-service-rest-api
/// </summary>
public sealed class TableStore
{
    private const string Json = "application/json";
    private const string JsonWithTypes = "application/json;odata=minimalmetadata";
    private static readonly RequestMethod MergeMethod = RequestMethod.Parse("MERGE");
    private readonly StorageCalls _calls;
    private readonly TableBatch _batch;

    public TableStore(StorageAccount account, CallCount count)
    {
        var pipeline = CloudPipeline.Build(account.Transport, account.Authentication(forTables: true), count.CountStorage);
        _calls = new StorageCalls(pipeline, account.Tables, "2019-02-02", account.Setting, "Storage Table Data Contributor");
        _batch = new TableBatch(_calls);
    }

    /// <summary>Writes a new row: Written or Exists.</summary>
    public async Task<WriteResult> InsertAsync(string table, TableRow row, CancellationToken ct)
    {
        TableLimits.CheckTable(table);
        var result = await WriteAsync(RequestMethod.Post, table, row, null, ct);
        if (result is not null) return result.Value;
        await CreateAsync(table, ct);
        return await WriteAsync(RequestMethod.Post, table, row, null, ct) ?? throw _calls.Refused(404, "TableNotFound");
    }

    /// <summary>Writes the whole row, whatever was there: always Written.</summary>
    public async Task<WriteResult> UpsertAsync(string table, TableRow row, CancellationToken ct)
    {
        TableLimits.CheckTable(table);
        var path = RowPath(table, row.PartitionKey, row.RowKey);
        var result = await WriteAsync(RequestMethod.Put, path, row, null, ct);
        if (result is not null) return result.Value;
        await CreateAsync(table, ct);
        return await WriteAsync(RequestMethod.Put, path, row, null, ct) ?? throw _calls.Refused(404, "TableNotFound");
    }

    /// <summary>Writes the whole row if it still is the version named: Written, Changed or Missing.</summary>
    public async Task<WriteResult> ReplaceAsync(string table, TableRow row, ETag ifMatch, CancellationToken ct)
    {
        TableLimits.CheckTable(table);
        return await WriteAsync(RequestMethod.Put, RowPath(table, row.PartitionKey, row.RowKey), row, Condition(ifMatch), ct) ?? Missing;
    }

    /// <summary>Sets the row's properties and leaves the others: Written, Changed or Missing. With <see cref="ETag.All"/> any version, but never a new row.</summary>
    public async Task<WriteResult> MergeAsync(string table, TableRow row, ETag ifMatch, CancellationToken ct)
    {
        TableLimits.CheckTable(table);
        return await WriteAsync(MergeMethod, RowPath(table, row.PartitionKey, row.RowKey), row, Condition(ifMatch), ct) ?? Missing;
    }

    /// <summary>Takes a row away: Written, Changed or Missing.</summary>
    public async Task<WriteResult> DeleteAsync(string table, string partitionKey, string rowKey, ETag ifMatch, CancellationToken ct)
    {
        TableLimits.CheckTable(table);
        using var message = _calls.Create(RequestMethod.Delete, RowPath(table, partitionKey, rowKey));
        message.Request.Headers.Add("If-Match", Condition(ifMatch));
        message.Request.Headers.Add("Accept", JsonWithTypes);
        return Result(await _calls.SendAsync(message, ct)) ?? Missing;
    }

    /// <summary>How many rows match, counted up to a bound.</summary>
    public async Task<RowCount> CountAsync(string table, TableQuery query, int most, CancellationToken ct)
    {
        var count = 0;
        await foreach (var _ in QueryAllAsync(table, query.Select("RowKey"), ct))
            if (++count == most) return new RowCount(count, More: true);
        return new RowCount(count, More: false);
    }

    /// <summary>Takes rows of one partition away, a hundred a call; what is gone already does no harm.</summary>
    public async Task DeleteAllAsync(string table, IEnumerable<TableRow> rows, CancellationToken ct)
    {
        foreach (var some in rows.Chunk(TableLimits.BatchOperations))
        {
            var batch = await BatchAsync(table, [.. some.Select(TableOperation (r) => new TableOperation.Delete(r.PartitionKey, r.RowKey, ETag.All))], ct);
            // One that somebody else deleted fails the whole batch.
            if (batch.State != WriteState.Written) foreach (var row in some) await DeleteAsync(table, row.PartitionKey, row.RowKey, ETag.All, ct);
        }
    }

    /// <summary>One row, or null. <paramref name="select"/> names the properties wanted, with commas.</summary>
    public async Task<TableRow?> GetAsync(string table, string partitionKey, string rowKey, CancellationToken ct, string? select = null)
    {
        TableLimits.CheckTable(table);
        var path = RowPath(table, partitionKey, rowKey);
        using var message = _calls.Create(RequestMethod.Get, select is null ? path : $"{path}?$select={Uri.EscapeDataString("PartitionKey,RowKey," + select)}");
        message.Request.Headers.Add("Accept", JsonWithTypes);
        var response = await _calls.SendAsync(message, ct);
        if (response.Status == 404) return StorageCalls.Code(response) is "ResourceNotFound" or "TableNotFound" ? null : throw _calls.Refused(response);
        if (response.Status != 200) throw _calls.Refused(response);
        var row = TableRowJson.ReadRow(response.Content.ToMemory().Span);
        if (response.Headers.ETag is { } etag) row.ETag = etag;
        return row;
    }

    /// <summary>One page. A continuation that did not come from here is an <see cref="ArgumentException"/>.</summary>
    public async Task<TablePage> QueryAsync(string table, TableQuery query, CancellationToken ct, string? continuation = null)
    {
        TableLimits.CheckTable(table);
        using var message = _calls.Create(RequestMethod.Get, QueryPath(table, query, continuation));
        message.Request.Headers.Add("Accept", JsonWithTypes);
        var response = await _calls.SendAsync(message, ct);
        if (response.Status == 404 && StorageCalls.Code(response) is "TableNotFound" or "ResourceNotFound") return new TablePage([], null);
        if (response.Status == 400 && continuation is not null) throw new ArgumentException("The continuation is not one of this query.", nameof(continuation));
        if (response.Status != 200) throw _calls.Refused(response);
        return new TablePage(TableRowJson.ReadPage(response.Content.ToMemory().Span), Continuation(response));
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

    /// <summary>All operations or none: at most 100, in one partition, no row twice, at most 4 MiB. Rows written get their new ETag.</summary>
    public async Task<BatchResult> BatchAsync(string table, IReadOnlyList<TableOperation> operations, CancellationToken ct)
    {
        TableLimits.CheckTable(table);
        TableBatch.Check(operations);
        var result = await _batch.SendAsync(table, operations, ct);
        if (result is not null) return result.Value;
        await CreateAsync(table, ct);
        return await _batch.SendAsync(table, operations, ct) ?? throw _calls.Refused(404, "TableNotFound");
    }

    /// <summary>Takes a table away with all its rows; nothing happens when there is none. For half a minute or more its name cannot be used again.</summary>
    public async Task DropAsync(string table, CancellationToken ct)
    {
        TableLimits.CheckTable(table);
        using var message = _calls.Create(RequestMethod.Delete, $"Tables('{table}')");
        message.Request.Headers.Add("Accept", JsonWithTypes);
        var response = await _calls.SendAsync(message, ct);
        if (response.Status is not (204 or 404)) throw _calls.Refused(response);
    }

    internal static string RowPath(string table, string partitionKey, string rowKey)
    {
        TableLimits.CheckKey(partitionKey, nameof(partitionKey));
        TableLimits.CheckKey(rowKey, nameof(rowKey));
        return string.Concat($"{table}(PartitionKey='", Escape(partitionKey), "',RowKey='", Escape(rowKey) + "')");
    }

    // No ETag would mean "insert or merge" on the wire, which brings an erased row back.
    internal static string Condition(ETag ifMatch) => ifMatch == default
        ? throw new ArgumentException("Name the version that the row must have, or ETag.All.", nameof(ifMatch))
        : ifMatch.ToString("H");

    private static WriteResult Missing => new(WriteState.Missing, default);

    private static string Escape(string key) => Uri.EscapeDataString(key.Replace("'", "''", StringComparison.Ordinal));

    // Null: there is no such table.
    private async ValueTask<WriteResult?> WriteAsync(RequestMethod method, string path, TableRow row, string? ifMatch, CancellationToken ct)
    {
        TableLimits.CheckRow(row);
        var body = new PooledBuffer();
        var json = body.Json();
        TableRowJson.Write(json, row);
        json.Flush();
        using var message = _calls.Create(method, path);
        var headers = message.Request.Headers;
        headers.Add("Accept", JsonWithTypes);
        headers.Add("Content-Type", Json);
        headers.Add("Prefer", "return-no-content");
        if (ifMatch is not null) headers.Add("If-Match", ifMatch);
        message.Request.Content = RequestContent.Create(body.Written);
        var result = Result(await _calls.SendAsync(message, ct));
        if (result is { State: WriteState.Written })
        {
            row.ETag = result.Value.ETag;
            body.Return();
        }

        return result;
    }

    private WriteResult? Result(Response response)
    {
        if (response.Status is 204 or 201 or 200) return new WriteResult(WriteState.Written, response.Headers.ETag ?? default);
        if (response.Status == 412) return new WriteResult(WriteState.Changed, default);
        var code = StorageCalls.Code(response);
        return (response.Status, code) switch
        {
            (409, "EntityAlreadyExists") => new WriteResult(WriteState.Exists, default),
            (404, "ResourceNotFound" or "EntityNotFound") => Missing,
            (404, "TableNotFound") => null,
            _ => throw _calls.Refused(response.Status, code),
        };
    }

    private async Task CreateAsync(string table, CancellationToken ct)
    {
        using var message = _calls.Create(RequestMethod.Post, "Tables");
        message.Request.Headers.Add("Accept", JsonWithTypes);
        message.Request.Headers.Add("Content-Type", Json);
        message.Request.Headers.Add("Prefer", "return-no-content");
        message.Request.Content = RequestContent.Create(Encoding.UTF8.GetBytes($$"""{"TableName":"{{table}}"}"""));
        var response = await _calls.SendAsync(message, ct);
        if (response.Status is 201 or 204) return;
        var code = StorageCalls.Code(response);
        if (code is not "TableAlreadyExists") throw _calls.Refused(response.Status, code);
    }

    private static string QueryPath(string table, TableQuery query, string? continuation)
    {
        var path = new StringBuilder(table).Append("()?$filter=").Append(Uri.EscapeDataString(query.Filter));
        if (query.Properties is { } properties) path.Append("&$select=").Append(Uri.EscapeDataString(properties));
        if (query.PageSize is { } top) path.Append("&$top=").Append(top);
        if (continuation is null) return path.ToString();
        if (!Base64Url.IsValid(continuation)) throw new ArgumentException("The continuation is not one of this query.", nameof(continuation));
        var keys = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(continuation)).Split('\n');
        path.Append("&NextPartitionKey=").Append(Uri.EscapeDataString(keys[0]));
        if (keys.Length > 1) path.Append("&NextRowKey=").Append(Uri.EscapeDataString(keys[1]));
        return path.ToString();
    }

    private static string? Continuation(Response response)
    {
        if (!response.Headers.TryGetValue("x-ms-continuation-NextPartitionKey", out var partition)) return null;
        var text = response.Headers.TryGetValue("x-ms-continuation-NextRowKey", out var row) ? $"{partition}\n{row}" : partition;
        return Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
    }
}
