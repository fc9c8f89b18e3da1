using System.Security.Cryptography;
using System.Text;
using Azure.Data.Tables;
using Azure.Storage.Queues;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Azure.Functions.Worker;

namespace Serverless.Local.Bare;

/// <summary>The SDK clients of the floor; table and queue are made on first use.</summary>
public sealed class FloorStorage
{
    /// <summary>Setting with the storage connection string.</summary>
    public const string StorageSetting = "FLOOR_STORAGE";

    private readonly Lazy<Task<(TableClient Table, QueueClient Queue)>> _clients = new(CreateAsync);

    private readonly Lazy<Task<FloorTables>> _tables = new(CreateTablesAsync);

    /// <summary>The clients, once table and queue are there.</summary>
    public Task<(TableClient Table, QueueClient Queue)> ClientsAsync => _clients.Value;

    /// <summary>The tables of processing, once they are there.</summary>
    public Task<FloorTables> TablesAsync => _tables.Value;

    private static async Task<(TableClient Table, QueueClient Queue)> CreateAsync()
    {
        var connection = Environment.GetEnvironmentVariable(StorageSetting)!;
        var table = new TableClient(connection, "floor");
        var queue = new QueueClient(connection, "floor", new QueueClientOptions { MessageEncoding = QueueMessageEncoding.Base64 });
        await table.CreateIfNotExistsAsync();
        await queue.CreateIfNotExistsAsync();
        return (table, queue);
    }

    private static async Task<FloorTables> CreateTablesAsync()
    {
        var service = new TableServiceClient(Environment.GetEnvironmentVariable(StorageSetting)!);
        async Task<TableClient> TableAsync(string name)
        {
            var table = service.GetTableClient(name);
            await table.CreateIfNotExistsAsync();
            return table;
        }

        return new FloorTables(
            await TableAsync("floorthreads"), await TableAsync("floorseen"), await TableAsync("floornumbers"),
            await TableAsync("floorcases"), await TableAsync("floorviews"));
    }
}

/// <summary>A table for each kind of row, as the app has them.</summary>
public sealed record FloorTables(TableClient Threads, TableClient Seen, TableClient Numbers, TableClient Cases, TableClient Views);

/// <summary>
/// What the app's accepting is compared with by the verb load: a bare function that verifies the same signature and makes the same two
/// storage calls (row, message)
/// with the same SDK clients.
/// </summary>
public sealed class FloorFunctions(FloorStorage storage, TimeProvider time)
{
    private static readonly byte[] Key = Encoding.UTF8.GetBytes(Environment.GetEnvironmentVariable("FLOOR_SECRET") ?? "");

    /// <summary>Accepts one message of Meta.</summary>
    [Function("Floor")]
    public async Task<IActionResult> Accept([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "hooks/meta")] HttpRequest request,
        CancellationToken ct)
    {
        using var buffer = new MemoryStream((int)(request.ContentLength ?? 0));
        await request.Body.CopyToAsync(buffer, ct);
        var body = buffer.ToArray();
        if (!IsGenuine(body, request.Headers["X-Hub-Signature-256"].ToString()))
            return new StatusCodeResult(StatusCodes.Status403Forbidden);
        var id = Guid.CreateVersion7(time.GetUtcNow()).ToString("N");
        var partition = $"{id[^1]}|meta|{time.GetUtcNow():yyyyMMddHH}";
        var (table, queue) = await storage.ClientsAsync;

        // As many properties as the app's row has: who called, with what, and that it is open.
        var row = new TableEntity(partition, id)
        {
            ["Method"] = "POST",
            ["Url"] = "/api/hooks/meta",
            ["Headers"] = "content-type: application/json",
            ["End"] = "open",
            ["Tries"] = 0,
            ["Body0"] = body,
        };
        await table.AddEntityAsync(row, ct);
        await queue.SendMessageAsync($$"""{"table":"floor","partition":"{{partition}}","id":"{{id}}","attempt":0}""", ct);
        return new OkResult();
    }

    private static bool IsGenuine(byte[] body, string signature)
    {
        Span<byte> given = stackalloc byte[32];
        return signature.StartsWith("sha256=", StringComparison.Ordinal)
            && Convert.FromHexString(signature.AsSpan(7), given, out _, out var written) == System.Buffers.OperationStatus.Done
            && written == 32
            && CryptographicOperations.FixedTimeEquals(HMACSHA256.HashData(Key, body), given);
    }
}
