using Azure;
using Serverless.Intake;
using Serverless.Platform.Storage;

namespace Serverless.Processing;

/// <summary>
/// Stored deliveries with items that have neither a case nor a placeholder, so no case shows them. Each has a row in <c>sources</c>,
/// partition <c>kept</c>, written before its outcome and removed when it is processed or dismissed, so that health, gauge and list need
/// no scan of the deliveries.
/// </summary>
public sealed partial class KeptDeliveries(TableStore tables, TimeProvider time, ILogger<KeptDeliveries> log)
{
    private const string Table = "sources";
    private const string Partition = "kept";
    private const int MostCounted = 1_000;
    private const int MostSwept = 100;

    /// <summary>Lists a delivery; to be called before its end is written, so that dying in between hides none.</summary>
    public async Task ListAsync(DeliveryKey key, string why, CancellationToken ct)
    {
        LogKept(key.Channel, key.Id, why);
        var row = new TableRow(Partition, $"{key.Channel}|{key.Id}") { ["Why"] = why, ["KeptAt"] = time.GetUtcNow() };
        await tables.UpsertAsync(Table, row, ct);
    }

    /// <summary>Removes a delivery from the list. False when it was not listed.</summary>
    public async Task<bool> TakeOffAsync(DeliveryKey key, CancellationToken ct) =>
        (await tables.DeleteAsync(Table, Partition, $"{key.Channel}|{key.Id}", ETag.All, ct)).State == WriteState.Written;

    /// <summary>A page of them, by channel and time of arrival.</summary>
    /// <param name="channel">Of one channel; null for all.</param>
    /// <param name="delivery">One delivery of the channel; null for all.</param>
    /// <param name="top">Most, 1 to 1,000.</param>
    /// <param name="continuation">From the page before.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="ArgumentException">The continuation is none of this query.</exception>
    public async Task<(IReadOnlyList<KeptDelivery> Entries, string? Continuation)> PageAsync(
        string? channel, string? delivery, int top, string? continuation, CancellationToken ct)
    {
        var query = TableQuery.Partition(Partition);
        if (channel is not null) query = query.RowPrefix($"{channel}|{delivery}");
        var page = await tables.QueryAsync(Table, query.Top(top), ct, continuation);
        return ([.. page.Rows.Select(Read)], page.Continuation);
    }

    /// <summary>Number of listed deliveries, counted up to a thousand.</summary>
    public Task<RowCount> CountAsync(CancellationToken ct) => tables.CountAsync(Table, TableQuery.Partition(Partition), MostCounted, ct);

    /// <summary>Number of listed deliveries by channel, counted up to a thousand in all.</summary>
    public async Task<IReadOnlyDictionary<string, int>> CountByChannelAsync(CancellationToken ct)
    {
        var (entries, _) = await PageAsync(null, null, MostCounted, null, ct);
        return entries.CountBy(e => e.Channel, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
    }

    /// <summary>
    /// Removes rows of deliveries that were processed or deleted: that run may have crashed before. At most a hundred at a time.
    /// </summary>
    public async Task SweepAsync(CancellationToken ct)
    {
        foreach (var entry in (await PageAsync(null, null, MostSwept, null, ct)).Entries)
        {
            var key = new DeliveryKey(entry.Channel, entry.Id);
            var row = await tables.GetAsync(key.Table, key.Partition, key.Id, ct, $"End,{DeliveryStore.WithoutCaseProperty}");
            var isOpen = row?.Text("End") is DeliveryEnd.Open or DeliveryEnd.Paused;
            if (!isOpen && row?.Text(DeliveryStore.WithoutCaseProperty) is not { Length: > 0 }) await TakeOffAsync(key, ct);
        }
    }

    private static KeptDelivery Read(TableRow row)
    {
        var parts = row.RowKey.Split('|', 2);
        var key = new DeliveryKey(parts[0], parts[1]);
        return new KeptDelivery(key.Channel, key.Id, row.Text("Why") ?? "", row.Time("KeptAt") ?? key.At, key.At);
    }

    [LoggerMessage(39, LogLevel.Error, "kept without a case {Channel}/{Id}: {Why}")]
    private partial void LogKept(string channel, string id, string why);
}

/// <summary>A stored delivery with items that have neither a case nor a placeholder.</summary>
/// <param name="Channel">Channel name.</param>
/// <param name="Id">Delivery id.</param>
/// <param name="Why">A code, or the name of an error of ours.</param>
/// <param name="KeptAt">When it was last stored as such (UTC).</param>
/// <param name="ReceivedAt">When it arrived (UTC).</param>
public sealed record KeptDelivery(string Channel, string Id, string Why, DateTimeOffset KeptAt, DateTimeOffset ReceivedAt);
