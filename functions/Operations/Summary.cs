using System.Text.Json;
using System.Text.Json.Serialization;
using Serverless.Cases;
using Serverless.Channels;
using Serverless.Notices;
using Serverless.Outbox;
using Serverless.Receipts;
using Serverless.Replies;
using Serverless.Storage;
using Serverless.Telemetry;

namespace Serverless.Operations;

/// <summary>What came in and what became of it, counted over the last hours.</summary>
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

    /// <summary>Cases whose events wait for the bus.</summary>
    public required int OutboxPending { get; init; }

    /// <summary>Open cases, and what is wrong with them.</summary>
    public required OpenCases OpenCases { get; init; }

    /// <summary>Replies on their way.</summary>
    public required ReplyCounts Replies { get; init; }

    /// <summary>Queue messages kept because they could not be worked, of all queues.</summary>
    public required int KeptMessages { get; init; }

    public required CallCounts Calls { get; init; }

    /// <summary>The second look, channel by channel.</summary>
    public required IReadOnlyList<LookReport> Looks { get; init; }
}

/// <summary>Deliveries by what became of them as a whole.</summary>
public sealed record DeliveryCounts(int Total, int Accepted, int Open, int Paused, int Quarantined, int Refused, int Kept);

/// <summary>Open cases now, whatever the hours asked for.</summary>
/// <param name="Total">All; at most 1,000 are looked at.</param>
/// <param name="Overdue">Their promise ran out.</param>
/// <param name="Ownerless">Nobody is accountable.</param>
public sealed record OpenCases(int Total, int Overdue, int Ownerless);

/// <summary>Replies now.</summary>
/// <param name="Waiting">Not at their end.</param>
/// <param name="Lost">Of these, nobody works.</param>
public sealed record ReplyCounts(int Waiting, int Lost);

/// <summary>Requests that this instance sent since it started.</summary>
public sealed record CallCounts(long Storage, long Bus);

/// <summary>One delivery and how it ended.</summary>
public sealed record DeliveryReport(string Id, string Channel, DateTimeOffset ReceivedAt, string End, IReadOnlyList<string> Ends, string? Reason, int Tries);

