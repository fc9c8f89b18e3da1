using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>What is worked in another order than it came is counted the same: contacts, and not what opened or joined a case.</summary>
public sealed class When_seeds_arrive_in_any_order(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private static readonly string[] Routes = ["NotifyWebhook", "NotifyTeams", "NotifyMail", "AcknowledgeCustomer"];
    private static readonly string[] Channels = ["acs", "meta", "placetel", "sipgate", "twilio", "vonage"];

    [Fact]
    public async Task The_summary_counts_the_same_contacts()
    {
        var figures = new List<int>();
        foreach (var order in new int?[] { null, 1, 2 })
        {
            // Nobody is told here: messages of routes that nobody takes would slow Azurite down.
            await using var world = await TestApp.StartAsync(
                azurite, [TestApp.EveryChannel, .. Routes.Select(route => ($"AzureWebJobs.{route}.Disabled", (string?)"true"))]);
            List<(string Channel, string Delivery)> accepted = [];
            foreach (var seed in Channels.SelectMany(Seed.Of))
            {
                if (seed.At > world.Time.GetUtcNow()) world.Time.Set(seed.At);
                using var answer = await world.SendAsync(seed);
                if (seed.IsGenuine && answer.Headers.TryGetValues("X-Delivery-Id", out var ids))
                    accepted.Add((seed.Name.Split('/')[0], ids.Single()));
            }

            var worked = accepted.ToArray();
            if (order is { } seedOfOrder) new Random(seedOfOrder).Shuffle(worked);
            foreach (var (channel, delivery) in worked) Assert.True(await world.WorkAsync(delivery, channel));
            Assert.Equal(0, await world.DrainAsync(bus: false));
            figures.Add((await world.SummaryAsync()).GetProperty("contacts").GetInt32());
        }

        Assert.Single(figures.Distinct());
        Assert.True(figures[0] > 50, $"{figures[0]}");
    }
}
