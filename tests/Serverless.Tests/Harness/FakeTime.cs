using Microsoft.Extensions.Time.Testing;

namespace Serverless.Tests.Harness;

/// <summary>A clock that stands still until a test moves it; timers and <c>Task.Delay(span, time)</c> fire when it passes them, in order of
/// their due time.</summary>
/// <remarks>
/// The library moves the clock to the end of the way first and fires then; here it stops at each timer, so that each fires at its own
/// instant. And it may be set back: then no timer fires. Callbacks run on the thread that moves the clock.
/// </remarks>
public sealed class FakeTime(DateTimeOffset start) : FakeTimeProvider(start.ToUniversalTime())
{
    private readonly Lock _gate = new();
    private readonly List<Timer> _timers = [];

    public FakeTime() : this(new DateTimeOffset(2026, 11, 20, 9, 0, 0, TimeSpan.Zero)) { }

    public new void Advance(TimeSpan by) => Set(GetUtcNow() + by);

    /// <summary>Moves the clock. Forwards, every timer that falls due on the way fires at its own instant; backwards, none does.</summary>
    public void Set(DateTimeOffset to)
    {
        if (to < GetUtcNow())
        {
            AdjustTime(to.ToUniversalTime());
            return;
        }

        while (NextDue(to) is { } due) SetUtcNow(due);
        SetUtcNow(to.ToUniversalTime());
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this);
        timer.Set(base.CreateTimer(callback, state, dueTime, period), dueTime, period);
        return timer;
    }

    private DateTimeOffset? NextDue(DateTimeOffset until)
    {
        var now = GetUtcNow();
        lock (_gate)
        {
            _timers.RemoveAll(t => t.Next(now) is null);
            return _timers.Select(t => t.Next(now)!.Value).Where(due => due < until).Cast<DateTimeOffset?>().Min();
        }
    }

    // The library's timer, and when it is due.
    private sealed class Timer(FakeTime time) : ITimer
    {
        private ITimer _inner = null!;
        private DateTimeOffset _first;
        private TimeSpan _period;

        /// <summary>The first instant after now at which it fires; null when there is none.</summary>
        public DateTimeOffset? Next(DateTimeOffset now) =>
            _first > now ? _first
            : _period <= TimeSpan.Zero ? null
            : _first + (_period * (((now - _first).Ticks / _period.Ticks) + 1));

        public void Set(ITimer inner, TimeSpan dueTime, TimeSpan period)
        {
            _inner = inner;
            Note(dueTime, period);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Note(dueTime, period);
            return _inner.Change(dueTime, period);
        }

        public void Dispose()
        {
            lock (time._gate) time._timers.Remove(this);
            _inner.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Note(TimeSpan dueTime, TimeSpan period)
        {
            var now = time.GetUtcNow();
            lock (time._gate)
            {
                time._timers.Remove(this);
                if (dueTime == Timeout.InfiniteTimeSpan) return;
                (_first, _period) = (now + dueTime, period);
                time._timers.Add(this);
            }
        }
    }
}
