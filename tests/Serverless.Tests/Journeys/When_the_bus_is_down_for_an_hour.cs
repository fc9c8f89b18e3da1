using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>The bus refuses everything for an hour of the clock; contacts go on as if nothing had happened.</summary>
public sealed class When_the_bus_is_down_for_an_hour(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private const int Customers = 4;

    [Fact]
    public async Task Contacts_end_and_every_event_is_told_once_the_bus_is_back()
    {
        await using var world = await World.StartAsync(azurite);
        await using var twin = await world.TwinAsync();
        world.Broker.Refuse(503);
        var deliveries = await WriteAsync(world, "first");
        Assert.Equal(0, await world.DrainAsync(bus: false));

        foreach (var id in deliveries) Assert.Equal("ended: case", await world.EndOfAsync(id));
        Assert.Equal("red", (await world.HealthAsync("bus")).Status);
        Assert.Contains("4 cases wait", (await world.HealthAsync("bus")).Says, StringComparison.Ordinal);
        Assert.Equal(Customers, (await world.CasesAsync()).Count);

        // Still down: ticks find the cases and leave them.
        world.Time.Advance(TimeSpan.FromMinutes(30));
        Assert.True(await world.TickAsync());
        await WriteAsync(world, "second");
        Assert.Equal(0, await world.DrainAsync(bus: false));
        world.Time.Advance(TimeSpan.FromMinutes(30));
        Assert.Empty(world.Told());

        world.Broker.Accept();
        var calls = world.Broker.Calls;
        Assert.All(await Task.WhenAll(world.TickAsync(), twin.TickAsync()), done => Assert.True(done));

        var told = world.Told();
        Assert.Equal(2 * Customers, told.Count);
        Assert.Equal(2 * Customers, told.Select(t => (t.CaseId, t.ContactId)).Distinct().Count());
        Assert.Equal(2 * Customers, world.Broker.Calls - calls);
        Assert.Equal("green", (await world.HealthAsync("bus")).Status);
        Assert.Equal(0, (await world.SummaryAsync()).GetProperty("outboxPending").GetInt32());
        Assert.Equal(0, await world.DrainAsync());
    }

    [Fact]
    public async Task A_sweep_leaves_what_is_younger_than_a_minute()
    {
        await using var world = await World.StartAsync(azurite);
        world.Broker.Refuse(503);
        await world.AcceptAsync(MetaCall.Messages(new Said("wamid.1", "493023125017", "Hallo", world.Time.GetUtcNow())));
        await world.DrainAsync(bus: false);
        world.Broker.Accept();

        world.Time.Advance(TimeSpan.FromSeconds(59));
        Assert.True(await world.TickAsync());
        Assert.Empty(world.Told());

        world.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.True(await world.TickAsync());
        Assert.Single(world.Told());
    }

    [Fact]
    public async Task A_case_closed_meanwhile_is_told_too()
    {
        await using var world = await World.StartAsync(azurite);
        await world.AcceptAsync(MetaCall.Messages(new Said("wamid.1", "493023125017", "Hallo", world.Time.GetUtcNow())));
        await world.DrainAsync();
        world.Broker.Refuse(503);
        await world.CloseAsync((await world.OnlyCaseAsync()).CaseId());

        world.Broker.Accept();
        world.Time.Advance(TimeSpan.FromMinutes(5));
        Assert.True(await world.TickAsync());
        Assert.Equal("serverless.case.closed.v1", Assert.Single(world.Told()).Type);
    }

    private static async Task<string[]> WriteAsync(World world, string what) => await Task.WhenAll(Enumerable.Range(0, Customers).Select(i =>
        world.AcceptAsync(MetaCall.Messages(new Said($"wamid.{what}-{i}", $"4930231253{i:d2}", what, world.Time.GetUtcNow())))));
}
