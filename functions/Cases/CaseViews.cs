using System.Collections.Concurrent;
using System.Globalization;
using Azure;
using Serverless.Cases.Rules;
using Serverless.Platform.Storage;

namespace Serverless.Cases;

/// <summary>
/// Lists of cases: one row per case under its owner while open, one under the month of closing afterwards. An index only: it holds no
/// facts, and readers load the case itself, so a stale row shows nothing wrong and needs no version (D9). Its values are hints: when the
/// clock is due, and whether the promise ran out, so that open cases can be counted without reading them.
/// </summary>
public sealed class CaseViews(TableStore tables)
{
    /// <summary>Stands for an owner gap.</summary>
    public const string Nobody = "(nobody)";

    private const string Table = "views";
    private const string OwnersPartition = "owners";
    private readonly ConcurrentDictionary<string, bool> _knownOwners = new(StringComparer.Ordinal);

    /// <summary>Lists a case where it belongs now. Safe to repeat.</summary>
    public async Task ShowAsync(Case head, CancellationToken ct)
    {
        var open = OpenPartition(head.Owner ?? Nobody);
        if (head.State == CaseState.Open)
        {
            await KnowOwnerAsync(head.Owner ?? Nobody, ct);
            var row = Row(open, head);
            row["DueAt"] = head.DueAt;
            row["LookAt"] = head.LookAt;
            row["Overdue"] = head.Overdue > 0 ? true : null;
            await tables.UpsertAsync(Table, row, ct);
            foreach (var former in head.FormerOwners.Where(f => f != head.Owner).Distinct(StringComparer.Ordinal))
                await tables.DeleteAsync(Table, OpenPartition(former), RowKeyOf(head), ETag.All, ct);
            return;
        }

        await tables.InsertAsync(Table, Row(ClosedPartition(head.ClosedAt ?? head.OpenedAt), head), ct);
        await tables.DeleteAsync(Table, open, RowKeyOf(head), ETag.All, ct);
    }

    /// <summary>Removes a case from every list. A row left by a crash or a race names a case that shows nothing.</summary>
    /// <param name="head">The case.</param>
    /// <param name="closed">When it was closed, each time.</param>
    /// <param name="ct">Cancels.</param>
    public async Task HideAsync(Case head, IEnumerable<DateTimeOffset> closed, CancellationToken ct)
    {
        var partitions = head.FormerOwners.Append(head.Owner ?? Nobody).Select(OpenPartition).Concat(closed.Select(ClosedPartition));
        foreach (var partition in partitions.Distinct(StringComparer.Ordinal))
            await tables.DeleteAsync(Table, partition, RowKeyOf(head), ETag.All, ct);
    }

    /// <summary>A page of ids of cases that were closed before a month, whatever their state now, with the row of the month.</summary>
    public async Task<(IReadOnlyList<(string CaseId, TableRow Row)> Cases, string? Continuation)> ClosedBeforeAsync(DateTimeOffset month,
        int top, string? continuation, CancellationToken ct)
    {
        var page = await tables.QueryAsync(Table, TableQuery.Partitions("closed|", ClosedPartition(month)).Top(top), ct, continuation);
        return ([.. page.Rows.Select(r => (r.Text("CaseId")!, r))], page.Continuation);
    }

    /// <summary>True for a row that lists a case under the month of its present end.</summary>
    public static bool IsListedBy(Case head, TableRow row) =>
        head is { State: CaseState.Closed, ClosedAt: { } at } && ClosedPartition(at) == row.PartitionKey;

    /// <summary>Forgets a row of a list.</summary>
    public Task ForgetAsync(TableRow row, CancellationToken ct) => tables.DeleteAsync(Table, row.PartitionKey, row.RowKey, row.ETag, ct);

    /// <summary>One page of a list within keys, by the time of opening; some cases may have gone to another list by now.</summary>
    internal Task<TablePage> RowsAsync(
        string partition, string from, string toExclusive, int top, string? continuation, CancellationToken ct) =>
        tables.QueryAsync(Table, TableQuery.Partition(partition).Rows(from, toExclusive).Top(top), ct, continuation);

