using Serverless.Local.Load;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Local;

/// <summary>What load, process and soak reckon with, and that the calls they make up are genuine to the app.</summary>
public sealed class LoadTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    [Theory]
    [InlineData(0.97, 0.8, "emulator")]
    [InlineData(0.60, 0.95, "machine")]
    [InlineData(0.60, 0.6, "app")]
    public void A_figure_that_is_not_the_apps_own_says_whose_it_is(double emulator, double machine, string limit)
    {
        Assert.Equal(limit, Limit.Of(emulator, machine));
        Assert.Contains(limit, Limit.Sentence(limit), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Memory_is_flat_when_its_last_third_is_no_higher_than_its_first()
    {
        Assert.Equal(1, Memory.Ratio([100, 300]));
        Assert.Equal(1, Memory.Ratio([100, 101, 100, 400, 100, 101]), 1);
        Assert.Equal(2, Memory.Ratio([100, 100, 150, 150, 200, 200]), 1);
    }

    [Fact]
    public async Task Every_call_of_a_soak_is_taken_and_opens_a_case_once()
    {
        await using var world = await World.StartAsync(azurite, World.EveryChannel);
        var settings = World.DefaultSettings().Where(s => s.Value is not null)
            .ToDictionary(s => s.Key, s => s.Value!, StringComparer.Ordinal);
        var calls = new FreshCalls(settings, world.Time);
        List<(string Channel, string Delivery)> sent = [];
        foreach (var call in Enumerable.Range(0, 9).Select(_ => calls.Next()))
        {
            foreach (var copy in new[] { call, call })
            {
                using var answer = await world.SendAsync("POST", copy.Path, copy.Headers.Select(h => KeyValuePair.Create(h.Name, h.Value)),
                    copy.Body);
                Assert.True(answer.IsSuccessStatusCode, $"{call.Channel}: {answer.StatusCode}");
                sent.Add((call.Channel, answer.Headers.GetValues("X-Delivery-Id").Single()));
                await world.DrainAsync(bus: false);
            }
        }

        Assert.Equal(9, sent.Select(s => s.Channel).Distinct().Count());
        foreach (var (channel, delivery) in sent.Where((_, at) => at % 2 == 0))
            Assert.Equal((channel, "ended: case"), (channel, await world.EndOfAsync(delivery, channel)));
        foreach (var (channel, delivery) in sent.Where((_, at) => at % 2 == 1))
            Assert.Equal((channel, "ended: duplicate"), (channel, await world.EndOfAsync(delivery, channel)));
    }
}
