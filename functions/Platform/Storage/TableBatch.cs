using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Azure;
using Azure.Core;

namespace Serverless.Platform.Storage;

/// <summary>
/// Speaks the entity group transaction: one multipart request with one change set, answered 202 whatever happened inside.
/// Source: https://learn.microsoft.com/en-us/rest/api/storageservices/performing-entity-group-transactions
/// </summary>
internal sealed class TableBatch(StorageCalls calls)
{
    public static void Check(IReadOnlyList<TableOperation> operations)
    {
        if (operations.Count is < 1 or > TableLimits.BatchOperations)
            throw new ArgumentException($"A batch has {operations.Count} operations; 1 to {TableLimits.BatchOperations} fit.", nameof(operations));
        var rows = new HashSet<string>(operations.Count, StringComparer.Ordinal);
        foreach (var operation in operations)
        {
            if (!string.Equals(operation.Partition, operations[0].Partition, StringComparison.Ordinal))
                throw new ArgumentException("All operations of a batch lie in one partition.", nameof(operations));
            if (!rows.Add(operation.Row)) throw new ArgumentException("A row occurs twice in a batch.", nameof(operations));
        }
    }

    /// <summary>Null: there is no such table.</summary>
    public async ValueTask<BatchResult?> SendAsync(string table, IReadOnlyList<TableOperation> operations, CancellationToken ct)
    {
        // Random, so that no text in a row can end its part early.
        var id = RandomNumberGenerator.GetHexString(32, lowercase: true);
        var body = new PooledBuffer();
        Write(body, id, table, operations);
        if (body.Length > TableLimits.BatchBytes)
            throw new ArgumentException($"A batch has {body.Length} bytes; {TableLimits.BatchBytes} fit.", nameof(operations));
        using var message = calls.Create(RequestMethod.Post, "$batch");
        message.Request.Headers.Add("Accept", "application/json;odata=minimalmetadata");
        message.Request.Headers.Add("Content-Type", $"multipart/mixed; boundary=batch_{id}");
        message.Request.Content = RequestContent.Create(body.Written);
        var response = await calls.SendAsync(message, ct);
        if (response.Status != 202)
        {
            var code = StorageCalls.Code(response);
            return code is "TableNotFound" ? null : throw calls.Refused(response.Status, code);
        }

        body.Return();
        return Read(response.Content.ToMemory().Span, operations);
    }

    private void Write(PooledBuffer body, string id, string table, IReadOnlyList<TableOperation> operations)
    {
        Text(body, $"--batch_{id}\r\nContent-Type: multipart/mixed; boundary=changeset_{id}\r\n\r\n");
        foreach (var operation in operations)
        {
            Text(body, $"--changeset_{id}\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n");
            var (method, row, ifMatch) = operation switch
            {
                TableOperation.Insert o => ("POST", o.Entity, null),
                TableOperation.Upsert o => ("PUT", o.Entity, null),
                TableOperation.Replace o => ("PUT", o.Entity, TableStore.Condition(o.IfMatch)),
                TableOperation.Merge o => ("MERGE", o.Entity, TableStore.Condition(o.IfMatch)),
                TableOperation.Delete o => ("DELETE", (TableRow?)null, TableStore.Condition(o.IfMatch)),
                _ => throw new ArgumentException("An unknown operation.", nameof(operations)),
            };
            var path = operation is TableOperation.Insert ? table : TableStore.RowPath(table, operation.Partition, operation.Row);
            Text(body, $"{method} {calls.Endpoint}{path} HTTP/1.1\r\nAccept: application/json;odata=minimalmetadata\r\nContent-Type: application/json\r\nPrefer: return-no-content\r\nDataServiceVersion: 3.0;\r\n");
            if (ifMatch is not null) Text(body, $"If-Match: {ifMatch}\r\n");
            Text(body, "\r\n");
            if (row is not null) Json(body, row);
            Text(body, "\r\n");
        }

        Text(body, $"--changeset_{id}--\r\n--batch_{id}--\r\n");
    }

