using Azure;
using Serverless.Platform.Features;
using Serverless.Platform.Storage;

namespace Serverless.Outbox;

/// <summary>
/// Publishes committed events, then marks them. After a crash, the next run publishes the rows that are still pending (D6). First the
/// queues of our own routes, then the topic: people and customers are notified while Service Bus is unavailable.
/// </summary>
public sealed class OutboxRelay(TableStore tables, QueueStore queues, IEnumerable<EventDestination> destinations, TopicRelay topic,
    TimeProvider time)
{
    private const string Cases = "cases";
    private const string Pending = "pending";
    private const string Prefix = "outbox|";
    private const string LeftProperty = "Left";
    private const int MostCounted = 1_000;
    private static readonly TableQuery AllShards = TableQuery.Partitions("0", "g");
    private static readonly TimeSpan Young = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan ClaimLasts = TimeSpan.FromMinutes(2);

    private readonly EventDestination[] _destinations = [.. destinations];

    /// <summary>Pending events of a case, in order.</summary>
    public async Task<IReadOnlyList<OutboxEntry>> UntoldAsync(string caseId, CancellationToken ct)
    {
        List<OutboxEntry> entries = [];
        await foreach (var row in tables.QueryAllAsync(Cases, TableQuery.Partition(caseId).RowPrefix(Prefix), ct))
        {
            entries.Add(new OutboxEntry(row.RowKey[Prefix.Length..], row.Text("Type") ?? "", row.Time("At") ?? default, row.Bytes("Json")
                ?? default) { Left = row.Text(LeftProperty) });
        }

        return [.. entries.OrderBy(e => e.At)];
    }

    /// <summary>
    /// Publishes. False when events for the topic are missing: then the rows record it, the case is listed in <c>pending</c>, and Tick
    /// sends the rest.
    /// </summary>
    public async Task<bool> PublishAsync(string caseId, IReadOnlyList<OutboxEntry> entries, CancellationToken ct)
    {
        var owed = await TryPublishAsync(caseId, entries, ct);
        if (owed.Count == 0) return true;
        await LeaveAsync(caseId, entries, owed, ct);
        await RememberAsync(caseId, ct);
        return false;
    }

    /// <summary>
    /// Publishes events of the caller's own outbox. Returns those the topic still lacks, to be stored by the caller unchanged.
    /// </summary>
    public async Task<IReadOnlyList<OutboxEntry>> TryPublishAsync(string subject, IReadOnlyList<OutboxEntry> entries, CancellationToken ct)
    {
        foreach (var entry in entries.Where(e => e.Left is null))
        {
            byte[]? message = null;
            foreach (var destination in _destinations.Where(d => d.Wants(entry.Type)))
                await queues.SendAsync(destination.Queue, message ??= EventMessage.Write(entry.Json), TimeSpan.Zero, ct);
        }

        var sent = await topic.SendAsync(subject, entries, ct);
        return [.. entries.Skip(sent).Select(e => e with { Left = OutboxEntry.Topic })];
    }

    /// <summary>Marks events as published. Safe to repeat: a row already marked is gone.</summary>
    public async Task MarkAsync(string caseId, IReadOnlyList<OutboxEntry> entries, CancellationToken ct)
    {
        if (entries.Count == 0) return;
        if (entries.Count <= 100)
        {
            var batch = entries.Select(TableOperation (e) => new TableOperation.Delete(caseId, Prefix + e.Id, ETag.All)).ToList();
            if ((await tables.BatchAsync(Cases, batch, ct)).State == WriteState.Written) return;
        }

        foreach (var entry in entries) await tables.DeleteAsync(Cases, caseId, Prefix + entry.Id, ETag.All, ct);
    }

    /// <summary>Lists a case that has, or is about to have, events to publish.</summary>
    public async Task<ETag> RememberAsync(string caseId, CancellationToken ct) =>
        (await tables.UpsertAsync(Pending, new TableRow(ShardOf(caseId), caseId) { ["Since"] = time.GetUtcNow() }, ct)).ETag;

    /// <summary>Removes a case from the list once everything is published, unless it was listed again since.</summary>
    /// <param name="caseId">The case.</param>
    /// <param name="remembered">Result of <see cref="RememberAsync"/>.</param>
    /// <param name="ct">Cancels.</param>
    public Task ForgetAsync(string caseId, ETag remembered, CancellationToken ct) =>
        tables.DeleteAsync(Pending, ShardOf(caseId), caseId, remembered, ct);

    /// <summary>
    /// Cases listed more than a minute ago, each claimed by this caller for two minutes; <paramref name="tell"/> returns true when
    /// everything is published. An exception does not stop the following cases and is thrown at the end.
    /// </summary>
    public async Task<int> SweepAsync(Func<string, CancellationToken, Task<bool>> tell, CancellationToken ct)
    {
        var told = 0;
        List<Task> failed = [];
        await foreach (var row in tables.QueryAllAsync(Pending, AllShards, ct))
        {
            if (await ClaimAsync(row, ct) is not { } claim) continue;
            // The topic rejects this event, is unavailable, or it cannot be published: its claim expires and a later tick retries. It
            // does not stop the following cases (P13).
            var telling = tell(row.RowKey, ct);
            await ((Task)telling).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!telling.IsCompletedSuccessfully) failed.Add(telling);
            if (!telling.IsCompletedSuccessfully || !await telling) continue;
            await tables.DeleteAsync(Pending, row.PartitionKey, row.RowKey, claim, ct);
            told++;
        }

        await Task.WhenAll(failed);
        return told;
    }

    /// <summary>Number of cases with unpublished events, counted up to a thousand.</summary>
    public Task<RowCount> CountPendingAsync(CancellationToken ct) => tables.CountAsync(Pending, AllShards, MostCounted, ct);

    private async Task<ETag?> ClaimAsync(TableRow row, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        if (now - row.Time("Since") < Young || now < row.Time("ClaimedUntil")) return null;
        var claim = new TableRow(row.PartitionKey, row.RowKey) { ["Since"] = row.Time("Since"), ["ClaimedUntil"] = now + ClaimLasts };
        var written = await tables.ReplaceAsync(Pending, claim, row.ETag, ct);
        return written.State == WriteState.Written ? written.ETag : null;
    }

    // A row already marked by another run is gone, and must not be written again.
    private async Task LeaveAsync(string caseId, IReadOnlyList<OutboxEntry> entries, IReadOnlyList<OutboxEntry> owed, CancellationToken ct)
    {
        await MarkAsync(caseId, [.. entries.Take(entries.Count - owed.Count)], ct);
        var known = entries.Where(e => e.Left is not null).Select(e => e.Id).ToHashSet(StringComparer.Ordinal);
        var merges = owed.Where(e => !known.Contains(e.Id))
            .Select(e => new TableOperation.Merge(new TableRow(caseId, Prefix + e.Id) { [LeftProperty] = e.Left }, ETag.All)).ToList();
        if (merges.Count == 0) return;
        if (merges.Count <= 100 && (await tables.BatchAsync(Cases, [.. merges], ct)).State == WriteState.Written) return;
        foreach (var merge in merges) await tables.MergeAsync(Cases, merge.Entity, ETag.All, ct);
    }

    private static string ShardOf(string caseId) => caseId[^1..];
}
