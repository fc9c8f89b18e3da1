using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Azure;
using Serverless.Platform.Json;
using Serverless.Platform.Storage;

namespace Serverless.Platform.Audit;

/// <summary>The audit log of actions: when, what, on what, by whom, and how many items.</summary>
/// <remarks>
/// The host does not expose which function key was used, so <c>by</c> is the principal where App Service authentication is on, and
/// otherwise the name given by the caller.
/// </remarks>
public sealed class AuditLog(TableStore tables, TimeProvider time)
{
    private const string Table = "actions";

    /// <summary>One entry of the audit log.</summary>
    /// <param name="At">When it began (UTC).</param>
    /// <param name="What">Such as <c>release</c>, <c>discard</c>, <c>replay</c>, <c>resubmit</c>, <c>resend</c>,
    /// <c>subscription-rotate</c>, <c>diagnostics-link</c>.</param>
    /// <param name="Channel">The channel; or the subscription of the bus, the queue, <c>notices</c>, <c>webhook</c>.</param>
    /// <param name="On">An id, a name, or a span of time.</param>
    /// <param name="By">Name of the person; null when unknown.</param>
    /// <param name="Counts">Numbers by outcome; null when it was not finished.</param>
    public sealed record Entry(DateTimeOffset At, string What, string Channel, string On, string? By,
        IReadOnlyDictionary<string, int>? Counts);

    /// <summary>Key of an entry that was begun.</summary>
    public sealed record Begun(string Month, string Key);

    /// <summary>A page of the trail.</summary>
    public sealed record Page(IReadOnlyList<Entry> Actions, string? Continuation);

    /// <summary>
    /// Writes an action before it is performed, so that none is without an entry; returns the input of <see cref="EndAsync"/>.
    /// </summary>
    public async Task<Begun> BeginAsync(string what, string channel, string on, string? by, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        // The latest first: a table sorts by key alone.
        var key = string.Create(CultureInfo.InvariantCulture, $"{DateTime.MaxValue.Ticks - now.UtcTicks:d19}|{Guid.CreateVersion7(now):N}");
        var row = new TableRow(MonthOf(now), key) { ["At"] = now, ["What"] = what, ["Channel"] = channel, ["On"] = on, ["By"] = by };
        await tables.InsertAsync(Table, row, ct);
        return new Begun(row.PartitionKey, row.RowKey);
    }

    /// <summary>Adds how many it met.</summary>
    public Task EndAsync(Begun begun, IReadOnlyDictionary<string, int> counts, CancellationToken ct)
    {
        var json = JsonSerializer.Serialize(new Dictionary<string, int>(counts, StringComparer.Ordinal),
            AuditJson.Default.DictionaryStringInt32);
        return tables.MergeAsync(Table, new TableRow(begun.Month, begun.Key) { ["Counts"] = json }, ETag.All, ct);
    }

    /// <summary>Actions of a month, the latest first.</summary>
    /// <exception cref="ArgumentException">The continuation is none of this query.</exception>
    public async Task<Page> ListAsync(DateTimeOffset month, int top, string? continuation, CancellationToken ct)
    {
        var page = await tables.QueryAsync(Table, TableQuery.Partition(MonthOf(month)).Top(top), ct, continuation);
        return new Page([.. page.Rows.Select(Read)], page.Continuation);
    }

    private static Entry Read(TableRow row) => new(
        row.Time("At") ?? default, row.Text("What") ?? "", row.Text("Channel") ?? "", row.Text("On") ?? "", row.Text("By"),
        row.Text("Counts") is { } counts ? JsonSerializer.Deserialize(counts, AuditJson.Default.DictionaryStringInt32) : null);

    private static string MonthOf(DateTimeOffset at) => at.UtcDateTime.ToString("yyyyMM", CultureInfo.InvariantCulture);
}

[JsonSerializable(typeof(Dictionary<string, int>))]
internal sealed partial class AuditJson : JsonSerializerContext
{
    static AuditJson() => Default = new(PlainJson.Of(Default));
}