    private static void Json(PooledBuffer body, TableRow row)
    {
        TableLimits.CheckRow(row);
        var json = body.Json();
        TableRowJson.Write(json, row);
        json.Flush();
    }

    private static void Text(PooledBuffer body, string text) => Encoding.UTF8.GetBytes(text, body);

    // One part per operation, or a single part that says which one failed: {"odata.error":{...,"message":{"value":"2:The specified entity already exists..."}}}
    private BatchResult? Read(ReadOnlySpan<byte> answer, IReadOnlyList<TableOperation> operations)
    {
        var index = 0;
        foreach (var part in new Parts(answer))
        {
            var status = Status(part);
            if (status is < 200 or >= 300) return Failure(part, status);
            if (index < operations.Count && Row(operations[index]) is { } row) row.ETag = ETagOf(part);
            index++;
        }

        return index == operations.Count
            ? new BatchResult(WriteState.Written, -1)
            : throw new StorageUnavailableException($"Storage answered {index} of {operations.Count} operations of a batch.", 202);
    }

    private BatchResult? Failure(ReadOnlySpan<byte> part, int status)
    {
        var code = StorageCalls.Code(part);
        return (status, code) switch
        {
            (404, "TableNotFound") => null,
            (404, _) => new BatchResult(WriteState.Missing, FailedIndex(part)),
            (409, "EntityAlreadyExists") => new BatchResult(WriteState.Exists, FailedIndex(part)),
            (412, _) => new BatchResult(WriteState.Changed, FailedIndex(part)),
            _ => throw calls.Refused(status, code),
        };
    }

    private static int FailedIndex(ReadOnlySpan<byte> part)
    {
        var mark = "\"value\":\""u8;
        var at = part.IndexOf(mark);
        if (at < 0) return 0; // The service leaves the index out when the first operation fails alone.
        var digits = part[(at + mark.Length)..];
        var colon = digits.IndexOf((byte)':');
        return colon is > 0 and <= 3 && int.TryParse(digits[..colon], NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? index : 0;
    }

    private static TableRow? Row(TableOperation operation) => operation switch
    {
        TableOperation.Insert o => o.Entity,
        TableOperation.Upsert o => o.Entity,
        TableOperation.Replace o => o.Entity,
        TableOperation.Merge o => o.Entity,
        _ => null,
    };

    // The part begins right after "HTTP/1.1 ".
    private static int Status(ReadOnlySpan<byte> part) =>
        part.Length >= 3 && int.TryParse(part[..3], NumberStyles.None, CultureInfo.InvariantCulture, out var status) ? status : 0;

    private static ETag ETagOf(ReadOnlySpan<byte> part)
    {
        var mark = "\nETag: "u8;
        var at = part.IndexOf(mark);
        if (at < 0) return default;
        var rest = part[(at + mark.Length)..];
        var end = rest.IndexOfAny((byte)'\r', (byte)'\n');
        return new ETag(Encoding.ASCII.GetString(end < 0 ? rest : rest[..end]));
    }

    // The inner answers, cut at their status lines; headers and error bodies of storage never hold one themselves.
    private ref struct Parts(ReadOnlySpan<byte> answer)
    {
        private ReadOnlySpan<byte> _rest = Cut(answer);

        public ReadOnlySpan<byte> Current { get; private set; }

        public readonly Parts GetEnumerator() => this;

        public bool MoveNext()
        {
            if (_rest.IsEmpty) return false;
            var next = _rest.IndexOf(StatusLine);
            Current = next < 0 ? _rest : _rest[..next];
            _rest = next < 0 ? default : _rest[(next + StatusLine.Length)..];
            return true;
        }

        private static ReadOnlySpan<byte> StatusLine => "\nHTTP/1.1 "u8;

        private static ReadOnlySpan<byte> Cut(ReadOnlySpan<byte> answer)
        {
            var first = answer.IndexOf(StatusLine);
            return first < 0 ? default : answer[(first + StatusLine.Length)..];
        }
    }
}
