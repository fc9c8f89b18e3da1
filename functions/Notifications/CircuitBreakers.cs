using System.Collections.Concurrent;
using Polly;
using Polly.CircuitBreaker;

namespace Serverless.Notifications;

/// <summary>
/// Circuit breaker per target: after repeated failures, one probe a minute; other attempts are rescheduled at once. That relieves the
/// target and the notifications queued behind it (P13). Counted in this instance only.
/// </summary>
/// <remarks>At most 1,000 targets are remembered, about 2 KB each; beyond that all start anew, which costs a dead one ten tries.</remarks>
public sealed class CircuitBreakers(TimeProvider time)
{
    /// <summary>Failures in a row after which a target is spared.</summary>
    public const int Most = 10;

    /// <summary>Targets that are remembered at most.</summary>
    internal const int MostTargets = 1_000;

    /// <summary>Time between two probes.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    // Failures further apart than this are no outage but a target that is rarely notified.
    private static readonly TimeSpan Window = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<string, Breaker> _targets = new(StringComparer.Ordinal);

    internal int Targets => _targets.Count;

    /// <summary>Makes a try and notes how it went; null when the target is spared and was not called. What a try throws is thrown, and no
    /// failure of the target.</summary>
    /// <param name="target">Route and target.</param>
    /// <param name="always">Whether it is called even so.</param>
    /// <param name="attempt">The try; <see cref="AttemptOutcomeKind.Later"/> is a failure.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<AttemptOutcome?> TryAsync(string target, bool always, Func<Task<AttemptOutcome>> attempt, CancellationToken ct)
    {
        if (_targets.Count >= MostTargets) _targets.Clear();
        var breaker = _targets.GetOrAdd(target, static (_, clock) => new Breaker(clock), time);
        AttemptOutcome outcome;
        try
        {
            outcome = await breaker.Pipeline.ExecuteAsync(static async (attempt, _) => await attempt(), attempt, ct);
        }
        catch (BrokenCircuitException)
        {
            if (!always) return null;
            outcome = await attempt();
        }

        // The library counts shares of a window; the first success resets the consecutive failures, whatever the window holds.
        if (outcome.Kind != AttemptOutcomeKind.Later) await breaker.Control.CloseAsync(ct);
        return outcome;
    }

    private sealed class Breaker
    {
        public Breaker(TimeProvider time) => Pipeline = new ResiliencePipelineBuilder<AttemptOutcome> { TimeProvider = time }
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<AttemptOutcome>
            {
                ShouldHandle = static args => ValueTask.FromResult(args.Outcome.Result is { Kind: AttemptOutcomeKind.Later }),
                FailureRatio = 1,
                MinimumThroughput = Most,
                SamplingDuration = Window,
                BreakDuration = Pause,
                ManualControl = Control,
            })
            .Build();

        public CircuitBreakerManualControl Control { get; } = new();

        public ResiliencePipeline<AttemptOutcome> Pipeline { get; }
    }
}
