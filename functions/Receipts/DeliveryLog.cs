using System.Text.Json;
using Azure;
using Serverless.Channels;
using Serverless.Storage;

namespace Serverless.Receipts;

/// <summary>Keeps deliveries: two calls to accept one (row, pointer), three over 900 KiB.</summary>
public sealed partial class DeliveryLog(TableStore tables, BlobStore blobs, QueueStore queues, ILogger<DeliveryLog> log)
{
    public const string Container = "deliveries";
    private const int LongestEnds = 30_000;

    /// <summary>Stores a delivery and puts its pointer into the queue. Once the row is written the delivery is safe: without a pointer, Tick queues it.</summary>
    public async Task AcceptAsync(Delivery delivery, string? undecided, CancellationToken ct)
    {
        await StoreAsync(delivery, DeliveryEnd.Open, undecided, ct);
        try
        {
            var pointer = new Pointer(delivery.Channel, delivery.Id, 0, delivery.ReceivedAt);
            await queues.SendAsync(Pointer.Queue, pointer.ToJson(), TimeSpan.Zero, ct);
        }
        catch (Exception error) when (error is StorageUnavailableException or OperationCanceledException)
        {
            LogNoPointer(delivery.Channel, delivery.Id);
        }
    }

    /// <summary>Stores a delivery that failed its check, with its body, for a replay.</summary>
    public Task QuarantineAsync(Delivery delivery, string reason, CancellationToken ct) => StoreAsync(delivery, DeliveryEnd.Quarantined, reason, ct);

    /// <summary>Notes that a call was refused and why; its body is not kept.</summary>
    public Task RefuseAsync(Delivery delivery, string reason, CancellationToken ct) =>
        tables.InsertAsync(new DeliveryKey(delivery.Channel, delivery.Id).Table, DeliveryRow.Write(delivery, DeliveryEnd.Refused, reason, bodyInBlob: false, keepBody: false), ct);

    /// <summary>The row of a delivery, or null when it is unknown or erased.</summary>
    public Task<TableRow?> FindAsync(DeliveryKey key, CancellationToken ct) => tables.GetAsync(key.Table, key.Partition, key.Id, ct);

    /// <summary>The delivery behind a row, its body fetched from the blob where it is too large for the row.</summary>
    public async Task<Delivery> LoadAsync(DeliveryKey key, TableRow row, CancellationToken ct)
    {
        var blob = row.Text("BodyBlob") is { } name ? await blobs.GetAsync(Container, name, ct) : null;
        return DeliveryRow.Read(key, row, blob);
    }

    /// <summary>Writes how a delivery ended. Safe to repeat; never revives an erased row (D3).</summary>
    /// <param name="key">Which delivery.</param>
    /// <param name="end">One of <see cref="DeliveryEnd"/>.</param>
    /// <param name="ends">The end of each element, in order; null leaves them as they are.</param>
    /// <param name="reason">Why, for ends that have a reason.</param>
    /// <param name="at">Now.</param>
    /// <param name="ct">Cancels.</param>
    /// <param name="read">Ends it only if nobody changed it since it was read with this ETag.</param>
    public Task EndAsync(DeliveryKey key, string end, IReadOnlyList<string>? ends, string? reason, DateTimeOffset at, CancellationToken ct, ETag? read = null)
    {
        var row = new TableRow(key.Partition, key.Id) { ["End"] = end, ["Reason"] = reason, ["EndedAt"] = at, ["Waits"] = "" };
        if (ends is not null)
        {
            var counts = new Dictionary<string, int>(StringComparer.Ordinal);
            foreach (var one in ends) counts[one] = counts.GetValueOrDefault(one) + 1;
            row["EndCounts"] = JsonSerializer.Serialize(counts, ReceiptJson.Default.DictionaryStringInt32);
            var list = string.Join('\n', ends);
            row["Ends"] = list.Length <= LongestEnds ? list : null;
        }

        return tables.MergeAsync(key.Table, row, read ?? ETag.All, ct);
    }

    /// <summary>Queues an open delivery again, unless somebody ended it since it was read.</summary>
    public async Task RequeueAsync(DeliveryKey key, ETag read, int tries, DateTimeOffset now, CancellationToken ct)
    {
        var row = new TableRow(key.Partition, key.Id) { ["End"] = DeliveryEnd.Open, ["QueuedAt"] = now, ["Tries"] = tries };
        var written = await tables.MergeAsync(key.Table, row, read, ct);
        if (written.State == WriteState.Written)
            await queues.SendAsync(Pointer.Queue, new Pointer(key.Channel, key.Id, 0, now).ToJson(), TimeSpan.Zero, ct);
    }

    private async Task StoreAsync(Delivery delivery, string end, string? reason, CancellationToken ct)
    {
        var key = new DeliveryKey(delivery.Channel, delivery.Id);
        var large = delivery.Body.Length > TableRow.MaxBytes - 64 * 1024;
        if (large) await blobs.PutAsync(Container, key.Blob, delivery.Body, ct);
        await tables.InsertAsync(key.Table, DeliveryRow.Write(delivery, end, reason, large), ct);
    }

    [LoggerMessage(10, LogLevel.Warning, "delivery {Channel}/{Id} is stored but could not be queued; Tick will queue it")]
    private partial void LogNoPointer(string channel, string id);
}
