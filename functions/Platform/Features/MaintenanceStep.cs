namespace Serverless.Platform.Features;

/// <summary>When a step of maintenance runs.</summary>
public enum Rhythm
{
    /// <summary>Every five minutes, beside the others.</summary>
    Tick,

    /// <summary>Every five minutes, once the others are done or failed.</summary>
    AfterTick,

    /// <summary>Once a day.</summary>
    Daily,
}

/// <summary>Work that a feature hands in and Maintenance runs. It is safe to repeat, and to stop at any point.</summary>
/// <param name="When">When it runs.</param>
/// <param name="RunAsync">The work.</param>
public sealed record MaintenanceStep(Rhythm When, Func<CancellationToken, Task> RunAsync);
