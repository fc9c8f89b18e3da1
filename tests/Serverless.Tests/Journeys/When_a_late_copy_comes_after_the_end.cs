using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>The case is closed and the conversation has moved on; then the provider sends the old contact once more.</summary>
public sealed class When_a_late_copy_comes_after_the_end(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private const string Customer = "493023125017";

    private static MetaSaid Said(TestApp world, string id) => new(id, Customer, id, world.Time.GetUtcNow());

    [Theory]
    [InlineData("0", 1)]
    [InlineData("14", 15)]
    public async Task It_is_a_duplicate_of_the_old_case_and_the_new_one_is_untouched(string reopenDays, int daysLater)
    {
        await using var world = await TestApp.StartAsync(azurite, ("Cases__ReopenDays", reopenDays));
        var old = Said(world, "wamid.old");
        await world.AcceptAsync(MetaCall.Messages(old));
        await world.DrainAsync();
        var first = await world.OnlyCaseAsync();
        await world.CloseAsync(first.CaseId());
        world.Time.Advance(TimeSpan.FromDays(daysLater));

        // A copy that comes before the conversation moves on does not move it.
        var early = await world.AcceptAsync(MetaCall.Messages(old));
        await world.DrainAsync();
        Assert.Equal("ended: duplicate", await world.EndOfAsync(early));
        Assert.Empty(await world.CasesAsync());

        var moved = await world.AcceptAsync(MetaCall.Messages(Said(world, "wamid.new")));
        await world.DrainAsync();
        Assert.Equal("ended: case", await world.EndOfAsync(moved));
        var second = await world.OnlyCaseAsync();
        Assert.NotEqual(first.CaseId(), second.CaseId());
        Assert.NotEqual(first.Head("number"), second.Head("number"));

        var late = await world.AcceptAsync(MetaCall.Messages(old, Said(world, "wamid.newer")));
        await world.DrainAsync(bus: false);
        Assert.Equal("ended: duplicate, joined", await world.EndOfAsync(late));
        Assert.Equal(["wamid.new", "wamid.newer"], (await world.OnlyCaseAsync()).Texts().Order(StringComparer.Ordinal));
        var before = await world.CaseAsync(first.CaseId());
        Assert.Equal(["wamid.old"], before.Texts());
        Assert.Equal("closed", before.Head("state"));
        Assert.All(world.Told(), told => Assert.Equal(second.CaseId(), told.CaseId));
    }

    [Fact]
    public async Task Within_the_days_a_new_contact_opens_the_case_again()
    {
        await using var world = await TestApp.StartAsync(azurite);
        await world.AcceptAsync(MetaCall.Messages(Said(world, "wamid.1")));
        await world.DrainAsync();
        var first = await world.OnlyCaseAsync();
        await world.CloseAsync(first.CaseId());
        Assert.Empty(await world.CasesAsync());
        Assert.Equal("", (await world.CaseAsync(first.CaseId())).Head("dueAt"));
        await world.DrainAsync();

        world.Time.Advance(TimeSpan.FromDays(13));
        var again = await world.AcceptAsync(MetaCall.Messages(Said(world, "wamid.2")));
        await world.DrainAsync(bus: false);

        Assert.Equal("ended: joined", await world.EndOfAsync(again));
        var reopened = await world.OnlyCaseAsync();
        Assert.Equal(first.CaseId(), reopened.CaseId());
        Assert.Equal(("open", "1", "service-desk"), (reopened.Head("state"), reopened.Head("reopened"), reopened.Head("owner")));
        Assert.NotEqual("", reopened.Head("dueAt"));
        Assert.Equal("serverless.case.reopened.v1", Assert.Single(world.Told()).Type);
        Assert.Empty((await world.GetAsync("/api/cases?state=closed")).GetProperty("cases").EnumerateArray());
    }
}
