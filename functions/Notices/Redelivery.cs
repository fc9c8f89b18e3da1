using System.Text;
using Serverless.Bus;
using Serverless.Outbox;
using Serverless.Storage;

namespace Serverless.Notices;

/// <summary>Tells again what was told, given up or never came: each notice gets its whole schedule anew, with the id it had.</summary>
public sealed class Redelivery(TableStore tables, NoticeLog notices, TopicClient topic, TimeProvider time)
{
    /// <summary>Most notices of one step.</summary>
    public const int Step = 100;

    /// <summary>Most days back that a single event is looked for.</summary>
    public const int MostDays = 31;

    /// <summary>Reason of a notice that was asked for again and waits on the bus.</summary>
    public const string Asked = "asked-for-again";

    /// <summary>Tells one event again. Null when the log does not know it for this target.</summary>
    public async Task<RedeliveryResult?> OneAsync(string route, string target, string eventId, CancellationToken ct)
    {
        for (var day = 0; day <= MostDays; day++)
            if (await notices.RowAsync(eventId, time.GetUtcNow().AddDays(-day), route, target, ct) is { } row)
                return await AgainAsync(row, ct) ? new RedeliveryResult(1, 0, null) : new RedeliveryResult(0, 1, null);
        return null;
    }

    /// <summary>Tells a step of those whose events became true within a span. Safe to repeat from its beginning: what it queued before is then found again by its reason.</summary>
    /// <param name="route">The route.</param>
    /// <param name="target">The target.</param>
    /// <param name="from">Included.</param>
    /// <param name="to">Not included.</param>
    /// <param name="state">Those of this state; null for all.</param>
    /// <param name="continuation">From the step before.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<RedeliveryResult> SpanAsync(string route, string target, DateTimeOffset from, DateTimeOffset to, string? state, string? continuation, CancellationToken ct)
    {
        var filter = $"Route eq {TableQuery.Literal(route)} and Target eq {TableQuery.Literal(target)} and At ge {TableQuery.Literal(from)} and At lt {TableQuery.Literal(to)}";
        if (state is not null) filter += $" and (State eq {TableQuery.Literal(state)} or Reason eq {TableQuery.Literal(Asked)})";
        var page = await tables.QueryAsync(NoticeLog.Table, NoticeLog.Days(from, to).Where(filter).Top(Step), ct, continuation);
        var (queued, unknown) = (0, 0);
        foreach (var row in page.Rows)
        {
            if (await AgainAsync(row, ct)) queued++;
            else unknown++;
        }

        return new RedeliveryResult(queued, unknown, page.Continuation);
    }

    // Opened before it is sent: the other way round the message could find it closed. Whoever dies in between finds it again by its reason.
    private async Task<bool> AgainAsync(TableRow row, CancellationToken ct)
    {
        if (row.Bytes(NoticeLog.EventProperty) is not { Length: > 0 } json || row.Text("Route") is not { } route || row.Text("Target") is not { } target) return false;
        var notice = Notice.Parse(Encoding.UTF8.GetString(json.Span)) with { Resend = row.Int("Resend") ?? 0 };
        await notices.ReopenAsync(row, Asked, ct);
        await topic.SendAsync(OutboxRelay.Topic, new BusMessage($"{notice.EventId}/{route}/{target}/again/{time.GetUtcNow().UtcTicks}", notice.Wrap(target, 0))
        {
            Properties = new Dictionary<string, string>(StringComparer.Ordinal) { [OutboxRelay.RouteProperty] = route, ["type"] = notice.Type },
        }, ct);
        return true;
    }
}
