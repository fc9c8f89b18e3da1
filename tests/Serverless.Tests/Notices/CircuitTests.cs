using Serverless.Notices;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Notices;

/// <summary>A dead target costs the others nothing: after some failures in a row only one call a minute looks whether it is back.</summary>
public sealed class CircuitTests
{
    [Fact]
    public void After_ten_failures_in_a_row_one_try_a_minute_goes_out_until_one_succeeds()
    {
        var time = new FakeTime();
        var circuits = new Circuits(time);
        for (var i = 0; i < Circuits.Most; i++)
        {
            Assert.True(circuits.MayTry("dead"));
            circuits.Note("dead", failed: true);
        }

        Assert.False(circuits.MayTry("dead"));
        Assert.True(circuits.MayTry("alive"));
        time.Advance(Circuits.Pause);
        Assert.True(circuits.MayTry("dead"));
        Assert.False(circuits.MayTry("dead"));
        circuits.Note("dead", failed: true);
        Assert.False(circuits.MayTry("dead"));
        time.Advance(Circuits.Pause);
        Assert.True(circuits.MayTry("dead"));
        circuits.Note("dead", failed: false);
        Assert.True(circuits.MayTry("dead"));
        Assert.True(circuits.MayTry("dead"));
    }

    [Fact]
    public void Failures_that_are_not_in_a_row_open_nothing()
    {
        var circuits = new Circuits(new FakeTime());
        for (var i = 0; i < 10 * Circuits.Most; i++) circuits.Note("weak", failed: i % Circuits.Most != 0);
        Assert.True(circuits.MayTry("weak"));
    }
}
