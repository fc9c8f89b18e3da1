using Serverless.Channels;
using Serverless.Platform.Storage;

namespace Serverless.Intake;

/// <summary>
/// Erases the content of deliveries. Metadata and outcome stay and are counted; the whole content goes, whomever it concerns, since cases
/// hold copies of their own (P12). Every step may be repeated.
/// </summary>
public sealed class DeliveryErasure(TableStore tables, DeliveryStore deliveries, BlobStore blobs, ChannelDirectory channels,
    TimeProvider time)
{
    /// <summary>Empties a delivery. False when there is none, or nothing is left of it.</summary>
    public async Task<bool> EraseAsync(DeliveryKey key, CancellationToken ct) =>
        await deliveries.FindAsync(key, ct) is { } row && row.Text("End") != DeliveryEnd.Erased && await EraseAsync(key, row, null, ct);

    /// <summary>Empties a delivery.</summary>
    /// <param name="key">Which.</param>
    /// <param name="row">Its row, as it was read.</param>
    /// <param name="ends">The end of each element, for one that was worked just now; null leaves them as they are.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<bool> EraseAsync(DeliveryKey key, TableRow row, ItemOutcomes? ends, CancellationToken ct)
    {
        while (true)
        {
            if (ends is not null)
            {
                ends.Write(row);
                row["EndedAt"] = time.GetUtcNow();
                row["Reason"] = "";
            }

            var fact = DeliveryEntity.Erased(row, time.GetUtcNow());
            if (await EmptiedAsync(key, row, fact, ct)
                && (await tables.ReplaceAsync(key.Table, fact, row.ETag, ct)).State == WriteState.Written) return true;
            if (await deliveries.FindAsync(key, ct) is not { } changed) return false;
            row = changed;
        }
    }

    // Blobs before the row that names them: after a crash in between, the row still leads to the remaining blobs.
    private async Task<bool> EmptiedAsync(DeliveryKey key, TableRow row, TableRow fact, CancellationToken ct)
    {
        List<string> fetched = [];
        if (channels.Find(key.Channel) is IFetchesContent)
            await foreach (var document in blobs.ListAsync(DeliveryStore.FetchedContainer, $"{key.Blob}/", ct)) fetched.Add(document);
        if (row.Text("BodyBlob") is null && fetched.Count == 0) return true;
        var mark = new TableRow(key.Partition, key.Id) { [DeliveryEntity.ErasedAt] = fact[DeliveryEntity.ErasedAt],
            ["EndCounts"] = fact["EndCounts"], ["Ends"] = fact["Ends"] };
        var marked = await tables.MergeAsync(key.Table, mark, row.ETag, ct);
        if (marked.State != WriteState.Written) return false;
        row.ETag = marked.ETag;
        if (row.Text("BodyBlob") is { } body) await blobs.DeleteAsync(DeliveryStore.Container, body, ct);
        foreach (var document in fetched) await blobs.DeleteAsync(DeliveryStore.FetchedContainer, document, ct);
        return true;
    }
}
