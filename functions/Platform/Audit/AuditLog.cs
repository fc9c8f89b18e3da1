using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Azure;
using Serverless.Platform.Json;
using Serverless.Platform.Storage;

namespace Serverless.Platform.Audit;

/// <summary>The audit trail of what people did: when, what, to what, who, and how many it met.</summary>
/// <remarks>The host does not tell which function key was used, so <c>by</c> is the principal where App Service authentication is on, and what callers say of themselves.</remarks>
public sealed class AuditLog(TableStore tables, TimeProvider time)
{
    private const string Table = "actions";

    /// <summary>One thing somebody did.</summary>
    /// <param name="At">When it began (UTC).</param>
    /// <param name="What">Such as <c>release</c>, <c>discard</c>, <c>replay</c>, <c>resubmit</c>, <c>resend</c>, <c>subscription-rotate</c>, <c>diagnostics-link</c>.</param>
    /// <param name="Channel">The channel; or the subscription of the bus, the queue, <c>notices</c>, <c>webhook</c>.</param>
    /// <param name="On">An id, a name, or a span of time.</param>
    /// <param name="By">Who; null when nobody is known.</param>
    /// <param name="Counts">How many by what became of them; null when it was not finished.</param>
    public sealed record Entry(DateTimeOffset At, string What, string Channel, string On, string? By, IReadOnlyDictionary<string, int>? Counts);

    /// <summary>Where an entry that was begun is written.</summary>
    public sealed record Begun(string Month, string Key);

    /// <summary>A page of the trail.</summary>
    public sealed record Page(IReadOnlyList<Entry> Actions, string? Continuation);

    /// <summary>Writes down what is about to be done, so that nothing is done without a trace; gives what <see cref="EndAsync"/> wants.</summary>
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
        var json = JsonSerializer.Serialize(new Dictionary<string, int>(counts, StringComparer.Ordinal), AuditJson.Default.DictionaryStringInt32);
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
