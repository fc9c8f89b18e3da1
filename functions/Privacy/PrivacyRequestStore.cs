using System.Text.Json;
using Azure;
using Serverless.Intake;
using Serverless.Platform.Storage;

namespace Serverless.Privacy;

/// <summary>Stores privacy requests: only the holder of the last version can write, so that of two concurrent runs one stops.</summary>
public sealed class PrivacyRequestStore(TableStore tables, TimeProvider time)
{
    private const string Table = "privacy";
    private const string Partition = "order";
    private const string Bytes = "Json";

    /// <summary>An order and the version it was read with.</summary>
    public sealed record Versioned(PrivacyRequest Order, ETag ETag);

    /// <summary>Writes a new order down.</summary>
    public async Task<Versioned> OpenAsync(PrivacyRequest order, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        order = order with { Id = DeliveryKey.NewId(now), At = now };
        var row = Row(order);
        await tables.InsertAsync(Table, row, ct);
        return new Versioned(order, row.ETag);
    }

    public async Task<Versioned?> FindAsync(string id, CancellationToken ct) =>
        DeliveryKey.IsId(id) && await tables.GetAsync(Table, Partition, id, ct) is { } row ? Read(row) : null;

    /// <summary>Writes the progress; null when another run changed it.</summary>
    public async Task<Versioned?> WriteAsync(Versioned current, PrivacyRequest next, CancellationToken ct)
    {
        var written = await tables.ReplaceAsync(Table, Row(next), current.ETag, ct);
        return written.State == WriteState.Written ? new Versioned(next, written.ETag) : null;
    }

    /// <summary>Orders that are not done, the oldest first.</summary>
    public async Task<List<Versioned>> OpenOnesAsync(CancellationToken ct)
    {
        List<Versioned> open = [];
        await foreach (var row in tables.QueryAllAsync(Table, TableQuery.Partition(Partition).Where("Open eq true"), ct))
            open.Add(Read(row));
        return open;
    }

    /// <summary>Deletes the results for an address, in every request but one.</summary>
    public async Task ForgetAsync(string address, string butOrder, CancellationToken ct)
    {
        await foreach (var row in tables.QueryAllAsync(Table, TableQuery.Partition(Partition), ct))
            if (row.RowKey != butOrder && Read(row).Order.Address == address)
                await tables.DeleteAsync(Table, Partition, row.RowKey, ETag.All, ct);
    }

    private static Versioned Read(TableRow row) =>
        new(JsonSerializer.Deserialize((row.Bytes(Bytes) ?? default).Span, PrivacyJson.Default.PrivacyRequest)
            ?? throw new JsonException("A stored order is empty."), row.ETag);

    private static TableRow Row(PrivacyRequest order)
    {
        var row = new TableRow(Partition, order.Id) { ["Open"] = order.Stage != PrivacyRequestStage.Done, ["At"] = order.At,
            ["Kind"] = order.Kind.ToString() };
        row.SetBytes(Bytes, JsonSerializer.SerializeToUtf8Bytes(order, PrivacyJson.Default.PrivacyRequest));
        return row;
    }
}
