using System.Collections.Concurrent;
using Polly;
using Polly.CircuitBreaker;

namespace Serverless.Notices;

/// <summary>
/// Circuit breaker of each target: after many failures in a row its tries go straight to their next time, but for one a minute, which looks
/// whether it is back. That spares the target, and those who wait behind it (P13). Counted in this instance only.
/// </summary>
/// <remarks>At most 1,000 targets are remembered, about 2 KB each; beyond that all start anew, which costs a dead one ten tries.</remarks>
public sealed class Circuits(TimeProvider time)
{
    /// <summary>Failures in a row after which a target is spared.</summary>
    public const int Most = 10;

    /// <summary>Targets that are remembered at most.</summary>
    internal const int MostTargets = 1_000;

    /// <summary>How long, before one try looks again.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    // A row longer than this is no outage but a target that is told something seldom.
    private static readonly TimeSpan Window = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<string, Breaker> _targets = new(StringComparer.Ordinal);

    internal int Targets => _targets.Count;

    /// <summary>Makes a try and notes how it went; null when the target is spared and was not called. What a try throws is thrown, and no
    /// failure of the target.</summary>
    /// <param name="target">Route and target.</param>
    /// <param name="always">Whether it is called even so.</param>
    /// <param name="attempt">The try; <see cref="OutcomeKind.Later"/> is a failure.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<Outcome?> TryAsync(string target, bool always, Func<Task<Outcome>> attempt, CancellationToken ct)
    {
        if (_targets.Count >= MostTargets) _targets.Clear();
        var breaker = _targets.GetOrAdd(target, static (_, clock) => new Breaker(clock), time);
        Outcome outcome;
        try
        {
            outcome = await breaker.Pipeline.ExecuteAsync(static async (attempt, _) => await attempt(), attempt, ct);
        }
        catch (BrokenCircuitException)
        {
            if (!always) return null;
            outcome = await attempt();
        }

        // The library counts shares of a window; with the first success a row is over, whatever the window holds.
        if (outcome.Kind != OutcomeKind.Later) await breaker.Control.CloseAsync(ct);
        return outcome;
    }

    private sealed class Breaker
    {
        public Breaker(TimeProvider time) => Pipeline = new ResiliencePipelineBuilder<Outcome> { TimeProvider = time }
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<Outcome>
            {
                ShouldHandle = static args => ValueTask.FromResult(args.Outcome.Result is { Kind: OutcomeKind.Later }),
                FailureRatio = 1,
                MinimumThroughput = Most,
                SamplingDuration = Window,
                BreakDuration = Pause,
                ManualControl = Control,
            })
            .Build();

        public CircuitBreakerManualControl Control { get; } = new();

        public ResiliencePipeline<Outcome> Pipeline { get; }
    }
}
