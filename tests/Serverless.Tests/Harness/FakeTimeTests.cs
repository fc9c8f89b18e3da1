using Xunit;

namespace Serverless.Tests.Harness;

/// <summary>The clock of the tests moves only when told, and fires what falls due on the way.</summary>
public sealed class FakeTimeTests
{
    [Fact]
    public async Task A_delay_ends_when_the_clock_passes_it()
    {
        var time = new FakeTime();
        var delay = Task.Delay(TimeSpan.FromMinutes(5), time);
        time.Advance(TimeSpan.FromMinutes(4.9));
        Assert.False(delay.IsCompleted);
        time.Advance(TimeSpan.FromMinutes(0.1));
        await delay;
    }

    [Fact]
    public void Timers_fire_in_order_each_at_its_own_instant()
    {
        var time = new FakeTime();
        var start = time.GetUtcNow();
        var fired = new List<string>();
        using var late = time.CreateTimer(_ => fired.Add($"late {(time.GetUtcNow() - start).TotalSeconds}"), null, TimeSpan.FromSeconds(25),
            Timeout.InfiniteTimeSpan);
        using var often = time.CreateTimer(_ => fired.Add($"often {(time.GetUtcNow() - start).TotalSeconds}"), null,
            TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(10));
        time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal("often 10, often 20, late 25, often 30", string.Join(", ", fired));
    }

    [Fact]
    public void A_disposed_or_stopped_timer_does_not_fire()
    {
        var time = new FakeTime();
        var fired = 0;
        time.CreateTimer(_ => fired++, null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan).Dispose();
        using var stopped = time.CreateTimer(_ => fired++, null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        stopped.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(0, fired);
    }

    [Fact]
    public void A_cancellation_after_a_span_follows_the_clock()
    {
        var time = new FakeTime();
        using var source = new CancellationTokenSource(TimeSpan.FromSeconds(30), time);
        time.Advance(TimeSpan.FromSeconds(29));
        Assert.False(source.IsCancellationRequested);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(source.IsCancellationRequested);
    }
}
