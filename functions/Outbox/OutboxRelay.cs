using Azure;
using Serverless.Platform.Messaging;
using Serverless.Platform.Storage;

namespace Serverless.Outbox;

/// <summary>Publishes what a commit wrote, then marks it; whoever dies in between is followed by somebody who finds the rows still there (D5).</summary>
public sealed partial class OutboxRelay(TableStore tables, TopicClient topic, TimeProvider time, ILogger<OutboxRelay> log)
{
    public const string Topic = "case-events";

    /// <summary>Application property that says which route a message is for; <c>*</c> is every route (D6).</summary>
    public const string RouteProperty = "route";

    private const string Cases = "cases";
    private const string Pending = "pending";
    private const string Prefix = "outbox|";
    private const int MostCounted = 1_000;
    private static readonly TableQuery AllShards = TableQuery.Partitions("0", "g");
    private static readonly TimeSpan Young = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan ClaimLasts = TimeSpan.FromMinutes(2);

    /// <summary>What a case still has to tell.</summary>
    public async Task<IReadOnlyList<OutboxEntry>> UntoldAsync(string caseId, CancellationToken ct)
    {
        List<OutboxEntry> entries = [];
        await foreach (var row in tables.QueryAllAsync(Cases, TableQuery.Partition(caseId).RowPrefix(Prefix), ct))
            entries.Add(new OutboxEntry(row.RowKey[Prefix.Length..], row.Text("Type") ?? "", row.Time("At") ?? default, row.Bytes("Json") ?? default));
        return [.. entries.OrderBy(e => e.At)];
    }

    /// <summary>Publishes. False when the bus is down: then the case is named in <c>pending</c>, and Tick publishes later.</summary>
    public async Task<bool> PublishAsync(string caseId, IReadOnlyList<OutboxEntry> entries, CancellationToken ct)
    {
        if (await TryPublishAsync(caseId, entries, ct)) return true;
        await RememberAsync(caseId, ct);
        return false;
    }

    /// <summary>Publishes what lies in an outbox of the caller's own. False when the bus is down: then the caller keeps it.</summary>
    public async Task<bool> TryPublishAsync(string subject, IReadOnlyList<OutboxEntry> entries, CancellationToken ct)
    {
        try
        {
            foreach (var entry in entries) await topic.SendAsync(Topic, MessageOf(entry), ct);
            return true;
        }
        catch (BusUnavailableException error)
        {
            LogBusDown(subject, entries.Count, error.Status);
            return false;
        }
    }

    /// <summary>Marks as told. Safe to repeat: a row that somebody else marked is gone.</summary>
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

    /// <summary>Names a case that has, or is about to have, something to tell.</summary>
    public async Task<ETag> RememberAsync(string caseId, CancellationToken ct) =>
        (await tables.UpsertAsync(Pending, new TableRow(ShardOf(caseId), caseId) { ["Since"] = time.GetUtcNow() }, ct)).ETag;

    /// <summary>Forgets a case once all is told, unless it was named again since.</summary>
    /// <param name="caseId">The case.</param>
    /// <param name="remembered">What <see cref="RememberAsync"/> gave.</param>
    /// <param name="ct">Cancels.</param>
    public Task ForgetAsync(string caseId, ETag remembered, CancellationToken ct) => tables.DeleteAsync(Pending, ShardOf(caseId), caseId, remembered, ct);

    /// <summary>Cases named longer than a minute ago, each claimed by this caller for two minutes; <paramref name="tell"/> returns true when all is told. What it throws stops no case behind it, and is thrown at the end.</summary>
    public async Task<int> SweepAsync(Func<string, CancellationToken, Task<bool>> tell, CancellationToken ct)
    {
        var told = 0;
        List<Task> failed = [];
        await foreach (var row in tables.QueryAllAsync(Pending, AllShards, ct))
        {
            if (await ClaimAsync(row, ct) is not { } claim) continue;
            // The bus refuses this one, or is down, or it cannot be told at all: its claim runs out and a later tick takes it again. It stops none behind it (P13).
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

    /// <summary>How many cases wait for the bus, counted up to a thousand.</summary>
    public Task<RowCount> CountPendingAsync(CancellationToken ct) => tables.CountAsync(Pending, AllShards, MostCounted, ct);

    private async Task<ETag?> ClaimAsync(TableRow row, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        if (now - row.Time("Since") < Young || now < row.Time("ClaimedUntil")) return null;
        var claim = new TableRow(row.PartitionKey, row.RowKey) { ["Since"] = row.Time("Since"), ["ClaimedUntil"] = now + ClaimLasts };
        var written = await tables.ReplaceAsync(Pending, claim, row.ETag, ct);
        return written.State == WriteState.Written ? written.ETag : null;
    }

    private static BusMessage MessageOf(OutboxEntry entry) => new(entry.Id, entry.Json)
    {
        ContentType = "application/cloudevents+json",
        Properties = new Dictionary<string, string>(StringComparer.Ordinal) { [RouteProperty] = "*", ["type"] = entry.Type },
    };

    private static string ShardOf(string caseId) => caseId[^1..];

    [LoggerMessage(40, LogLevel.Warning, "bus down: {Subject} keeps {Count} events for Tick, status={Status}")]
    private partial void LogBusDown(string subject, int count, int status);
}
