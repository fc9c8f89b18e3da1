using System.Text.Json;
using System.Text.Json.Serialization;
using Serverless.Cases;
using Serverless.Channels;
using Serverless.Intake;
using Serverless.Notifications;
using Serverless.Outbox;
using Serverless.Platform.Json;
using Serverless.Platform.Storage;
using Serverless.Platform.Telemetry;
using Serverless.Reconciliation;
using Serverless.Registrations;
using Serverless.Replies;

namespace Serverless.Operations;

/// <summary>Received deliveries and their outcomes, counted over the last hours.</summary>
public sealed record Summary
{
    public required DeliveryCounts Deliveries { get; init; }

    /// <summary>Ends of elements, by word.</summary>
    public required SortedDictionary<string, int> Ends { get; init; }

    /// <summary>Deliveries that nobody works and nobody is about to work: 0, or something is broken (P1).</summary>
    public required int Unaccounted { get; init; }

    public required int Cases { get; init; }

    public required int Contacts { get; init; }

    public required int Duplicates { get; init; }

    /// <summary>Notices by route and state.</summary>
    public required SortedDictionary<string, SortedDictionary<string, int>> Notices { get; init; }

    /// <summary>Cases with events that are not wholly published, counted up to a thousand.</summary>
    public required int OutboxPending { get; init; }

    /// <summary>Open cases now, and problems with them.</summary>
    public required OpenCases OpenCases { get; init; }

    /// <summary>Replies on their way.</summary>
    public required ReplyCounts Replies { get; init; }

    /// <summary>Queue messages that could not be worked, of all queues.</summary>
    public required int PoisonMessages { get; init; }

    /// <summary>The same by queue, each counted up to a thousand; queues without are left out.</summary>
    public required SortedDictionary<string, int> Poison { get; init; }

    /// <summary>Credentials and registrations that expire within 30 days, the nearest first.</summary>
    public required IReadOnlyList<ExpiryReport> Expires { get; init; }

    public required CallCounts Calls { get; init; }

    /// <summary>Reconciliation, channel by channel.</summary>
    public required IReadOnlyList<ReconciliationReport> Looks { get; init; }
}

/// <summary>Deliveries by outcome.</summary>
public sealed record DeliveryCounts(int Total, int Accepted, int Open, int Paused, int Quarantined, int Refused, int Kept);

/// <summary>Replies now.</summary>
/// <param name="Waiting">Not at their end.</param>
/// <param name="Lost">Of these, nobody works.</param>
public sealed record ReplyCounts(int Waiting, int Lost);

/// <summary>Requests that this instance sent since it started.</summary>
public sealed record CallCounts(long Storage, long Bus);

/// <summary>One delivery and its outcome.</summary>
public sealed record DeliveryReport(string Id, string Channel, DateTimeOffset ReceivedAt, string End, IReadOnlyList<string> Ends,
    string? Reason, int Tries);

