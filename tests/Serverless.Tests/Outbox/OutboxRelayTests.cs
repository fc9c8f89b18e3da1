using Microsoft.Extensions.DependencyInjection;
using Serverless.Outbox;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Outbox;

/// <summary>Store, publish, mark (D5): what a commit wrote is published, whoever dies in between, and the broker swallows what comes twice.</summary>
public sealed class OutboxRelayTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private const string Topic = "case-events";

    [Fact]
    public async Task What_was_published_is_marked()
    {
        await using var world = await World.StartAsync(azurite);
        var id = await ArriveAsync(world);
        var message = Assert.Single(world.Broker.Active(Topic, "notify-webhook"));
        Assert.Equal("*", message.Text("route"));
        Assert.Equal("serverless.case.opened.v1", message.Text("type"));
        Assert.Empty(await Relay(world).UntoldAsync(id, CancellationToken.None));
        Assert.Equal(0, (await Relay(world).CountPendingAsync(CancellationToken.None)).Rows);
        Assert.Equal(1, world.Calls.Bus);
    }

    [Fact]
    public async Task A_bus_that_is_down_costs_a_delay_and_the_case_is_named_until_all_is_told()
    {
        await using var world = await World.StartAsync(azurite);
        world.Broker.Refuse(503);
        var id = await ArriveAsync(world);
        Assert.Single(await Relay(world).UntoldAsync(id, CancellationToken.None));
        Assert.Equal(1, (await Relay(world).CountPendingAsync(CancellationToken.None)).Rows);
        Assert.Equal("red", (await world.GetAsync("/api/health")).GetProperty("parts").GetProperty("bus").GetProperty("status").GetString());

        // Still down: it stays named. Then back: the next tick after the claim tells it.
        world.Time.Advance(TimeSpan.FromSeconds(61));
        Assert.True(await world.TickAsync());
        Assert.Equal(1, (await Relay(world).CountPendingAsync(CancellationToken.None)).Rows);
        world.Broker.Accept();
        world.Time.Advance(TimeSpan.FromMinutes(5));
        Assert.True(await world.TickAsync());
        Assert.Single(world.Broker.Active(Topic, "notify-webhook"));
        Assert.Empty(await Relay(world).UntoldAsync(id, CancellationToken.None));
        Assert.Equal(0, (await Relay(world).CountPendingAsync(CancellationToken.None)).Rows);
    }

    [Fact]
    public async Task What_was_published_and_not_marked_is_published_again_under_its_id_and_swallowed()
    {
        await using var world = await World.StartAsync(azurite);
        world.Broker.Refuse(503);
        var id = await ArriveAsync(world);
        world.Broker.Accept();

        // A tick that dies after its publish.
        var untold = await Relay(world).UntoldAsync(id, CancellationToken.None);
        Assert.True(await Relay(world).PublishAsync(id, untold, CancellationToken.None));
        Assert.Equal(untold[0].Id, Assert.Single(world.Broker.Active(Topic, "notify-webhook")).MessageId);
        var calls = world.Calls.Bus;

        world.Time.Advance(TimeSpan.FromMinutes(5));
        Assert.True(await world.TickAsync());
        Assert.Equal(calls + 1, world.Calls.Bus);
        Assert.Equal(untold[0].Id, Assert.Single(world.Broker.Active(Topic, "notify-webhook")).MessageId);
        Assert.Empty(await Relay(world).UntoldAsync(id, CancellationToken.None));
        Assert.Equal(0, (await Relay(world).CountPendingAsync(CancellationToken.None)).Rows);
    }

    [Fact]
    public async Task Two_instances_sweep_a_case_once()
    {
        await using var world = await World.StartAsync(azurite);
        world.Broker.Refuse(503);
        await ArriveAsync(world);
        world.Broker.Accept();
        world.Time.Advance(TimeSpan.FromMinutes(5));
        List<string> told = [];
        async Task<bool> Tell(string id, CancellationToken ct)
        {
            lock (told) told.Add(id);
            await Task.Yield();
            return true;
        }

        var swept = await Task.WhenAll(Relay(world).SweepAsync(Tell, CancellationToken.None), Relay(world).SweepAsync(Tell, CancellationToken.None));
        Assert.Equal(1, swept.Sum());
        Assert.Single(told);
    }

    [Fact]
    public async Task A_case_that_cannot_be_told_stops_none_behind_it_and_is_thrown_at_the_end()
    {
        await using var world = await World.StartAsync(azurite);
        string[] cases = ["00000000000000000000000000000001", "00000000000000000000000000000002", "00000000000000000000000000000003"];
        foreach (var id in cases) await Relay(world).RememberAsync(id, CancellationToken.None);
        world.Time.Advance(TimeSpan.FromMinutes(5));
        List<string> told = [];
        async Task<bool> Tell(string id, CancellationToken ct)
        {
            await Task.Yield();
            if (id == cases[0]) throw new FormatException("A row that nobody can read.");
            told.Add(id);
            return true;
        }

        await Assert.ThrowsAsync<FormatException>(() => Relay(world).SweepAsync(Tell, CancellationToken.None));
        Assert.Equal(cases[1..], told);
        Assert.Equal(1, (await Relay(world).CountPendingAsync(CancellationToken.None)).Rows);
    }

    private static OutboxRelay Relay(World world) => world.Services.GetRequiredService<OutboxRelay>();

    private static async Task<string> ArriveAsync(World world)
    {
        var form = Seed.Of("generic")[0];
        world.Time.Set(form.At);
        (await world.SendAsync(form)).Dispose();
        Assert.Equal(0, await world.DrainAsync(bus: false));
        return (await world.CasesAsync()).Single().GetProperty("case").GetProperty("id").GetString()!;
    }
}
