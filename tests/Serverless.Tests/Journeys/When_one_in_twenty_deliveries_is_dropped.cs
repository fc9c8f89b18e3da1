using System.Text.Json;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>Providers that believe they delivered, each in its own language: what never came is found in their own lists, once, and says
/// how late it is.</summary>
public sealed class When_one_in_twenty_deliveries_is_dropped(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private const int Customers = 5;
    private const int Times = 8;

    [Theory]
    [InlineData("email")]
    [InlineData("twilio")]
    [InlineData("page-comment")]
    [InlineData("messenger")]
    [InlineData("instagram")]
    [InlineData("discourse")]
    [InlineData("x-post")]
    [InlineData("x-message")]
    [InlineData("sipgate-call")]
    [InlineData("vonage-call")]
    public async Task Every_one_is_recovered_nobody_is_doubled_and_the_gap_is_noted(string way)
    {
        var time = new FakeTime();
        await using var voice = await SimulatorSteps.StartAsync(way, time);
        await using var world = await azurite.WorldAsync(voice, time);
        List<Utterance> said = [];
        for (var number = 0; number < Times; number++)
        {
            for (var customer = 0; customer < Customers; customer++) said.Add(voice.Ask(customer, number));
            time.Advance(TimeSpan.FromSeconds(10));
        }

        // A first word and a later one.
        List<Utterance> dropped = [said[3], said[27]];
        await Task.WhenAll(said.Except(dropped).Select(u => world.TakeAsync(u.Call!)));
        Assert.Equal(0, await world.DrainAsync(bus: false));
        await world.LookAsync();

        var cases = await world.CasesAsync();
        Assert.All(cases, c => Assert.Equal(Times, c.GetProperty("contacts").GetArrayLength()));
        Assert.Equal(Customers, cases.Count);
        var contacts = cases.SelectMany(c => c.GetProperty("contacts").EnumerateArray()).Select(c => c.GetProperty("contact")).ToList();
        Assert.Equal(said.Select(u => u.Id).Order(StringComparer.Ordinal), contacts.Select(Id).Order(StringComparer.Ordinal));
        var late = contacts.Where(c => c.TryGetProperty("recovery", out _)).ToList();
        Assert.Equal(dropped.Select(u => u.Id).Order(StringComparer.Ordinal), late.Select(Id).Order(StringComparer.Ordinal));
        Assert.All(late, c => Assert.InRange(c.GetProperty("recovery").GetProperty("gapSeconds").GetInt64(), 16 * 60, 18 * 60));

        // Found once, and not again.
        await world.LookAsync();
        var summary = await world.SummaryAsync();
        var sources = summary.GetProperty("looks").EnumerateArray().Single(l => l.GetProperty("channel").GetString() == voice.Channel)
            .GetProperty("sources").EnumerateArray().ToList();
        Assert.Equal((0, 2),
            (sources.Sum(s => s.GetProperty("found").GetInt32()), sources.Sum(s => s.GetProperty("foundInAll").GetInt32())));
        Assert.All(sources, s => Assert.False(s.TryGetProperty("reason", out _)));
        Assert.Equal(0, summary.GetProperty("unaccounted").GetInt32());
    }

    private static string Id(JsonElement contact) => contact.GetProperty("externalId").GetString()!;
}
