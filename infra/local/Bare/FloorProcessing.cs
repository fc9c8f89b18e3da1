using System.Text.Json;
using Azure.Data.Tables;
using Microsoft.Azure.Functions.Worker;

namespace Serverless.Local.Bare;

/// <summary>
/// What the app's processing is compared with by the command process: the storage calls of the first contact of a conversation (nine:
/// delivery read, thread read and reserved, contact index, number, batch of contact, head and event, view, mark, end), with the same SDK
/// client and rows of like size; nothing else.
/// </summary>
public sealed class FloorProcessing(FloorStorage storage, TimeProvider time)
{
    /// <summary>Processes one message of <see cref="FloorFunctions.Accept"/>.</summary>
    [Function("FloorProcess")]
    public async Task Process([QueueTrigger("%FLOOR_QUEUE%")] string message, CancellationToken ct)
    {
        using var json = JsonDocument.Parse(message);
        var (partition, id) = (json.RootElement.GetProperty("partition").GetString()!, json.RootElement.GetProperty("id").GetString()!);
        var (deliveries, _) = await storage.ClientsAsync;
        var tables = await storage.TablesAsync;
        var delivery = (await deliveries.GetEntityAsync<TableEntity>(partition, id, cancellationToken: ct)).Value;
        await tables.Threads.GetEntityIfExistsAsync<TableEntity>(id, "thread", cancellationToken: ct);
        await tables.Threads.AddEntityAsync(new TableEntity(id, "thread") { ["CaseId"] = id, ["Reserved"] = time.GetUtcNow() }, ct);
        await tables.Seen.AddEntityAsync(new TableEntity(id, "contact") { ["CaseId"] = id }, ct);
        await tables.Numbers.AddEntityAsync(new TableEntity(id, "number") { ["CaseId"] = id }, ct);
        var body = delivery.GetBinary("Body0");
        var head = new TableEntity(id, "head") { ["State"] = "open", ["Owner"] = "service-desk", ["Number"] = id[..8], ["Version"] = 1,
            ["DueAt"] = time.GetUtcNow() };
        var contact = new TableEntity(id, "event|" + id) { ["Contact"] = body, ["At"] = time.GetUtcNow() };
        var told = new TableEntity(id, "outbox|"
            + id) { ["Type"] = "serverless.case.opened.v1", ["Body"] = body, ["At"] = time.GetUtcNow() };
        await tables.Cases.SubmitTransactionAsync(
            [new(TableTransactionActionType.Add, head), new(TableTransactionActionType.Add, contact),
                new(TableTransactionActionType.Add, told)], ct);
        await tables.Views.UpsertEntityAsync(new TableEntity("open", id) { ["Owner"] = "service-desk", ["DueAt"] = time.GetUtcNow() },
            TableUpdateMode.Replace, ct);
        await tables.Cases.DeleteEntityAsync(id, told.RowKey, cancellationToken: ct);
        var end = new TableEntity(partition, id) { ["End"] = "ended", ["Ends"] = "case" };
        await deliveries.UpdateEntityAsync(end, delivery.ETag, TableUpdateMode.Merge, ct);
    }
}
