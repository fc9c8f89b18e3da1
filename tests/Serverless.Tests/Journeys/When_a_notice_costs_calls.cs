using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Notices;
using Serverless.Outbox;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>Calls to storage and bus for what is told, counted one by one.</summary>
public sealed class When_a_notice_costs_calls(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>, IAsyncLifetime
{
    private readonly List<Subscriber> _subscribers = [];
    private int _events;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var subscriber in _subscribers) await subscriber.DisposeAsync();
    }

    [Fact]
    public async Task One_subscriber_costs_three()
    {
        // Where it stands, who is switched off; the note.
        await using var world = await WarmAsync(1);
        Assert.Equal(Costs.Written("noticeToOneSubscriber", 3, 0), await world.CostAsync(() => TellAsync(world, "webhook", Event(world))));
    }

    [Fact]
    public async Task Each_further_subscriber_costs_one()
    {
        await using var world = await WarmAsync(10);
        Assert.Equal((12L, 0L), await world.CostAsync(() => TellAsync(world, "webhook", Event(world))));
        Assert.All(_subscribers, s => Assert.Equal(2, s.Told.Count));
    }

    [Fact]
    public async Task A_try_that_fails_costs_a_message_and_the_later_one_four()
    {
        await using var world = await WarmAsync(1);
        _subscribers[0].Answer = Subscriber.Status(503);
        Assert.Equal((3L, 1L), await world.CostAsync(() => TellAsync(world, "webhook", Event(world))));
        _subscribers[0].Answer = Subscriber.Status(204);
        world.Time.Set(world.Broker.Scheduled(OutboxRelay.Topic).Single().ScheduledFor!.Value);
        // Where it stands, who is switched off; the note as it was, and anew.
        Assert.Equal((4L, 0L), await world.CostAsync(async () => Assert.Equal(0, await world.DrainAsync(queue: false))));
    }

    [Fact]
    public async Task What_was_told_already_costs_two()
    {
        await using var world = await WarmAsync(1);
        var told = Event(world);
        await TellAsync(world, "webhook", told);
        Assert.Equal((2L, 0L), await world.CostAsync(() => TellAsync(world, "webhook", told)));
        Assert.Equal(2, _subscribers[0].Told.Count);
    }

    [Fact]
    public async Task A_card_to_a_person_costs_eight()
    {
        // Beside the three of a subscriber: what they chose, and again when it is told; counted as one of many alike: a row, what was told, how many there are.
        await using var world = await WarmAsync(1);
        await TellAsync(world, "teams", Event(world));
        Assert.Equal((8L, 0L), await world.CostAsync(() => TellAsync(world, "teams", Event(world))));
    }

    // The first notice also makes the table and reads who subscribes, which holds for ten seconds.
    private async Task<World> WarmAsync(int subscribers)
    {
        for (var i = 0; i < subscribers; i++) _subscribers.Add(await Subscriber.StartAsync());
        var world = await World.StartAsync(azurite,
        [
            .. _subscribers.SelectMany((s, i) => new (string, string?)[] { ($"Webhook__Subscribers__s{i}__Url", s.Address.ToString()), ($"Webhook__Subscribers__s{i}__Secret", "whsec_bm90IGEgc2VjcmV0OiBhIHN1YnNjcmliZXIncyBvd24=") }),
            ("Recipients__Entries__service-desk__TeamsUrl", _subscribers[0].Address.ToString()),
        ]);
        await TellAsync(world, "webhook", Event(world));
        return world;
    }

    private static Task TellAsync(World world, string route, string message) => world.Services.GetRequiredService<NoticeRunner>().RunAsync(route, message, CancellationToken.None);

    private string Event(World world) => JsonSerializer.Serialize(new
    {
        specversion = "1.0",
        id = $"Event-{++_events}",
        source = "/cases",
        type = "serverless.case.opened.v1",
        subject = "case",
        time = world.Time.GetUtcNow(),
        data = new { caseId = "case", number = "K1", state = "open", owner = "service-desk", need = "answer", channel = "meta", network = "whatsapp" },
    });
}
