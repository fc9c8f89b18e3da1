using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>The customer is a machine that acknowledges whatever it gets and does not say that it is one: we stop after one, for
/// good.</summary>
public sealed class When_two_systems_acknowledge_each_other(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private readonly LoopbackNetwork _pigeons = new();
    private int _said;

    /// <summary>Each message of ours is answered after a while; the other machine begins.</summary>
    private async Task TalkAsync(TestApp world, int rounds, TimeSpan pause, string text, bool newThreads)
    {
        for (var heard = -1; rounds > 0; rounds--)
        {
            if (heard == _pigeons.Flown.Count) return;
            heard = _pigeons.Flown.Count;
            var number = ++_said;
            await world.SaysAsync(new { id = $"auto-{number}", customer = "machine", text, at = world.Time.GetUtcNow(), thread = newThreads
                ? $"thread-{number}" : "machine" });
            world.Time.Advance(pause);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(60 * 30)]
    public async Task It_stops_after_one_however_long_the_other_takes(int pauseMinutes)
    {
        await using var world = await TestApp.StartAsync(azurite, _pigeons.Add, [.. AcknowledgementSteps.On()]);
        await TalkAsync(world, 6, TimeSpan.FromMinutes(pauseMinutes), "Wir haben Ihre Nachricht erhalten.", newThreads: false);
        Assert.Single(_pigeons.Flown);
        Assert.Equal(2, (await world.OnlyCaseAsync()).GetProperty("contacts").EnumerateArray()
            .Count(c => c.GetProperty("contact").GetProperty("direction").GetString() == "inbound"));
        // The other begins anew, days later: nobody has answered yet, and there is nothing new to say.
        world.Time.Advance(TimeSpan.FromDays(3));
        await TalkAsync(world, 1, TimeSpan.Zero, "Wir haben Ihre Nachricht erhalten.", newThreads: false);
        Assert.Single(_pigeons.Flown);
    }

    [Fact]
    public async Task A_machine_that_quotes_a_cancellation_is_told_once_too()
    {
        await using var world = await TestApp.StartAsync(azurite, _pigeons.Add, [.. AcknowledgementSteps.On()]);
        await TalkAsync(world, 6, TimeSpan.FromMinutes(1), "Ihre Kündigung ist eingegangen.", newThreads: false);
        Assert.Single(_pigeons.Flown);
    }

    [Fact]
    public async Task Around_midnight_it_stops_after_one()
    {
        await using var world = await TestApp.StartAsync(azurite, _pigeons.Add, [.. AcknowledgementSteps.On()]);
        world.Time.Set(new DateTimeOffset(2026, 11, 20, 22, 59, 30, TimeSpan.Zero));
        await TalkAsync(world, 6, TimeSpan.FromMinutes(1), "Wir haben Ihre Nachricht erhalten.", newThreads: false);
        Assert.Single(_pigeons.Flown);
    }

    [Fact]
    public async Task A_machine_that_begins_a_new_conversation_each_time_meets_the_limit_of_a_customer()
    {
        await using var world = await TestApp.StartAsync(azurite, _pigeons.Add, [.. AcknowledgementSteps.On()]);
        await TalkAsync(world, 8, TimeSpan.FromMinutes(1), "Wir haben Ihre Nachricht erhalten.", newThreads: true);
        Assert.Equal(3, _pigeons.Flown.Count);
        Assert.Contains("void:customer-limit", await world.ReceiptNoticesAsync());
    }
}
