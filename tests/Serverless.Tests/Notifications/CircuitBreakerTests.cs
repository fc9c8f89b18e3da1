using Serverless.Notifications;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Notifications;

/// <summary>A dead target costs the others nothing: after some failures in a row only one call a minute looks whether it is back.</summary>
public sealed class CircuitBreakerTests
{
    private static readonly AttemptOutcome Failed = new(AttemptOutcomeKind.Later, "HTTP 503");
    private static readonly AttemptOutcome Taken = new(AttemptOutcomeKind.Delivered, "HTTP 200");
    private readonly FakeTime _time = new();
    private readonly CircuitBreakers _circuits;

    public CircuitBreakerTests() => _circuits = new CircuitBreakers(_time);

    [Fact]
    public async Task After_ten_failures_in_a_row_one_try_a_minute_goes_out_until_one_succeeds()
    {
        for (var i = 0; i < CircuitBreakers.Most; i++) Assert.True(await TryAsync("dead", Failed));

        Assert.False(await TryAsync("dead", Failed));
        Assert.True(await TryAsync("alive", Taken));
        _time.Advance(CircuitBreakers.Pause);
        var looks = new TaskCompletionSource<AttemptOutcome>();
        var looking = _circuits.TryAsync("dead", always: false, () => looks.Task, default);
        // Whoever comes while one looks is put off.
        Assert.False(await TryAsync("dead", Taken));
        looks.SetResult(Failed);
        Assert.Equal(Failed, await looking);
        Assert.False(await TryAsync("dead", Taken));
        _time.Advance(CircuitBreakers.Pause);
        Assert.True(await TryAsync("dead", Taken));
        Assert.True(await TryAsync("dead", Taken));
        Assert.True(await TryAsync("dead", Taken));
    }

    [Fact]
    public async Task Failures_that_are_not_in_a_row_open_nothing()
    {
        for (var i = 0; i < 10 * CircuitBreakers.Most; i++)
            Assert.True(await TryAsync("weak", i % CircuitBreakers.Most == 0 ? Taken : Failed));
        Assert.True(await TryAsync("weak", Failed));
    }

    [Fact]
    public async Task A_success_a_moment_ago_does_not_keep_a_target_from_being_spared()
    {
        for (var i = 0; i < 1_000; i++) Assert.True(await TryAsync("weak", Taken));
        for (var i = 0; i < CircuitBreakers.Most; i++) Assert.True(await TryAsync("weak", Failed));
        Assert.False(await TryAsync("weak", Failed));
    }

    [Fact]
    public async Task The_last_try_goes_out_in_any_case_and_its_success_ends_the_row()
    {
        for (var i = 0; i < CircuitBreakers.Most; i++) await TryAsync("dead", Failed);
        Assert.Equal(Failed, await _circuits.TryAsync("dead", always: true, () => Task.FromResult(Failed), default));
        Assert.False(await TryAsync("dead", Failed));
        Assert.Equal(Taken, await _circuits.TryAsync("dead", always: true, () => Task.FromResult(Taken), default));
        Assert.True(await TryAsync("dead", Failed));
    }

    [Fact]
    public async Task What_a_try_throws_is_thrown_and_no_failure_of_the_target()
    {
        for (var i = 0; i < 2 * CircuitBreakers.Most; i++)
        {
            await Assert.ThrowsAsync<InvalidDataException>(() =>
                _circuits.TryAsync("t", always: false, () => throw new InvalidDataException(), default));
        }

        Assert.True(await TryAsync("t", Taken));
    }

    [Fact]
    public async Task As_many_targets_are_remembered_as_there_are_at_most()
    {
        for (var i = 0; i < 3 * CircuitBreakers.MostTargets; i++) await TryAsync($"t{i}", Failed);
        Assert.InRange(_circuits.Targets, 1, CircuitBreakers.MostTargets);
    }

    // Whether the target was called.
    private async Task<bool> TryAsync(string target, AttemptOutcome outcome)
    {
        var called = false;
        var told = await _circuits.TryAsync(target, always: false, () =>
        {
            called = true;
            return Task.FromResult(outcome);
        }, default);
        Assert.Equal(called ? outcome : null, told);
        return called;
    }
}
