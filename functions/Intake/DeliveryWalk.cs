using System.Globalization;
using Serverless.Platform.Storage;

namespace Serverless.Intake;

/// <summary>Reads the deliveries of one channel and period, page by page: partition ranges only, never a table scan.</summary>
public sealed class DeliveryWalk(TableStore tables)
{
    // A page may come back short, even empty, so that no request asks storage for ever.
    private const int MostQueries = 64;

    // Each as much longer as the one before proved too short: a busy channel is read minutes back, a quiet one a month.
    private static readonly TimeSpan[] Windows =
        [TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(10), TimeSpan.FromHours(1), TimeSpan.FromDays(1),
            TimeSpan.FromDays(7), TimeSpan.FromDays(30)];

    /// <summary>A page; rows are sorted by arrival within it. Not null: there is more behind it.</summary>
    public sealed record Page(IReadOnlyList<TableRow> Rows, string? Continuation);

    /// <summary>One page.</summary>
    /// <param name="channel">Channel name, of a channel there is.</param>
    /// <param name="hours">The span.</param>
    /// <param name="filter">Which rows, in OData.</param>
    /// <param name="top">Most rows, 1 to 1,000.</param>
    /// <param name="continuation">From the page before.</param>
    /// <param name="ct">Cancels.</param>
    /// <param name="select">Which properties.</param>
    /// <exception cref="ArgumentException">The continuation is none of this walk.</exception>
    public async Task<Page> PageAsync(string channel, HourRange hours, string filter, int top, string? continuation, CancellationToken ct,
        params string[] select)
    {
        // A leg is one shard in one month; the continuation names the leg and the place within it.
        var months = DeliveryKey.TablesBetween(hours.From, hours.To.AddTicks(-1)).ToList();
        var parts = (continuation ?? "0.").Split('.', 2);
        if (parts.Length < 2 || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var leg)
            || leg >= months.Count * DeliveryKey.Shards)
            throw new ArgumentException("The continuation is not one of this query.", nameof(continuation));
        var within = parts[1].Length > 0 ? parts[1] : null;
        List<TableRow> rows = [];
        for (var queries = 0; queries < MostQueries && rows.Count < top && leg < months.Count * DeliveryKey.Shards; queries++)
        {
            var (month, shard) = Math.DivRem(leg, DeliveryKey.Shards);
            var range = TableQuery.Partitions(DeliveryKey.PartitionOf(shard, channel, hours.From),
                DeliveryKey.PartitionOf(shard, channel, hours.To));
            var page = await tables.QueryAsync(months[month], range.Where(filter).Select(select).Top(top - rows.Count), ct, within);
            rows.AddRange(page.Rows);
            within = page.Continuation;
            if (within is null) leg++;
        }

        rows.Sort((one, other) => string.CompareOrdinal(one.RowKey, other.RowKey));
        return new Page(rows, leg < months.Count * DeliveryKey.Shards
            ? string.Create(CultureInfo.InvariantCulture, $"{leg}.{within}") : null);
    }

    /// <summary>The latest deliveries of a channel within 30 days, the latest first. Of a burst of thousands within one window some of the
    /// latest may be left out.</summary>
    public async Task<IReadOnlyList<TableRow>> LatestAsync(string channel, int count, DateTimeOffset now, string filter,
        CancellationToken ct, params string[] select)
    {
        List<TableRow> found = [];
        // Clocks of instances differ a little.
        var end = now.AddMinutes(1);
        foreach (var window in Windows)
        {
            var (from, to) = (now - window, end);
            var shards = await Task.WhenAll(Enumerable.Range(0, DeliveryKey.Shards)
                .Select(shard => WithinAsync(shard, channel, from, to, filter, select, ct)));
            foreach (var rows in shards) found.AddRange(rows);
            if (found.Count >= count) break;
            end = from;
        }

        found.Sort((one, other) => string.CompareOrdinal(other.RowKey, one.RowKey));
        return found.Count <= count ? found : found[..count];
    }

    private async Task<List<TableRow>> WithinAsync(int shard, string channel, DateTimeOffset from, DateTimeOffset to, string filter,
        string[] select, CancellationToken ct)
    {
        const int MostPages = 5;
        List<TableRow> rows = [];
        // A delivery's id begins with its time.
        var range = TableQuery.Partitions(DeliveryKey.PartitionOf(shard, channel, from),
            DeliveryKey.PartitionOf(shard, channel, to.AddHours(1)))
            .Rows($"{from.ToUnixTimeMilliseconds():x12}", $"{to.ToUnixTimeMilliseconds():x12}").Where(filter).Select(select);
        foreach (var month in DeliveryKey.TablesBetween(from, to))
        {
            string? continuation = null;
            for (var pages = 0; pages < MostPages; pages++)
            {
                var page = await tables.QueryAsync(month, range, ct, continuation);
                rows.AddRange(page.Rows);
                if ((continuation = page.Continuation) is null) break;
            }
        }

        return rows;
    }
}
