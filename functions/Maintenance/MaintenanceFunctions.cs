using Microsoft.Azure.Functions.Worker;

namespace Serverless.Maintenance;

/// <summary>Timer triggers.</summary>
public sealed class MaintenanceFunctions(MaintenanceRun steps)
{
    /// <summary>Every five minutes.</summary>
    [Function("Tick")]
    public Task Tick([TimerTrigger("0 */5 * * * *")] TimerInfo timer, CancellationToken ct) => steps.TickAsync(ct);

    /// <summary>Once a day, at 03:17 UTC.</summary>
    [Function("Daily")]
    public Task Daily([TimerTrigger("0 17 3 * * *")] TimerInfo timer, CancellationToken ct) => steps.DailyAsync(ct);
}
