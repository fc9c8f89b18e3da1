using Serverless.Notifications;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>The bus refuses everything for an hour of the clock; contacts go on as if nothing had happened.</summary>
public sealed class When_the_bus_is_down_for_an_hour(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private const int Customers = 4;

    [Fact]
    public async Task Contacts_end_people_are_told_at_once_and_the_topic_gets_every_event_once_it_is_back()
    {
        await using var people = await Subscriber.StartAsync();
        await using var world = await TestApp.StartAsync(azurite, Webhook(people));
        await using var twin = await world.TwinAsync(Webhook(people));
        world.Broker.Refuse(503);
        var deliveries = await WriteAsync(world, "first");
        Assert.Equal(0, await world.DrainAsync());

        foreach (var id in deliveries) Assert.Equal("ended: case", await world.EndOfAsync(id));
        Assert.Equal(Customers, people.Told.Count);
        Assert.Equal("red", (await world.HealthAsync("topic")).Status);
        Assert.Contains("Cases with unpublished events: 4.", (await world.HealthAsync("topic")).Says, StringComparison.Ordinal);
        Assert.Equal(Customers, (await world.CasesAsync()).Count);

        // Still down: ticks find the cases and leave them.
        world.Time.Advance(TimeSpan.FromMinutes(30));
        Assert.True(await world.TickAsync());
        await WriteAsync(world, "second");
        Assert.Equal(0, await world.DrainAsync());
        Assert.Equal(2 * Customers, people.Told.Count);
        world.Time.Advance(TimeSpan.FromMinutes(30));
        Assert.Empty(world.Told());

        world.Broker.Accept();
        var calls = world.Broker.Calls;
        Assert.All(await Task.WhenAll(world.TickAsync(), twin.TickAsync()), done => Assert.True(done));

        var told = world.Told();
        Assert.Equal(2 * Customers, told.Count);
        Assert.Equal(2 * Customers, told.Select(t => (t.CaseId, t.ContactId)).Distinct().Count());
        Assert.Equal(2 * Customers, world.Broker.Calls - calls);
        Assert.Equal("green", (await world.HealthAsync("topic")).Status);
        Assert.Equal(0, (await world.SummaryAsync()).GetProperty("outboxPending").GetInt32());
        Assert.Equal(0, await world.DrainAsync());
        Assert.Equal(2 * Customers, people.Told.Count);
    }

    [Fact]
    public async Task Down_for_a_day_each_event_has_one_message_a_route_and_the_topic_catches_up_in_order()
    {
        await using var world = await TestApp.StartAsync(azurite, ("ServiceLevels__DefaultMinutes", "10000"));
        world.Broker.Refuse(503);
        List<string> expected = [];
        // One customer writes every three hours; Tick runs each hour, and finds the topic down each time.
        for (var hour = 0; hour < 24; hour++)
        {
            if (hour % 3 == 0)
            {
                await world.AcceptAsync(
                    MetaCall.Messages(new MetaSaid($"wamid.{hour}", "493023125017", $"Nachricht {hour}", world.Time.GetUtcNow())));
                Assert.Equal(0, await world.DrainAsync(bus: false));
            }

            world.Time.Advance(TimeSpan.FromHours(1));
            Assert.True(await world.TickAsync());
        }

        Assert.Equal(0, await world.DrainAsync(bus: false));
        foreach (var route in new[] { "webhook", "teams", "mail", "acknowledgement" })
        {
            var ids = (await world.TakeNoticesAsync(route)).Select(m => Notification.Parse(m).EventId).ToList();
            Assert.Equal(8, ids.Count);
            Assert.Equal(8, ids.Distinct(StringComparer.Ordinal).Count());
            if (expected.Count == 0) expected = ids;
            Assert.Equal(expected.Order(StringComparer.Ordinal), ids.Order(StringComparer.Ordinal));
        }

        world.Broker.Accept();
        world.Time.Advance(TimeSpan.FromMinutes(5));
        Assert.True(await world.TickAsync());
        var told = world.Told();
        Assert.Equal(expected.Order(StringComparer.Ordinal), told.Select(t => t.Id).Order(StringComparer.Ordinal));
        var history = (await world.OnlyCaseAsync()).GetProperty("history").EnumerateArray()
            .Select(h => h.GetProperty("event").GetProperty("id").GetString()).ToList();
        Assert.Equal(history, told.Select(t => t.Id));
        foreach (var route in new[] { "webhook", "teams", "mail", "acknowledgement" })
            Assert.Equal(0, await world.CountNoticesAsync(route));
    }

    [Fact]
    public async Task A_sweep_leaves_what_is_younger_than_a_minute()
    {
        await using var world = await TestApp.StartAsync(azurite);
        world.Broker.Refuse(503);
        await world.AcceptAsync(MetaCall.Messages(new MetaSaid("wamid.1", "493023125017", "Hallo", world.Time.GetUtcNow())));
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
        await using var world = await TestApp.StartAsync(azurite);
        await world.AcceptAsync(MetaCall.Messages(new MetaSaid("wamid.1", "493023125017", "Hallo", world.Time.GetUtcNow())));
        await world.DrainAsync();
        world.Broker.Refuse(503);
        await world.CloseAsync((await world.OnlyCaseAsync()).CaseId());

        world.Broker.Accept();
        world.Time.Advance(TimeSpan.FromMinutes(5));
        Assert.True(await world.TickAsync());
        Assert.Equal("serverless.case.closed.v1", Assert.Single(world.Told()).Type);
    }

    private static (string, string?)[] Webhook(Subscriber subscriber) =>
        [("Webhook__Subscribers__one__Url", subscriber.Address.ToString()),
            ("Webhook__Subscribers__one__Secret", "whsec_bm90IGEgc2VjcmV0OiBhIHN1YnNjcmliZXIncyBvd24=")];

    private static async Task<string[]> WriteAsync(TestApp world, string what) =>
        await Task.WhenAll(Enumerable.Range(0, Customers).Select(i =>
        world.AcceptAsync(MetaCall.Messages(new MetaSaid($"wamid.{what}-{i}", $"4930231253{i:d2}", what, world.Time.GetUtcNow())))));
}
