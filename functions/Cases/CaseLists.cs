using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Serverless.Cases.Rules;
using Serverless.Platform.Storage;

namespace Serverless.Cases;

/// <summary>
/// Pages of case ids in the orders of the API. Oldest and newest by the index, which is sorted by the time of opening; due by
/// its hints.
/// </summary>
public sealed partial class CaseLists(CaseViews views, TimeProvider time)
{
    /// <summary>Most open cases of an owner that are sorted by due time.</summary>
    public const int MostDue = 1_000;

    // Behind every row's key, which begins with a digit.
    private const string End = ":";

    private const string KeyTime = "yyyyMMddHHmmssfff";

    /// <summary>A page of ids.</summary>
    /// <param name="CaseIds">In order; some may be somewhere else by now.</param>
    /// <param name="Continuation">Null at the end.</param>
    /// <param name="Truncated">Not all could be sorted.</param>
    public sealed record Page(IReadOnlyList<string> CaseIds, string? Continuation, bool Truncated = false);

    /// <summary>One page of an order.</summary>
    /// <exception cref="ArgumentException">The continuation is none of this query.</exception>
    public async Task<Page> ReadAsync(CaseFilter filter, CancellationToken ct)
    {
        var order = filter.Order switch { CaseOrder.Newest => "n", CaseOrder.Due => "d", _ => "o" };
        var kind = (filter.State == CaseState.Open ? "o" : "c") + order;
        var after = filter.Continuation is { } text ? Opened(text, kind) : null;
        IReadOnlyList<string> partitions = filter.State == CaseState.Closed ? [CaseViews.ClosedPartition(filter.Month)]
            : filter.Owner is { } owner ? [CaseViews.OpenPartition(owner)]
            : [.. (await views.OwnersAsync(ct)).Select(CaseViews.OpenPartition)];
        if (filter.Order == CaseOrder.Due) return await DueAsync(partitions[0], filter.Top, after, kind, ct);
        // One more of each than fits shows whether more follow.
        var newest = filter.Order == CaseOrder.Newest;
        var lists = await Task.WhenAll(partitions.Select(
            p => newest ? NewestAsync(p, after, filter.Top + 1, ct) : OldestAsync(p, after, filter.Top + 1, ct)));
        List<TableRow> sorted = [.. lists.SelectMany(rows => rows).OrderBy(row => row.RowKey, StringComparer.Ordinal)];
        if (newest) sorted.Reverse();
        var page = sorted.Take(filter.Top).ToList();
        return new Page(Ids(page), sorted.Count > page.Count ? Closed(kind + page[^1].RowKey) : null);
    }

    private async Task<List<TableRow>> OldestAsync(string partition, string? after, int most, CancellationToken ct) =>
        (await WithinAsync(partition, after is null ? "0" : after + "0", End, most, ct)).Rows;

    // A table cannot be read backwards: spans of time are, each four times as long as the one after it, or shorter where one holds too
    // much.
    private async Task<List<TableRow>> NewestAsync(string partition, string? before, int most, CancellationToken ct)
    {
        if ((await WithinAsync(partition, "0", before ?? End, 1, ct)).Rows is not [var oldest]) return [];
        List<TableRow> found = [];
        var end = before ?? End;
        var at = before is null ? time.GetUtcNow() : TimeOf(before);
        var span = TimeSpan.FromHours(6);
        while (true)
        {
            var begin = at - DateTimeOffset.UnixEpoch > span ? KeyOf(at - span) : "0";
            var (rows, more) = await WithinAsync(partition, begin, end, TableLimits.Page, ct);
            if (more && span > TimeSpan.FromMilliseconds(2))
            {
                span /= 8;
                continue;
            }

            rows.Reverse();
            found.AddRange(rows);
            if (found.Count >= most) return found[..most];
            if (string.CompareOrdinal(begin, oldest.RowKey) <= 0) return found;
            (end, at, span) = (begin, at - span, span * 4);
        }
    }

    private async Task<Page> DueAsync(string partition, int top, string? after, string kind, CancellationToken ct)
    {
        var (rows, more) = await WithinAsync(partition, "0", End, MostDue, ct);
        var sorted = rows.Select(row => (Rank: RankOf(row), Row: row))
            .Where(r => after is null || string.CompareOrdinal(r.Rank, after) > 0).OrderBy(r => r.Rank, StringComparer.Ordinal).ToList();
        var page = sorted.Take(top).ToList();
        return new Page(Ids(page.Select(r => r.Row)), sorted.Count > page.Count ? Closed(kind + page[^1].Rank) : null, more);
    }

    // Overdue cases first: their hint is the time of the next escalation. Cases without a due time come last.
    private static string RankOf(TableRow row) => string.Create(
        CultureInfo.InvariantCulture,
        $"{(row.Flag("Overdue") is true ? 0 : 1)}{(row.Time("DueAt") ?? DateTimeOffset.MaxValue).UtcTicks:D19}|{row.RowKey}");

    private async Task<(List<TableRow> Rows, bool More)> WithinAsync(
        string partition, string from, string toExclusive, int most, CancellationToken ct)
    {
        List<TableRow> rows = [];
        string? continuation = null;
        do
        {
            var page = await views.RowsAsync(partition, from, toExclusive, Math.Min(most - rows.Count, TableLimits.Page), continuation, ct);
            rows.AddRange(page.Rows);
            continuation = page.Continuation;
        }
        while (continuation is not null && rows.Count < most);
        return (rows, continuation is not null);
    }

    private static List<string> Ids(IEnumerable<TableRow> rows) => [.. rows.Select(row => row.Text("CaseId")!)];

    private static string KeyOf(DateTimeOffset at) => at.UtcDateTime.ToString(KeyTime, CultureInfo.InvariantCulture);

    private static DateTimeOffset TimeOf(string key) =>
        DateTimeOffset.ParseExact(key[..KeyTime.Length], KeyTime, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);

    private static string Closed(string place) => Base64Url.EncodeToString(Encoding.ASCII.GetBytes(place));

    private static string Opened(string continuation, string kind)
    {
        var place = Base64Url.IsValid(continuation) ? Encoding.ASCII.GetString(Base64Url.DecodeFromChars(continuation)) : "";
        return place.StartsWith(kind, StringComparison.Ordinal) && Place().IsMatch(place) && DateTimeOffset.TryParseExact(
            place.Split('|')[^2][^KeyTime.Length..], KeyTime, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _)
            ? place[kind.Length..]
            : throw new ArgumentException("The continuation is not one of this query.", nameof(continuation));
    }

    [GeneratedRegex(@"^[oc]([on]|d[01][0-9]{19}\|)[0-9]{17}\|[0-9a-f]{32}$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Place();
}
