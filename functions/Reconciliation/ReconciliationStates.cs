using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Azure;
using Serverless.Platform.Storage;

namespace Serverless.Reconciliation;

/// <summary>State of reconciliation of one source.</summary>
public sealed record ReconciliationState
{
    /// <summary>As the channel names it.</summary>
    public required string Source { get; init; }

    /// <summary>When the source was first known.</summary>
    public required DateTimeOffset KnownAt { get; init; }

    /// <summary>Older items are left out; the cursor counts from here.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>Start of the next page; null at the beginning.</summary>
    public string? Cursor { get; init; }

    /// <summary>
    /// Start of processing the page at the cursor: the time in the ids of its deliveries, so that a repetition stores each once.
    /// </summary>
    public DateTimeOffset? PageAt { get; init; }

    /// <summary>When the last look began; null before the first.</summary>
    public DateTimeOffset? LookedAt { get; init; }

    public required DateTimeOffset DueAt { get; init; }

    /// <summary>Another instance looks until then.</summary>
    public DateTimeOffset? ClaimedUntil { get; init; }

    /// <summary>Contacts brought in by the last look.</summary>
    public int Found { get; init; }

    /// <summary>Contacts brought in since the source is known.</summary>
    public long FoundInAll { get; init; }

    /// <summary>Why the last look came to nothing; null when it was done.</summary>
    public string? Reason { get; init; }

    internal ETag ETag { get; init; }
}

/// <summary>Stores the states of reconciliation, in the partition of their channel in table <c>sources</c>.</summary>
public sealed class ReconciliationStates(TableStore tables)
{
    private const string Table = "sources";
    private const string Prefix = "look|";

    /// <summary>The state of a source; a source that was never seen begins at <paramref name="now"/>.</summary>
    public async Task<ReconciliationState> GetAsync(string channel, string source, DateTimeOffset now, CancellationToken ct)
    {
        var key = KeyOf(source);
        if (await tables.GetAsync(Table, channel, key, ct) is { } row) return Read(row);
        var state = new ReconciliationState { Source = source, KnownAt = now, Since = now, DueAt = now };
        var written = await tables.InsertAsync(Table, Write(channel, state), ct);
        if (written.State == WriteState.Written) return state with { ETag = written.ETag };
        return await tables.GetAsync(Table, channel, key, ct) is { } others
            ? Read(others) : throw new InvalidOperationException("A source was taken away while it was looked at.");
    }

    /// <summary>Writes a state if it did not change since it was read; otherwise null.</summary>
    public async Task<ReconciliationState?> WriteAsync(string channel, ReconciliationState state, CancellationToken ct)
    {
        var written = await tables.ReplaceAsync(Table, Write(channel, state), state.ETag, ct);
        return written.State == WriteState.Written ? state with { ETag = written.ETag } : null;
    }

    /// <summary>Every source of a channel that was ever reconciled.</summary>
    public async Task<List<ReconciliationState>> OfChannelAsync(string channel, CancellationToken ct)
    {
        List<ReconciliationState> states = [];
        await foreach (var row in tables.QueryAllAsync(Table, TableQuery.Partition(channel).RowPrefix(Prefix), ct)) states.Add(Read(row));
        return states;
    }

    private static string KeyOf(string source) => Prefix + Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(source)));

    private static ReconciliationState Read(TableRow row) => new()
    {
        Source = row.Text("Source") ?? "",
        KnownAt = row.Time("KnownAt") ?? default,
        Since = row.Time("Since") ?? default,
        Cursor = row.Text("Cursor"),
        PageAt = row.Time("PageAt"),
        LookedAt = row.Time("LookedAt"),
        DueAt = row.Time("DueAt") ?? default,
        ClaimedUntil = row.Time("ClaimedUntil"),
        Found = row.Int("Found") ?? 0,
        FoundInAll = row.Long("FoundInAll") ?? 0,
        Reason = row.Text("Reason"),
        ETag = row.ETag,
    };

    private static TableRow Write(string channel, ReconciliationState state) => new(channel, KeyOf(state.Source))
    {
        ["Source"] = state.Source,
        ["KnownAt"] = state.KnownAt,
        ["Since"] = state.Since,
        ["Cursor"] = state.Cursor,
        ["PageAt"] = state.PageAt,
        ["LookedAt"] = state.LookedAt,
        ["DueAt"] = state.DueAt,
        ["ClaimedUntil"] = state.ClaimedUntil,
        ["Found"] = state.Found,
        ["FoundInAll"] = state.FoundInAll,
        ["Reason"] = state.Reason,
    };
}
