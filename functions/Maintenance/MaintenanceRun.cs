using Serverless.Platform.Features;

namespace Serverless.Maintenance;

/// <summary>Runs what features handed in. Each step goes on when another fails (P13).</summary>
public sealed class MaintenanceRun(IEnumerable<MaintenanceStep> steps)
{
    private readonly MaintenanceStep[] _steps = [.. steps];

    /// <summary>What is due every few minutes, then what measures it: all the more when something failed.</summary>
    public async Task TickAsync(CancellationToken ct)
    {
        var all = RunAsync(Rhythm.Tick, ct);
        await all.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await RunAsync(Rhythm.AfterTick, ct);
        await all;
    }

    /// <summary>What is due once a day.</summary>
    public Task DailyAsync(CancellationToken ct) => RunAsync(Rhythm.Daily, ct);

    private Task RunAsync(Rhythm when, CancellationToken ct) =>
        Task.WhenAll(_steps.Where(s => s.When == when).Select(async s => await s.RunAsync(ct)));
}
