using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>24 messages of one customer, worked at the same time by two instances.</summary>
public sealed class When_24_writers_share_one_case(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private const int Writers = 24;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Every_contact_is_in_the_one_case_and_told_once(bool caseIsThere)
    {
        await using var world = await TestApp.StartAsync(azurite);
        await using var twin = await world.TwinAsync();
        if (caseIsThere)
        {
            await world.AcceptAsync(MetaCall.Messages(new MetaSaid("wamid.first", "493023125017", "Guten Tag", world.Time.GetUtcNow())));
            await world.DrainAsync();
        }

        var deliveries = await Task.WhenAll(Enumerable.Range(0, Writers).Select(i =>
            (i % 2 == 0 ? world
                : twin).AcceptAsync(
                MetaCall.Messages(new MetaSaid($"wamid.{i}", "493023125017", $"Nachricht {i}", world.Time.GetUtcNow().AddSeconds(i))))));
        var worked = await Task.WhenAll(deliveries.Select((id, i) => (i % 2 == 0 ? world : twin).WorkAsync(id)));

        Assert.All(worked, done => Assert.True(done));
        List<string> ends = [];
        foreach (var id in deliveries) ends.Add(await world.EndOfAsync(id));
        Assert.Equal(caseIsThere ? 0 : 1, ends.Count(e => e == "ended: case"));
        Assert.Equal(caseIsThere ? Writers : Writers - 1, ends.Count(e => e == "ended: joined"));

        var file = await world.OnlyCaseAsync();
        Assert.Equal(Enumerable.Range(0, Writers).Select(i => $"Nachricht {i}"), file.Texts().Where(t => t != "Guten Tag"));
        var told = world.Told();
        Assert.Equal(Writers, told.Count);
        Assert.Equal(Writers, told.Select(t => t.ContactId).Distinct().Count());
        Assert.Equal(Writers, told.Select(t => t.Id).Distinct().Count());
        Assert.Equal(0, (await world.SummaryAsync()).GetProperty("outboxPending").GetInt32());
    }
}