/// <summary>Counts and lists what other rooms keep, for people who run the app.</summary>
public sealed class Ledger(
    TableStore tables, ChannelDirectory channels, OpenDeliveries open, OutboxRelay outbox, NoticeLog notices, KeptMessages kept, LookStates looks, DeliveryLog deliveries,
    CaseReader cases, ReplyIndex replies, CallCount calls, TimeProvider time)
{
    private const int MostCases = 1_000;

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

        int End(string word) => byEnd.GetValueOrDefault(word);
        int Of(string word) => ends.GetValueOrDefault(word);
        var total = byEnd.Values.Sum();
        return new Summary
        {
            Deliveries = new DeliveryCounts(total, total - End(DeliveryEnd.Quarantined) - End(DeliveryEnd.Refused), End(DeliveryEnd.Open), End(DeliveryEnd.Paused),
                End(DeliveryEnd.Quarantined), End(DeliveryEnd.Refused), End(DeliveryEnd.Kept)),
            Ends = ends,
            Unaccounted = unaccounted,
            Cases = Of("case"),
            Contacts = Of("case") + Of("joined") + Of("outbound"),
            Duplicates = Of("duplicate"),
            Notices = await NoticesAsync(from, now, ct),
            OutboxPending = await outbox.CountPendingAsync(ct),
            OpenCases = await OpenCasesAsync(now, ct),
            Replies = await RepliesAsync(ct),
            KeptMessages = await kept.CountAsync(ct),
            Calls = new CallCounts(calls.Storage, calls.Bus),
            Looks = await LooksAsync(ct),
        };
    }

    private async Task<OpenCases> OpenCasesAsync(DateTimeOffset now, CancellationToken ct)
    {
        var (total, overdue, ownerless) = (0, 0, 0);
        var filter = new CaseFilter(CaseState.Open, null, null, null, now, 100, null);
        do
        {
            var page = await cases.ListAsync(filter, ct);
            foreach (var one in page.Cases)
            {
                total++;
                if (one.DueAt < now) overdue++;
                if (one.Owner is null) ownerless++;
            }

            filter = filter with { Continuation = page.Continuation };
        }
        while (filter.Continuation is not null && total < MostCases);
        return new OpenCases(total, overdue, ownerless);
    }

    private async Task<ReplyCounts> RepliesAsync(CancellationToken ct)
    {
        var (waiting, lost) = await replies.CountAsync(ct);
        return new ReplyCounts(waiting, lost);
    }

    private async Task<IReadOnlyList<LookReport>> LooksAsync(CancellationToken ct)
    {
        List<LookReport> reports = [];
        foreach (var channel in channels.All) if (await LookReport.OfAsync(channel, looks, ct) is { } report) reports.Add(report);
        return reports;
    }

    /// <summary>One delivery; null when it is unknown or erased.</summary>
    public async Task<DeliveryReport?> DeliveryAsync(DeliveryKey key, CancellationToken ct)
    {
        if (await deliveries.FindAsync(key, ct) is not { } row) return null;
        var ends = row.Text("Ends")?.Split('\n', StringSplitOptions.RemoveEmptyEntries) ?? [];
        return new DeliveryReport(key.Id, key.Channel, row.Time("ReceivedAt") ?? key.At, row.Text("End") ?? "", ends, row.Text("Reason") is { Length: > 0 } reason ? reason : null, row.Int("Tries") ?? 0);
    }

    /// <summary>Notices of the days from one to another, both included, at most <paramref name="top"/> of them.</summary>
    public async Task<IReadOnlyList<NoticeState>> NoticesOfAsync(DateTimeOffset from, DateTimeOffset to, string? state, int top, CancellationToken ct)
    {
        List<NoticeState> found = [];
        await foreach (var one in notices.OfDaysAsync(from, to, state, ct))
        {
            found.Add(one);
            if (found.Count == top) break;
        }

        return found;
    }

    private async IAsyncEnumerable<TableRow> RowsAsync(string channel, DateTimeOffset from, DateTimeOffset to, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        foreach (var table in DeliveryKey.TablesBetween(from, to))
        {
            for (var shard = 0; shard < DeliveryKey.Shards; shard++)
            {
                var hours = TableQuery.Partitions(DeliveryKey.PartitionOf(shard, channel, from), DeliveryKey.PartitionOf(shard, channel, to.AddHours(1))).Select("End", "EndCounts", "Reason");
                await foreach (var row in tables.QueryAllAsync(table, hours, ct)) yield return row;
            }
        }
    }

    private static void Count(TableRow row, Dictionary<string, int> byEnd, SortedDictionary<string, int> ends)
    {
        var end = row.Text("End") ?? "";
        byEnd[end] = byEnd.GetValueOrDefault(end) + 1;
        if (end is DeliveryEnd.Quarantined or DeliveryEnd.Refused) ends[$"{end}:{row.Text("Reason")}"] = ends.GetValueOrDefault($"{end}:{row.Text("Reason")}") + 1;
        if (row.Text("EndCounts") is not { } counts) return;
        using var json = JsonDocument.Parse(counts);
        foreach (var one in json.RootElement.EnumerateObject()) ends[one.Name] = ends.GetValueOrDefault(one.Name) + one.Value.GetInt32();
    }

    private async Task<SortedDictionary<string, SortedDictionary<string, int>>> NoticesAsync(DateTimeOffset from, DateTimeOffset to, CancellationToken ct)
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

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Summary))]
[JsonSerializable(typeof(DeliveryReport))]
[JsonSerializable(typeof(IReadOnlyList<NoticeState>))]
[JsonSerializable(typeof(HealthReport))]
[JsonSerializable(typeof(ResendStep))]
[JsonSerializable(typeof(DeadLetterStep))]
[JsonSerializable(typeof(IReadOnlyList<DeadLetterReport>))]
internal sealed partial class OperationsJson : JsonSerializerContext;
