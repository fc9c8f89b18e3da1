using Microsoft.Extensions.DependencyInjection;
using Serverless.Notifications;
using Serverless.Outbox;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Outbox;

/// <summary>Store, publish, mark (D5): what a commit wrote is published, whoever dies in between, routes first, the topic last; what comes
/// twice is swallowed.</summary>
public sealed class OutboxRelayTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private static readonly string[] Routes = ["webhook", "teams", "mail", "acknowledgement"];

    [Fact]
    public async Task What_was_published_is_marked_and_carries_what_others_filter_by()
    {
        await using var world = await TestApp.StartAsync(azurite);
        var id = await ArriveAsync(world);
        var message = Assert.Single(world.Broker.Active("case-events", "everything"));
        Assert.Equal(("serverless.case.opened.v1", "generic", "service-desk"),
            (message.Text("type"), message.Text("channel"), message.Text("owner")));
        foreach (var route in Routes)
            Assert.Equal(message.MessageId, Notification.Parse(Assert.Single(await world.TakeNoticesAsync(route))).EventId);
        Assert.Empty(await Relay(world).UntoldAsync(id, CancellationToken.None));
        Assert.Equal(0, (await Relay(world).CountPendingAsync(CancellationToken.None)).Rows);
        Assert.Equal(1, world.Calls.Bus);
    }

    [Fact]
    public async Task A_bus_that_is_down_delays_the_topic_alone_and_the_row_says_what_is_left()
    {
        await using var world = await TestApp.StartAsync(azurite);
        world.Broker.Refuse(503);
        var id = await ArriveAsync(world);
        Assert.Equal(OutboxEntry.Topic, Assert.Single(await Relay(world).UntoldAsync(id, CancellationToken.None)).Left);
        Assert.Equal(1, (await Relay(world).CountPendingAsync(CancellationToken.None)).Rows);
        Assert.Equal("red", (await world.HealthAsync("topic")).Status);
        foreach (var route in Routes) Assert.Single(await world.TakeNoticesAsync(route));

        // Still down: it stays named. Then back: the next tick after the claim sends it, and no route is told again.
        world.Time.Advance(TimeSpan.FromSeconds(61));
        Assert.True(await world.TickAsync());
        Assert.Equal(1, (await Relay(world).CountPendingAsync(CancellationToken.None)).Rows);
        world.Broker.Accept();
        world.Time.Advance(TimeSpan.FromMinutes(5));
        Assert.True(await world.TickAsync());
        Assert.Single(world.Told());
        Assert.Empty(await Relay(world).UntoldAsync(id, CancellationToken.None));
        Assert.Equal(0, (await Relay(world).CountPendingAsync(CancellationToken.None)).Rows);
        foreach (var route in Routes) Assert.Empty(await world.TakeNoticesAsync(route));
        Assert.Equal("green", (await world.HealthAsync("topic")).Status);
    }

    [Fact]
    public async Task After_a_failure_this_instance_leaves_the_topic_alone_for_half_a_minute()
    {
        await using var world = await TestApp.StartAsync(azurite);
        world.Broker.Refuse(503);
        await ArriveAsync(world);
        var calls = world.Calls.Bus;
        OutboxEntry[] entries = [Entry("Event-1"), Entry("Event-2")];
        Assert.Equal(2, (await Relay(world).TryPublishAsync("case", entries, CancellationToken.None)).Count);
        Assert.Equal(calls, world.Calls.Bus);

        world.Broker.Accept();
        world.Time.Advance(TopicRelay.Rest);
        Assert.Empty(await Relay(world).TryPublishAsync("case", entries, CancellationToken.None));
        Assert.Equal(["Event-1", "Event-2"], world.Broker.Active("case-events", "everything").Select(m => m.MessageId));
    }

    [Fact]
    public async Task Without_a_bus_nothing_is_owed_to_the_topic_not_even_what_was_left_before()
    {
        var (account, time) = (azurite.OwnAccount(), new FakeTime());
        await using (var before = await TestApp.StartAsync(account, null, time))
        {
            before.Broker.Refuse(503);
            await ArriveAsync(before);
        }

        await using var world = await TestApp.StartAsync(account, null, time, ("ServiceBusConnection", null));
        Assert.Contains("No Service Bus is configured", (await world.HealthAsync("topic")).Says, StringComparison.Ordinal);
        time.Advance(TimeSpan.FromMinutes(5));
        Assert.True(await world.TickAsync());
        Assert.Equal(0, (await Relay(world).CountPendingAsync(CancellationToken.None)).Rows);
        Assert.Equal("green", (await world.HealthAsync("topic")).Status);
        Assert.Equal(0, world.Calls.Bus);
    }

    [Fact]
    public async Task A_route_that_is_off_when_it_happens_is_not_told_later()
    {
        await using var world = await TestApp.StartAsync(azurite, ("AzureWebJobs.NotifyTeams.Disabled", "true"));
        await ArriveAsync(world);
        int[] counts = await Task.WhenAll(Routes.Select(world.CountNoticesAsync));
        Assert.Equal([1, 0, 1, 1], counts);
        Assert.Equal("off", (await world.HealthAsync("route:teams")).Status);
    }

    [Fact]
    public async Task What_was_published_and_not_marked_is_published_again_under_its_id_and_swallowed()
    {
        await using var subscriber = await Subscriber.StartAsync();
        await using var world = await TestApp.StartAsync(azurite, ("Webhook__Subscribers__one__Url", subscriber.Address.ToString()),
            ("Webhook__Subscribers__one__Secret", "whsec_bm90IGEgc2VjcmV0OiBhIHN1YnNjcmliZXIncyBvd24="));
        var id = await ArriveAsync(world);
        var message = Assert.Single(await world.TakeNoticesAsync("webhook"));
        var told = Notification.Parse(message);

        // A process that died after it published.
        var again = new OutboxEntry(told.EventId, told.Type, told.At, told.Event);
        Assert.Empty(await Relay(world).TryPublishAsync(id, [again], CancellationToken.None));
        Assert.Empty(await Relay(world).TryPublishAsync(id, [again], CancellationToken.None));
        Assert.Equal(told.EventId, Assert.Single(world.Told()).Id);
        Assert.Equal(2, await world.CountNoticesAsync("webhook"));
        await world.PutNoticeAsync("webhook", message);
        Assert.Equal(0, await world.DrainAsync());
        Assert.Single(subscriber.Told);
    }

    [Fact]
    public async Task Two_instances_sweep_a_case_once()
    {
        await using var world = await TestApp.StartAsync(azurite);
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

        var swept = await Task.WhenAll(Relay(world).SweepAsync(Tell, CancellationToken.None), Relay(world)
            .SweepAsync(Tell, CancellationToken.None));
        Assert.Equal(1, swept.Sum());
        Assert.Single(told);
    }

    [Fact]
    public async Task A_case_that_cannot_be_told_stops_none_behind_it_and_is_thrown_at_the_end()
    {
        await using var world = await TestApp.StartAsync(azurite);
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

    private static OutboxEntry Entry(string id) => new(
        id, "serverless.case.opened.v1", DateTimeOffset.UnixEpoch,
        System.Text.Encoding.UTF8.GetBytes(
            $$"""{"id":"{{id}}","type":"serverless.case.opened.v1","time":"2026-11-20T09:00:00Z","data":{ } }"""));

    private static OutboxRelay Relay(TestApp world) => world.Services.GetRequiredService<OutboxRelay>();

    private static async Task<string> ArriveAsync(TestApp world)
    {
        var form = Seed.Of("generic")[0];
        world.Time.Set(form.At);
        (await world.SendAsync(form)).Dispose();
        Assert.Equal(0, await world.DrainAsync(bus: false));
        return (await world.CasesAsync()).Single().GetProperty("case").GetProperty("id").GetString()!;
    }
}
