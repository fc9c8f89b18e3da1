using Serverless.Cases;
using Serverless.Channels;
using Serverless.Notifications;
using Serverless.Operations.Review;
using Serverless.Platform.Messaging;
using Serverless.Platform.Storage;
using Serverless.Platform.Telemetry;
using Serverless.Processing;
using Serverless.Registrations;

namespace Serverless.Operations;

/// <summary>
/// Counts of open work for people, up to a bound: for Health, the summary and, at each tick, the gauges. Expensive counts are cached for
/// half a minute.
/// </summary>
public sealed class Backlog(
    PoisonMessages poison, RouteSwitches switches, NotificationQueues queue, CaseViews views, QuarantineReview quarantine,
    KeptDeliveries kept, ChannelDirectory channels, AttemptStore notices, UpkeepReader upkeep, TelemetryExport export, TimeProvider time)
{
    private const int MostCases = 10_000;
    private const int MostNotices = 1_000;
    private const int NoticeDays = 7;

    private static readonly TimeSpan Lasts = TimeSpan.FromSeconds(30);

    private readonly Cached<OpenCases> _cases = new(time, Lasts, ct => views.CountOpenAsync(MostCases, ct));
    private readonly Cached<IReadOnlyDictionary<string, RowCount>> _quarantined = new(time, Lasts, ct =>
        QuarantinedAsync(quarantine, channels, ct));
    private readonly Cached<IReadOnlyDictionary<string, RowCount>> _failed = new(time, Lasts, ct =>
        OfDaysAsync(notices, time, NotificationState.Failed, ct));
    private readonly Cached<IReadOnlyDictionary<string, RowCount>> _waiting = new(time, Lasts, ct =>
        OfDaysAsync(notices, time, NotificationState.Waiting, ct));

    /// <summary>Queue messages that could not be worked, by queue; queues without are left out.</summary>
    public Task<IReadOnlyDictionary<string, RowCount>> PoisonAsync(CancellationToken ct) => poison.CountAsync(ct);

    /// <summary>Messages that lie in the queues of routes that are off, by route; routes without are left out.</summary>
    public async Task<IReadOnlyDictionary<string, int>> LeftOverAsync(CancellationToken ct)
    {
        var counts = await Task.WhenAll(switches.Routes.Where(r => !switches.IsOn(r))
            .Select(async route => (Route: route, Count: await queue.CountAsync(route, ct))));
        return counts.Where(c => c.Count > 0).ToDictionary(c => c.Route, c => c.Count, StringComparer.Ordinal);
    }

    /// <summary>Open cases, overdue and ownerless ones among them.</summary>
    public Task<OpenCases> CasesAsync(CancellationToken ct) => _cases.GetAsync(ct);

    /// <summary>Calls of the last 24 hours in quarantine, by channel; channels without are left out.</summary>
    public Task<IReadOnlyDictionary<string, RowCount>> QuarantinedAsync(CancellationToken ct) => _quarantined.GetAsync(ct);

    /// <summary>Stored deliveries with items that have neither case nor placeholder, counted up to a thousand.</summary>
    public Task<RowCount> KeptAsync(CancellationToken ct) => kept.CountAsync(ct);

    /// <summary>Notices of the last seven days that were given up, by route.</summary>
    public Task<IReadOnlyDictionary<string, RowCount>> FailedNoticesAsync(CancellationToken ct) => _failed.GetAsync(ct);

    /// <summary>Notices of the last seven days that wait for a later try, by route.</summary>
    public Task<IReadOnlyDictionary<string, RowCount>> WaitingNoticesAsync(CancellationToken ct) => _waiting.GetAsync(ct);

    /// <summary>Sets the gauges while metrics are sent; otherwise nothing is read. What cannot be read keeps its last value: Health says
    /// why.</summary>
    public async Task MeasureAsync(CancellationToken ct)
    {
        if (!export.IsOn) return;
        await Task.WhenAll(
            GaugeAsync(PoisonAsync(ct), counts => Set(Measures.Poison, poison.Queues, q => counts.GetValueOrDefault(q).Rows)),
            GaugeAsync(CasesAsync(ct), counts => Measures.Cases(counts.Total, counts.Overdue, counts.Ownerless)),
            GaugeAsync(QuarantinedAsync(ct), counts =>
                Set(Measures.Quarantined, channels.All.Select(c => c.Name), c => counts.GetValueOrDefault(c).Rows)),
            GaugeAsync(kept.CountByChannelAsync(ct), counts =>
                Set(Measures.Kept, channels.All.Select(c => c.Name), c => counts.GetValueOrDefault(c))),
            GaugeAsync(FailedNoticesAsync(ct), counts =>
                Set((r, n) => Measures.NoticesStanding(r, NotificationState.Failed, n), Routes, r => counts.GetValueOrDefault(r).Rows)),
            GaugeAsync(WaitingNoticesAsync(ct), counts =>
                Set((r, n) => Measures.NoticesStanding(r, NotificationState.Waiting, n), Routes, r => counts.GetValueOrDefault(r).Rows)),
            GaugeAsync(upkeep.ReadAsync(ct), report =>
            {
                // The nearest first.
                foreach (var one in report.Expires.DistinctBy(e => e.Channel, StringComparer.Ordinal))
                    Measures.DaysLeft(one.Channel, one.Days);
            }));
    }

    private IReadOnlyList<string> Routes => switches.Routes;

    private static void Set(Action<string, int> gauge, IEnumerable<string> all, Func<string, int> count)
    {
        foreach (var one in all) gauge(one, count(one));
    }

    private static async Task GaugeAsync<T>(Task<T> reading, Action<T> set)
    {
        try
        {
            set(await reading);
        }
        catch (StorageUnavailableException)
        {
            // A failed count must not fail the timer.
        }
    }

    private static async Task<IReadOnlyDictionary<string, RowCount>> QuarantinedAsync(QuarantineReview quarantine,
        ChannelDirectory channels, CancellationToken ct)
    {
        var on = channels.All.Where(c => ChannelDirectory.SettingsOf(c, out _) is { Enabled: true });
        var counts = await Task.WhenAll(on.Select(async c => (c.Name, Count: await quarantine.CountAsync(c.Name, ct))));
        return counts.Where(c => c.Count.Rows > 0).ToDictionary(c => c.Name, c => c.Count, StringComparer.Ordinal);
    }

    private static Task<IReadOnlyDictionary<string, RowCount>> OfDaysAsync(AttemptStore notices, TimeProvider time, string state,
        CancellationToken ct) =>
        notices.CountAsync(time.GetUtcNow().AddDays(-NoticeDays), time.GetUtcNow(), state, MostNotices, ct);
}