/// <summary>Counts and lists for operators.</summary>
public sealed class SummaryReport(
    TableStore tables, ChannelDirectory channels, OpenDeliveries open, OutboxRelay outbox, AttemptStore notices, Backlog arrears,
    UpkeepReader upkeep, ReconciliationStates looks, DeliveryStore deliveries,
    ReplyIndex replies, CallCount calls, TimeProvider time)
{
    private const int CalendarDays = 30;

    /// <summary>Counts the last hours. Reads each delivery's end, not its body; meant for people and tests, not for every second.</summary>
    public async Task<Summary> SummaryAsync(int hours, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var from = now.AddHours(-hours);
        var byEnd = new Dictionary<string, int>(StringComparer.Ordinal);
        var ends = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var unaccounted = 0;
        foreach (var channel in channels.All)
        {
            await foreach (var row in RowsAsync(channel.Name, from, now, ct)) Count(row, byEnd, ends);
            await foreach (var one in open.OpenOfAsync(channel.Name, ct)) if (open.IsUnaccounted(one)) unaccounted++;
        }

        var poison = new SortedDictionary<string, int>((await arrears.PoisonAsync(ct)).ToDictionary(k => k.Key, k => k.Value.Rows,
            StringComparer.Ordinal), StringComparer.Ordinal);
        int End(string word) => byEnd.GetValueOrDefault(word);
        int Of(string word) => ends.GetValueOrDefault(word);
        var total = byEnd.Values.Sum();
        return new Summary
        {
            Deliveries = new DeliveryCounts(total, total - End(DeliveryEnd.Quarantined) - End(DeliveryEnd.Refused), End(DeliveryEnd.Open),
                End(DeliveryEnd.Paused),
                End(DeliveryEnd.Quarantined), End(DeliveryEnd.Refused), End(DeliveryEnd.Kept)),
            Ends = ends,
            Unaccounted = unaccounted,
            Cases = Of("case"),
            Contacts = Of("case") + Of("joined") + Of("outbound"),
            Duplicates = Of("duplicate"),
            Notices = await NoticesAsync(from, now, ct),
            OutboxPending = (await outbox.CountPendingAsync(ct)).Rows,
            OpenCases = await arrears.CasesAsync(ct),
            Replies = await RepliesAsync(ct),
            PoisonMessages = poison.Values.Sum(),
            Poison = poison,
            Expires = [.. (await upkeep.ReadAsync(ct)).Expires.Where(e => e.Days < CalendarDays)],
            Calls = new CallCounts(calls.Storage, calls.Bus),
            Looks = await LooksAsync(ct),
        };
    }

    private async Task<ReplyCounts> RepliesAsync(CancellationToken ct)
    {
        var (waiting, lost) = await replies.CountAsync(ct);
        return new ReplyCounts(waiting, lost);
    }

    private async Task<IReadOnlyList<ReconciliationReport>> LooksAsync(CancellationToken ct)
    {
        List<ReconciliationReport> reports = [];
        foreach (var channel in channels.All) if (await ReconciliationReport.OfAsync(channel, looks, ct) is { } report) reports.Add(report);
        return reports;
    }

    /// <summary>One delivery; null when it is unknown or erased.</summary>
    public async Task<DeliveryReport?> DeliveryAsync(DeliveryKey key, CancellationToken ct)
    {
        if (await deliveries.FindAsync(key, ct) is not { } row) return null;
        var ends = row.Text("Ends")?.Split('\n', StringSplitOptions.RemoveEmptyEntries) ?? [];
        return new DeliveryReport(key.Id, key.Channel, row.Time("ReceivedAt") ?? key.At, row.Text("End")
            ?? "", ends, row.Text("Reason") is { Length: > 0 } reason ? reason : null, row.Int("Tries") ?? 0);
    }

    /// <summary>Notices of the days from one to another, both included, at most <paramref name="top"/> of them.</summary>
    public async Task<IReadOnlyList<NotificationState>> NoticesOfAsync(DateTimeOffset from, DateTimeOffset to, string? state, int top,
        CancellationToken ct)
    {
        List<NotificationState> found = [];
        await foreach (var one in notices.OfDaysAsync(from, to, state, ct))
        {
            found.Add(one);
            if (found.Count == top) break;
        }

        return found;
    }

    private async IAsyncEnumerable<TableRow> RowsAsync(string channel, DateTimeOffset from, DateTimeOffset to,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        foreach (var table in DeliveryKey.TablesBetween(from, to))
        {
            for (var shard = 0; shard < DeliveryKey.Shards; shard++)
            {
                var hours = TableQuery.Partitions(DeliveryKey.PartitionOf(shard, channel, from),
                    DeliveryKey.PartitionOf(shard, channel, to.AddHours(1))).Select("End", "EndCounts", "Reason", "StandsFor");
                await foreach (var row in tables.QueryAllAsync(table, hours, ct)) yield return row;
            }
        }
    }

    private static void Count(TableRow row, Dictionary<string, int> byEnd, SortedDictionary<string, int> ends)
    {
        var end = row.Text("End") ?? "";
        // Beyond the limit of an hour one row is a sample of many.
        var stands = row.Int("StandsFor") ?? 1;
        byEnd[end] = byEnd.GetValueOrDefault(end) + stands;
        if (end is DeliveryEnd.Quarantined or DeliveryEnd.Refused)
            ends[$"{end}:{row.Text("Reason")}"] = ends.GetValueOrDefault($"{end}:{row.Text("Reason")}") + stands;
        if (row.Text("EndCounts") is not { } counts) return;
        using var json = JsonDocument.Parse(counts);
        foreach (var one in json.RootElement.EnumerateObject()) ends[one.Name] = ends.GetValueOrDefault(one.Name) + one.Value.GetInt32();
    }

    private async Task<SortedDictionary<string, SortedDictionary<string, int>>> NoticesAsync(DateTimeOffset from, DateTimeOffset to,
        CancellationToken ct)
    {
        var counts = new SortedDictionary<string, SortedDictionary<string, int>>(StringComparer.Ordinal);
        await foreach (var notice in notices.OfDaysAsync(from, to, null, ct))
        {
            if (!counts.TryGetValue(notice.Route, out var states)) counts[notice.Route] = states = new(StringComparer.Ordinal);
            states[notice.State] = states.GetValueOrDefault(notice.State) + 1;
        }

        return counts;
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Summary))]
[JsonSerializable(typeof(DeliveryReport))]
[JsonSerializable(typeof(IReadOnlyList<NotificationState>))]
[JsonSerializable(typeof(HealthReport))]
[JsonSerializable(typeof(ResendStep))]
[JsonSerializable(typeof(RouteDiscarded))]
internal sealed partial class OperationsJson : JsonSerializerContext
{
    static OperationsJson() => Default = new(PlainJson.Of(Default));
}
