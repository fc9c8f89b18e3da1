using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>A delivery is stored and nobody is told to work it: Tick finds it (D3).</summary>
public sealed class When_a_pointer_is_lost(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private static byte[] Body(TestApp world) =>
        MetaCall.Messages(new MetaSaid("wamid.1", "493023125017", "Hallo", world.Time.GetUtcNow()));

    private static async Task<int> UnaccountedAsync(TestApp world) => (await world.SummaryAsync()).GetProperty("unaccounted").GetInt32();

    private static async Task<int> QueuedByTickAsync(TestApp world, InboundDriver queue)
    {
        Assert.True(await world.TickAsync());
        return await queue.CountAsync();
    }

    [Fact]
    public async Task It_is_queued_after_a_quarter_of_an_hour()
    {
        await using var world = await TestApp.StartAsync(azurite);
        using var queue = new InboundDriver(world);
        var delivery = await world.AcceptAsync(Body(world));
        Assert.Single(await queue.LoseAsync());
        world.Time.Advance(TimeSpan.FromMinutes(14.9));
        Assert.Equal(0, await QueuedByTickAsync(world, queue));
        world.Time.Advance(TimeSpan.FromMinutes(0.1));
        Assert.Equal(1, await QueuedByTickAsync(world, queue));
        Assert.Equal(1, await QueuedByTickAsync(world, queue));
        Assert.Equal(0, await world.DrainAsync());
        Assert.Equal("ended: case", await world.EndOfAsync(delivery));
    }

    [Fact]
    public async Task The_wait_doubles_eight_times_and_then_it_is_a_kept_failure()
    {
        await using var world = await TestApp.StartAsync(azurite);
        using var queue = new InboundDriver(world);
        var delivery = await world.AcceptAsync(Body(world));
        for (var tries = 0; tries < 8; tries++)
        {
            await queue.LoseAsync();
            world.Time.Advance(TimeSpan.FromMinutes((15 * Math.Pow(2, tries)) - 1));
            Assert.Equal(0, await QueuedByTickAsync(world, queue));
            world.Time.Advance(TimeSpan.FromMinutes(1));
            Assert.Equal(1, await QueuedByTickAsync(world, queue));
        }

        await queue.LoseAsync();
        world.Time.Advance(TimeSpan.FromMinutes(15 * 256));
        Assert.Equal(0, await QueuedByTickAsync(world, queue));
        Assert.Equal("kept: kept:too-many-tries", await world.EndOfAsync(delivery));
        Assert.Contains(world.Log.Lines, line => line.StartsWith($"kept meta/{delivery}: no end after 8 tries", StringComparison.Ordinal));
        Assert.Equal(1, (await world.SummaryAsync()).GetProperty("deliveries").GetProperty("kept").GetInt32());
    }

    [Fact]
    public async Task It_is_unaccounted_only_while_nobody_is_about_to_work_it()
    {
        await using var world = await TestApp.StartAsync(azurite);
        using var queue = new InboundDriver(world);
        await world.AcceptAsync(Body(world));
        await queue.LoseAsync();
        world.Time.Advance(TimeSpan.FromMinutes(29));
        Assert.Equal(0, await UnaccountedAsync(world));

        // Tick should have queued it a quarter of an hour ago.
        world.Time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(1, await UnaccountedAsync(world));
        Assert.Equal("red", (await world.HealthAsync("deliveries")).Status);

        Assert.Equal(1, await QueuedByTickAsync(world, queue));
        Assert.Equal(0, await UnaccountedAsync(world));
        Assert.Equal(0, await world.DrainAsync());
        Assert.Equal("green", (await world.HealthAsync("deliveries")).Status);
    }

    [Fact]
    public async Task The_end_of_a_month_hides_nothing()
    {
        await using var world = await TestApp.StartAsync(azurite.OwnAccount(), null,
            new FakeTime(new DateTimeOffset(2026, 11, 30, 23, 50, 0, TimeSpan.Zero)));
        using var queue = new InboundDriver(world);
        var delivery = await world.AcceptAsync(Body(world));
        await queue.LoseAsync();
        world.Time.Advance(TimeSpan.FromMinutes(40));
        Assert.Equal(1, await UnaccountedAsync(world));
        Assert.Equal(1, await QueuedByTickAsync(world, queue));
        Assert.Equal(0, await world.DrainAsync());
        Assert.Equal("ended: case", await world.EndOfAsync(delivery));
    }
}
