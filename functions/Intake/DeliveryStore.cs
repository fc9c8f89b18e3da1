using Azure;
using Serverless.Channels;
using Serverless.Platform.Storage;
using Serverless.Platform.Telemetry;
using Serverless.Reconciliation;

namespace Serverless.Intake;

/// <summary>Stores deliveries: two storage calls to accept one (row, message), three over 900 KiB.</summary>
public sealed partial class DeliveryStore(TableStore tables, BlobStore blobs, QueueStore queues, TimeProvider time,
    ILogger<DeliveryStore> log)
{
    /// <summary>Property of a delivery's row: why one of its items has no case; empty when each has one.</summary>
    public const string WithoutCaseProperty = "NoCase";

    /// <summary>Container of documents that were fetched for a delivery that only named them.</summary>
    public const string FetchedContainer = "fetched";

    public const string Container = "deliveries";

    /// <summary>Stores a delivery and puts its pointer into the queue. Once the row is written the delivery is safe: without a pointer,
    /// Tick queues it.</summary>
    public async Task AcceptAsync(Delivery delivery, string? undecided, CancellationToken ct, DateTimeOffset? sentAt = null)
    {
        await StoreAsync(delivery, DeliveryEnd.Open, undecided, sentAt, ct);
        await PointAsync(new DeliveryKey(delivery.Channel, delivery.Id), delivery.ReceivedAt, ct);
    }

    /// <summary>Stores a delivery that failed its check, with its body, for a release.</summary>
    public Task QuarantineAsync(Delivery delivery, Failing failing, CancellationToken ct) =>
        StoreAsync(delivery, DeliveryEnd.Quarantined, failing.Reason, failing.SentAt, ct, failing.Source);

    /// <summary>Records that a call was rejected and why; its body is not stored.</summary>
    public Task RefuseAsync(Delivery delivery, Failing failing, CancellationToken ct)
    {
        var row = DeliveryEntity.Write(delivery, DeliveryEnd.Refused, failing.Reason, bodyInBlob: false, keepBody: false);
        (row["SentAt"], row["Source"]) = (failing.SentAt, failing.Source);
        if (failing.StandsFor > 1) row["StandsFor"] = failing.StandsFor;
        return tables.InsertAsync(new DeliveryKey(delivery.Channel, delivery.Id).Table, row, ct);
    }

    /// <summary>The row of a delivery, or null when it is unknown or erased.</summary>
    public Task<TableRow?> FindAsync(DeliveryKey key, CancellationToken ct) => tables.GetAsync(key.Table, key.Partition, key.Id, ct);

    /// <summary>The delivery behind a row, its body fetched from the blob where it is too large for the row.</summary>
    public async Task<Delivery> LoadAsync(DeliveryKey key, TableRow row, CancellationToken ct)
    {
        var blob = row.Text("BodyBlob") is { } name ? await blobs.GetAsync(Container, name, ct) : null;
        return DeliveryEntity.Read(key, row, blob);
    }

    /// <summary>Writes how a delivery ended that was not worked to its end. Safe to repeat; never revives an erased row (D3).</summary>
    /// <param name="key">Which delivery.</param>
    /// <param name="end">One of <see cref="DeliveryEnd"/>.</param>
    /// <param name="ends">The end of each element, in order; null leaves them as they are.</param>
    /// <param name="reason">Why, for ends that have a reason.</param>
    /// <param name="at">Now.</param>
    /// <param name="ct">Cancels.</param>
    /// <param name="read">Ends it only if nobody changed it since it was read with this ETag.</param>
    public Task EndAsync(
        DeliveryKey key, string end, IReadOnlyList<string>? ends, string? reason, DateTimeOffset at, CancellationToken ct,
        ETag? read = null) =>
        WriteEndAsync(key, end, ends is null ? null : ItemOutcomes.Of(ends), reason, at, null, read ?? ETag.All, ct);

    /// <summary>Writes how a delivery ended, and where its elements were filed. Safe to repeat; never revives an erased row (D3).</summary>
    public Task EndAsync(
        DeliveryKey key, string end, ItemOutcomes ends, string reason, DateTimeOffset at, IReadOnlyList<ProcessedItem> filed,
        CancellationToken ct) =>
        WriteEndAsync(key, end, ends, reason, at, filed, ETag.All, ct);

    private Task<WriteResult> WriteEndAsync(
        DeliveryKey key, string end, ItemOutcomes? ends, string? reason, DateTimeOffset at, IReadOnlyList<ProcessedItem>? filed, ETag read,
        CancellationToken ct)
    {
        var row = new TableRow(key.Partition, key.Id) { ["End"] = end, ["Reason"] = reason, ["EndedAt"] = at, ["Waits"] = "" };
        if (filed is { Count: > 0 }) ProcessedItem.Write(row, filed);
        if (ends is not null)
        {
            ends.Write(row);
            ProcessingProgress.Reset(row);
            row[WithoutCaseProperty] = ends.WithoutCase ?? "";
        }

        return tables.MergeAsync(key.Table, row, read, ct);
    }

    /// <summary>
    /// Notes how far a delivery is that takes several turns, as long as it has no end; a turn that was overtaken by another one notes
    /// nothing.
    /// </summary>
    /// <param name="key">Which delivery.</param>
    /// <param name="row">Its row as it was read; gets the version that was written.</param>
    /// <param name="progress">Its progress.</param>
    /// <param name="before">Where its items were filed before, for a replay.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>False when another run is further ahead or has completed it.</returns>
    internal async Task<bool> NoteAsync(
        DeliveryKey key, TableRow row, ProcessingProgress progress, IReadOnlyList<ProcessedItem>? before, CancellationToken ct)
    {
        var from = progress.Noted;
        while (true)
        {
            // It advances, so it is neither lost nor about to be given up. What it was verified by may be gone at the next turn.
            var note = new TableRow(key.Partition, key.Id) { ["QueuedAt"] = time.GetUtcNow(), ["Tries"] = 0, ["Reason"] = "" };
            progress.Write(note, before);
            var written = await tables.MergeAsync(key.Table, note, row.ETag, ct);
            row.ETag = written.ETag;
            if (written.State == WriteState.Written) return true;
            if (await FindAsync(key, ct) is not { } now) return false;
            row.ETag = now.ETag;
            if (progress.IsIn(now)) return true;
            if (now.Text("End") is not (DeliveryEnd.Open or DeliveryEnd.Paused) || ProcessingProgress.Of(now).Done > from) return false;
        }
    }

    /// <summary>Queues an open delivery again, unless it was completed since it was read.</summary>
    public async Task RequeueAsync(DeliveryKey key, ETag read, int tries, DateTimeOffset now, CancellationToken ct)
    {
        var row = new TableRow(key.Partition, key.Id) { ["End"] = DeliveryEnd.Open, ["QueuedAt"] = now, ["Tries"] = tries };
        var written = await tables.MergeAsync(key.Table, row, read, ct);
        if (written.State == WriteState.Written)
            await queues.SendAsync(DeliveryMessage.Queue, new DeliveryMessage(key.Channel, key.Id, 0, now).ToJson(), TimeSpan.Zero, ct);
    }

    /// <summary>
    /// Reopens and queues a completed delivery, unless it changed since it was read (of two callers one wins). Call
    /// <see cref="OpenDeliveries.ReachBackAsync"/> before.
    /// </summary>
    /// <param name="key">Which delivery.</param>
    /// <param name="read">The version that was read.</param>
    /// <param name="late">Why it comes late: a property that gets the time of it, <c>ReleasedAt</c> or <c>ReplayedAt</c>.</param>
    /// <param name="reason">Not null: it is verified again before it is worked.</param>
    /// <param name="now">Now.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<bool> ReopenAsync(DeliveryKey key, ETag read, string late, string? reason, DateTimeOffset now, CancellationToken ct)
    {
        var row = new TableRow(key.Partition, key.Id) { ["End"] = DeliveryEnd.Open, ["QueuedAt"] = now, ["Tries"] = 0, ["Waits"] = "",
            [late] = now, ["Reason"] = reason };
        ProcessingProgress.Reset(row);
        if ((await tables.MergeAsync(key.Table, row, read, ct)).State != WriteState.Written) return false;
        await PointAsync(key, now, ct);
        return true;
    }

    /// <summary>Discards the content of a quarantined delivery and keeps its metadata, unless it changed since it was read.</summary>
    public async Task<bool> DiscardAsync(DeliveryKey key, TableRow row, DateTimeOffset now, CancellationToken ct)
    {
        if ((await tables.ReplaceAsync(key.Table, DeliveryEntity.Fact(row, now), row.ETag, ct)).State != WriteState.Written) return false;
        // The row first: a concurrent release must not find the body deleted.
        if (row.Text("BodyBlob") is { } blob) await blobs.DeleteAsync(Container, blob, ct);
        return true;
    }

    private async Task PointAsync(DeliveryKey key, DateTimeOffset at, CancellationToken ct)
    {
        try
        {
            await queues.SendAsync(DeliveryMessage.Queue,
                (new DeliveryMessage(key.Channel, key.Id, 0, at) { Trace = Spans.Carried }).ToJson(), TimeSpan.Zero, ct);
        }
        catch (Exception error) when (error is StorageUnavailableException or OperationCanceledException)
        {
            LogNoPointer(key.Channel, key.Id);
        }
    }

    private async Task StoreAsync(
        Delivery delivery, string end, string? reason, DateTimeOffset? sentAt, CancellationToken ct, string? source = null)
    {
        var key = new DeliveryKey(delivery.Channel, delivery.Id);
        var large = delivery.Body.Length > TableRow.MaxBytes - 64 * 1024;
        if (large) await blobs.PutAsync(Container, key.Blob, delivery.Body, ct);
        var row = DeliveryEntity.Write(delivery, end, reason, large);
        (row["SentAt"], row["Source"]) = (sentAt, source);
        await tables.InsertAsync(key.Table, row, ct);
    }

    [LoggerMessage(10, LogLevel.Warning, "delivery {Channel}/{Id} is stored but could not be queued; Tick will queue it")]
    private partial void LogNoPointer(string channel, string id);
}

/// <summary>Details of a call that failed verification.</summary>
/// <param name="Reason">Why: a code.</param>
/// <param name="SentAt">When its sender says that it was sent, where that alone was wrong.</param>
/// <param name="Source">Which source of the settings it names.</param>
/// <param name="StandsFor">How many such calls the row represents: beyond the limit of an hour only a sample is recorded.</param>
public sealed record Failing(string Reason, DateTimeOffset? SentAt, string? Source, int StandsFor = 1);
