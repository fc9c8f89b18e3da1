namespace Serverless.Platform.Features;

/// <summary>Rhythm of a maintenance step.</summary>
public enum Rhythm
{
    /// <summary>Every five minutes, beside the others.</summary>
    Tick,

    /// <summary>Every five minutes, once the others are done or failed.</summary>
    AfterTick,

    /// <summary>Once a day.</summary>
    Daily,
}

/// <summary>A maintenance step registered by a feature. It is safe to repeat, and to stop at any point.</summary>
/// <param name="When">When it runs.</param>
/// <param name="RunAsync">The work.</param>
public sealed record MaintenanceStep(Rhythm When, Func<CancellationToken, Task> RunAsync);
