using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>One instance closes a case and is slow to say so; meanwhile another one opens it again.</summary>
public sealed class When_a_contact_comes_while_its_case_is_closed(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    [Fact]
    public async Task The_case_is_open_and_listed()
    {
        await using var world = await TestApp.StartAsync(azurite);
        await using var twin = await TestApp.StartAsync(world.ConnectionString, null, world.Time);
        await world.AcceptAsync(MetaCall.Messages(new MetaSaid("wamid.1", "493023125017", "Erste Frage", world.Time.GetUtcNow())));
        await world.DrainAsync();
        var id = (await world.OnlyCaseAsync()).CaseId();
        var next = await twin.AcceptAsync(
            MetaCall.Messages(new MetaSaid("wamid.2", "493023125017", "Noch eine Frage", world.Time.GetUtcNow())));

        // The closer stands before its bus, between the commit and the list.
        world.Broker.Refuse(503);
        var closing = world.CloseAsync(id);
        while ((await twin.CaseAsync(id)).Head("state") == "open" && !closing.IsCompleted)
        {
            // Looks again until the commit is there.
        }

        Assert.True(await twin.WorkAsync(next));
        await closing;

        Assert.Equal("ended: joined", await twin.EndOfAsync(next));
        Assert.Equal("open", (await twin.CaseAsync(id)).Head("state"));
        Assert.Equal(id, (await twin.OnlyCaseAsync()).CaseId());
    }
}
