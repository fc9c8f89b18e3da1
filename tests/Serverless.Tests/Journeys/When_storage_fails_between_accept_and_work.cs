using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>A delivery is safe in its row; storage goes away before it is worked.</summary>
public sealed class When_storage_fails_between_accept_and_work(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private static byte[] Body(TestApp world) =>
        MetaCall.Messages(new MetaSaid("wamid.1", "493023125017", "Hallo", world.Time.GetUtcNow()));

    [Fact]
    public async Task All_of_it_and_the_host_delivers_the_pointer_again()
    {
        await using var world = await TestApp.StartAsync(azurite);
        using var queue = new InboundDriver(world);
        var delivery = await world.AcceptAsync(Body(world));
        world.Gate.Shut();
        Assert.False(await queue.WorkOneAsync());
        world.Gate.Reopen();
        Assert.True(await queue.WorkOneAsync());
        Assert.Equal("ended: case", await world.EndOfAsync(delivery));
    }

    [Fact]
    public async Task Only_its_tables_and_the_pointer_is_put_back_for_later()
    {
        await using var world = await TestApp.StartAsync(azurite);
        using var queue = new InboundDriver(world);
        var delivery = await world.AcceptAsync(Body(world));
        world.Gate.ShutTables();
        Assert.True(await queue.WorkOneAsync());
        Assert.Equal(1, await queue.CountAsync());
        Assert.Contains(world.Log.Lines, line => line.StartsWith($"later meta/{delivery} attempt=1", StringComparison.Ordinal));

        world.Gate.Reopen();
        Assert.Equal("open", await world.EndOfAsync(delivery));
        Assert.True(await world.WorkAsync(delivery));
        Assert.Equal("ended: case", await world.EndOfAsync(delivery));
    }

    [Fact]
    public async Task A_tick_fails_and_the_next_one_goes_on()
    {
        await using var world = await TestApp.StartAsync(azurite);
        using var queue = new InboundDriver(world);
        var delivery = await world.AcceptAsync(Body(world));
        await queue.LoseAsync();
        world.Time.Advance(TimeSpan.FromMinutes(16));
        world.Gate.Shut();
        Assert.False(await world.TickAsync());
        world.Gate.Reopen();
        Assert.True(await world.TickAsync());
        await world.DrainAsync();
        Assert.Equal("ended: case", await world.EndOfAsync(delivery));
    }
}
