using System.Text.Json;
using Azure;
using Serverless.Platform.Messaging;
using Serverless.Outbox;
using Serverless.Platform.Storage;

namespace Serverless.Notices;

/// <summary>How notices are told together.</summary>
/// <param name="Count">So many at most before they are told.</param>
/// <param name="Within">However few, after this time.</param>
public sealed record Digest(int Count, TimeSpan Within);

/// <summary>Collects notices of targets that want them together. A row a notice, and one message on the bus for the end of each window: whoever gets it tells what lies there.</summary>
public sealed class Digests(TableStore tables, TopicClient topic, TimeProvider time)
{
    /// <summary>Most notices that are told together.</summary>
    public const int MostAtOnce = 100;

    /// <summary>Lays a notice to the others. Safe to repeat.</summary>
    /// <returns>When they are told, and whether there are enough to tell them now.</returns>
    public async Task<(DateTimeOffset At, bool Full)> AddAsync(string route, NoticeTarget target, Digest digest, Notice notice, CancellationToken ct)
    {
        var row = new TableRow(PartitionOf(route, target.Name), notice.EventId);
        row.SetBytes("Json", notice.Wrap(target.Name, notice.Attempt));
        await tables.InsertAsync(NoticeLog.Table, row, ct);

        var window = time.GetUtcNow().UtcTicks / digest.Within.Ticks;
        var at = new DateTimeOffset((window + 1) * digest.Within.Ticks, TimeSpan.Zero);
        // The same window gives the same id, so that the bus keeps one message of all.
        await SendAsync(route, target.Name, 0, $"digest/{route}/{target.Name}/{window}", at, ct);
        return (at, (await CollectedAsync(route, target.Name, ct)).Count >= digest.Count);
    }

    /// <summary>What lies there, oldest first, at most a hundred.</summary>
    public async Task<IReadOnlyList<Notice>> CollectedAsync(string route, string target, CancellationToken ct)
    {
        List<Notice> notices = [];
        await foreach (var row in tables.QueryAllAsync(NoticeLog.Table, TableQuery.Partition(PartitionOf(route, target)), ct))
        {
            notices.Add(Notice.Parse(System.Text.Encoding.UTF8.GetString((row.Bytes("Json") ?? default).Span)));
            if (notices.Count == MostAtOnce) break;
        }

        return [.. notices.OrderBy(n => n.At)];
    }

    /// <summary>Takes away what was told.</summary>
    public async Task ForgetAsync(string route, string target, IEnumerable<Notice> notices, CancellationToken ct)
    {
        foreach (var notice in notices) await tables.DeleteAsync(NoticeLog.Table, PartitionOf(route, target), notice.EventId, ETag.All, ct);
    }

    /// <summary>Asks to be told again later.</summary>
    public Task AgainAsync(string route, string target, int attempt, DateTimeOffset at, CancellationToken ct) =>
        SendAsync(route, target, attempt, $"digest/{route}/{target}/{at.UtcTicks}/{attempt}", at, ct);

    /// <summary>Whether a message is the end of a window, whose, and which try.</summary>
    public static (string Target, int Attempt)? Parse(string message)
    {
        using var json = JsonDocument.Parse(message);
        return json.RootElement.TryGetProperty("digest", out var target) ? (target.GetString()!, json.RootElement.GetProperty("attempt").GetInt32()) : null;
    }

    private async Task SendAsync(string route, string target, int attempt, string id, DateTimeOffset at, CancellationToken ct)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("digest", target);
            writer.WriteNumber("attempt", attempt);
            writer.WriteEndObject();
        }

        await topic.SendAsync(OutboxRelay.Topic, new BusMessage(id, buffer.ToArray())
        {
            Properties = new Dictionary<string, string>(StringComparer.Ordinal) { [OutboxRelay.RouteProperty] = route, ["type"] = "digest" },
            ScheduledFor = at,
        }, ct);
    }

    private static string PartitionOf(string route, string target) => $"digest|{route}|{target.ToLowerInvariant()}";
}
