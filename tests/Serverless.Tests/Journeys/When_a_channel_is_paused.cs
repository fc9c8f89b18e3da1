using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>A channel is paused: its calls are verified, stored and answered; they are worked after it goes on.</summary>
public sealed class When_a_channel_is_paused(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    [Fact]
    public async Task Its_calls_are_worked_when_it_goes_on()
    {
        await using var world = await TestApp.StartAsync(azurite);
        world.Set(("Channels__Meta__Paused", "true"));
        var delivery = await world.AcceptAsync(MetaCall.Messages(new MetaSaid("wamid.1", "493023125017", "Hallo", world.Time.GetUtcNow())));
        using (await world.SendAsync(Seed.Of("twilio").Single(s => s.Name == "twilio/18-sms"))) Assert.Equal(0, await world.DrainAsync());
        Assert.Equal("paused", await world.EndOfAsync(delivery));
        Assert.Equal("sms", Assert.Single(await world.CasesAsync()).GetProperty("case").GetProperty("networks")[0].GetString());
        Assert.Equal("yellow", (await world.HealthAsync("channel:meta")).Status);

        // However long it takes, nobody counts a try against it and nobody misses it.
        for (var day = 0; day < 9; day++)
        {
            world.Time.Advance(TimeSpan.FromDays(1));
            Assert.True(await world.TickAsync());
            Assert.Equal(0, await world.DrainAsync());
        }

        Assert.Equal("paused", await world.EndOfAsync(delivery));
        Assert.Equal(0, (await world.SummaryAsync()).GetProperty("unaccounted").GetInt32());

        world.Set(("Channels__Meta__Paused", "false"));
        Assert.True(await world.TickAsync());
        Assert.Equal(0, await world.DrainAsync());
        Assert.Equal("ended: case", await world.EndOfAsync(delivery));
        Assert.Equal(0, (await world.GetAsync($"/api/operations/deliveries/meta/{delivery}")).GetProperty("tries").GetInt32());
    }
}
