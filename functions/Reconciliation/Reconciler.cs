using Microsoft.Extensions.Options;
using Serverless.Channels;
using Serverless.Intake;

namespace Serverless.Reconciliation;

/// <summary>
/// Compares providers' lists with the received items, source by source, each at its own interval, and imports missing ones. One instance
/// reads a source at a time; the cursor moves only once all of a page is stored, so dying anywhere costs a repetition.
/// </summary>
public sealed partial class Reconciler(
    ChannelDirectory channels, ReconciliationStates states, ProviderRecords held, SubscriptionAlerts attention,
    IOptionsMonitor<ReconciliationOptions> options, TimeProvider time, ILogger<Reconciler> log)
{
    // The host ends an invocation after five minutes.
    private static readonly TimeSpan Budget = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan ClaimLasts = TimeSpan.FromMinutes(6);

    // Tick looks for open deliveries from the last hour on: an id must not be older than its row by much.
    private static readonly TimeSpan OldestPage = TimeSpan.FromMinutes(30);

    /// <summary>
    /// Runs every source that is due. A failing channel or source does not stop the others (P13); the first failure is thrown at the end.
    /// </summary>
    public Task LookAsync(CancellationToken ct) => Task.WhenAll(channels.All.Select(channel => LookAsync(channel, ct)));

    private async Task LookAsync(IChannel channel, CancellationToken ct)
    {
        if (channel is not IReconciles looks || ChannelDirectory.SettingsOf(channel, out _) is not { Enabled: true, Paused: false }
            || looks.Sources is not { Count: > 0 } sources) return;
        var mark = await attention.LastAsync(channel.Name, ct);
        var started = time.GetTimestamp();
        List<Task> failed = [];
        foreach (var source in sources)
        {
            if (time.GetElapsedTime(started) > Budget) break;
            var look = LookAsync(channel, looks, source, mark, started, ct);
            await look.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!look.IsCompletedSuccessfully) failed.Add(look);
        }

        await Task.WhenAll(failed);
    }

    private async Task LookAsync(IChannel channel, IReconciles looks, ReconciliationSource source, SubscriptionAlerts.Mark? mark,
        long started, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var state = await states.GetAsync(channel.Name, source.Name, now, ct);
        var since = source.From ?? options.CurrentValue.From ?? state.KnownAt;
        if (since != state.Since) state = state with { Since = since, Cursor = null, PageAt = null, DueAt = now };
        if (state.ClaimedUntil > now || (now < state.DueAt && !(mark?.At > state.LookedAt))) return;

        var pageAt = state.PageAt is { } begun && now - begun < OldestPage ? begun : now;
        var mine = await states.WriteAsync(channel.Name, state with { ClaimedUntil = now + ClaimLasts, PageAt = pageAt }, ct);
        var found = 0;
        for (var pages = 0; mine is not null; pages++)
        {
            // The limit of one tick is reached: the next one continues.
            if (pages == options.CurrentValue.PagesPerTick || time.GetElapsedTime(started) > Budget)
            {
                await DoneAsync(channel.Name, mine, now, now, null, found, ct);
                return;
            }

            switch (await looks.ReadAsync(source.Name, new ReconciliationStart(mine.Cursor, mine.Since), ct))
            {
                case ReconciliationResult.Page page:
                    foreach (var one in page.Held) if (await held.BringInAsync(channel, one, mine.PageAt ?? now, ct)) found++;
                    mine = mine with { Cursor = page.Cursor, PageAt = time.GetUtcNow() };
                    if (page.More)
                    {
                        mine = await states.WriteAsync(channel.Name, mine, ct);
                        break;
                    }

                    await DoneAsync(channel.Name, mine, now, now + source.Every, null, found, ct);
                    return;
                case ReconciliationResult.Later later:
                    await DoneAsync(channel.Name, mine, now, now + (later.After ?? source.Every), later.Reason, found, ct);
                    return;
                case ReconciliationResult.Restart when mine.Cursor is null:
                    await DoneAsync(channel.Name, mine, now, now + source.Every, "restarts-for-ever", found, ct);
                    return;
                default:
                    mine = await states.WriteAsync(channel.Name, mine with { Cursor = null, PageAt = time.GetUtcNow() }, ct);
                    break;
            }
        }
    }

    private async Task DoneAsync(string channel, ReconciliationState state, DateTimeOffset began, DateTimeOffset due, string? reason,
        int found, CancellationToken ct)
    {
        if (found > 0 || reason is not null) LogLooked(channel, found, reason);
        await states.WriteAsync(channel, state
            with { PageAt = null, ClaimedUntil = null, LookedAt = began, DueAt = due, Found = found, FoundInAll = state.FoundInAll + found,
                Reason = reason }, ct);
    }

    [LoggerMessage(36, LogLevel.Warning, "looked again {Channel} found={Found} reason={Reason}")]
    private partial void LogLooked(string channel, int found, string? reason);
}