    /// <summary>Open cases of an owner whose clock may have run out. The time in the list is a hint, the head decides.</summary>
    public async IAsyncEnumerable<DueCase> DueAsync(string owner, DateTimeOffset now,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        var query = TableQuery.Partition(OpenPartition(owner)).Where($"LookAt lt {TableQuery.Literal(now)}");
        await foreach (var row in tables.QueryAllAsync(Table, query, ct))
            yield return new DueCase(row.Text("CaseId")!, row);
    }

    /// <summary>Updates the hints, unless they changed since they were read.</summary>
    /// <param name="due">Which.</param>
    /// <param name="at">When to look again; null: not by itself.</param>
    /// <param name="owed">By when the next answer is owed; null when none is.</param>
    /// <param name="overdue">Whether its promise ran out and nobody has answered.</param>
    /// <param name="ct">Cancels.</param>
    public Task RingAtAsync(DueCase due, DateTimeOffset? at, DateTimeOffset? owed, bool overdue, CancellationToken ct)
    {
        var row = new TableRow(due.Row.PartitionKey, due.Row.RowKey)
        {
            ["CaseId"] = due.CaseId,
            ["DueAt"] = owed,
            ["LookAt"] = at,
            ["Overdue"] = overdue ? true : null,
        };
        return tables.ReplaceAsync(Table, row, due.Row.ETag, ct);
    }

    /// <summary>Counts open cases, up to a bound of all.</summary>
    public async Task<OpenCases> CountOpenAsync(int most, CancellationToken ct)
    {
        var (total, overdue, ownerless) = (0, 0, 0);
        var nobody = OpenPartition(Nobody);
        await foreach (var row in tables.QueryAllAsync(Table, TableQuery.Partitions("open|", "open}").Select("Overdue"), ct))
        {
            total++;
            if (row.Flag("Overdue") is true) overdue++;
            if (row.PartitionKey == nobody) ownerless++;
            if (total == most) return new OpenCases(total, overdue, ownerless, More: true);
        }

        return new OpenCases(total, overdue, ownerless, More: false);
    }

    /// <summary>Every owner that ever had a case, and <see cref="Nobody"/> if a case had none; sorted.</summary>
    public async Task<IReadOnlyList<string>> OwnersAsync(CancellationToken ct)
    {
        List<string> owners = [];
        await foreach (var row in tables.QueryAllAsync(Table, TableQuery.Partition(OwnersPartition), ct)) owners.Add(row.Text("Owner")!);
        owners.Sort(StringComparer.Ordinal);
        return owners;
    }

    private async Task KnowOwnerAsync(string owner, CancellationToken ct)
    {
        if (_knownOwners.ContainsKey(owner)) return;
        await tables.InsertAsync(Table, new TableRow(OwnersPartition, KeyOf(owner)) { ["Owner"] = owner }, ct);
        _knownOwners[owner] = true;
    }

    private static TableRow Row(string partition, Case head) => new(partition, RowKeyOf(head)) { ["CaseId"] = head.Id };

    internal static string OpenPartition(string owner) => $"open|{KeyOf(owner)}";

    internal static string ClosedPartition(DateTimeOffset month) =>
        string.Create(CultureInfo.InvariantCulture, $"closed|{month.UtcDateTime:yyyyMM}");

    private static string RowKeyOf(Case head) =>
        string.Create(CultureInfo.InvariantCulture, $"{head.OpenedAt.UtcDateTime:yyyyMMddHHmmssfff}|{head.Id}");

    // An owner's name comes from a setting: it may hold any character, a key may not.
    private static string KeyOf(string owner) => Uri.EscapeDataString(owner).Replace('%', '=');
}

/// <summary>Open cases now, by their list rows.</summary>
/// <param name="Total">All that were counted.</param>
/// <param name="Overdue">Of these, the promise ran out and nobody has answered, as Tick last saw it.</param>
/// <param name="Ownerless">Of these, nobody is accountable.</param>
/// <param name="More">True: there are more than were counted.</param>
public sealed record OpenCases(int Total, int Overdue, int Ownerless, bool More);

/// <summary>A case that may be due.</summary>
/// <param name="CaseId">Which one.</param>
/// <param name="Row">Its row in the list.</param>
public sealed record DueCase(string CaseId, TableRow Row);
