using Serverless.Platform.Features;

namespace Serverless.Maintenance;

/// <summary>Runs the maintenance steps that features register. A failing step does not stop the others (P13).</summary>
public sealed class MaintenanceRun(IEnumerable<MaintenanceStep> steps)
{
    private readonly MaintenanceStep[] _steps = [.. steps];

    /// <summary>Steps due every few minutes, then the gauges, also after a failure.</summary>
    public async Task TickAsync(CancellationToken ct)
    {
        var all = RunAsync(Rhythm.Tick, ct);
        await all.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await RunAsync(Rhythm.AfterTick, ct);
        await all;
    }

    /// <summary>Steps due once a day.</summary>
    public Task DailyAsync(CancellationToken ct) => RunAsync(Rhythm.Daily, ct);

    private Task RunAsync(Rhythm when, CancellationToken ct) =>
        Task.WhenAll(_steps.Where(s => s.When == when).Select(async s => await s.RunAsync(ct)));
}
