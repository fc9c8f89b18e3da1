using Microsoft.Extensions.DependencyInjection;

namespace Serverless.Tests.Harness;

/// <summary>
/// The clock of a world, of which only the stopwatch goes on: a millisecond each time somebody looks. So a budget of time is used up by
/// steps, however fast the machine is.
/// </summary>
public sealed class SteppingTime(TimeProvider inner) : TimeProvider
{
    private long _looks;

    public override long TimestampFrequency => 1_000;

    /// <summary>Puts it in the place of the clock that a world registered.</summary>
    public static void Add(IServiceCollection services)
    {
        var inner = (TimeProvider)services.Last(s => s.ServiceType == typeof(TimeProvider)).ImplementationInstance!;
        services.AddSingleton<TimeProvider>(new SteppingTime(inner));
    }

    public override DateTimeOffset GetUtcNow() => inner.GetUtcNow();

    public override long GetTimestamp() => Interlocked.Increment(ref _looks);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        inner.CreateTimer(callback, state, dueTime, period);
}
