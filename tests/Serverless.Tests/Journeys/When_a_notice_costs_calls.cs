using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Notifications;
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
    public async Task One_subscriber_costs_four()
    {
        // Where it stands, who is switched off; the claim, the note.
        await using var world = await WarmAsync(1);
        Assert.Equal(Costs.Written("noticeToOneSubscriber", 4, 0), await world.CostAsync(() => TellAsync(world, "webhook", Event(world))));
    }

    [Fact]
    public async Task Each_further_subscriber_costs_one()
    {
        // The claims of all are one batch.
        await using var world = await WarmAsync(10);
        Assert.Equal((13L, 0L), await world.CostAsync(() => TellAsync(world, "webhook", Event(world))));
        Assert.All(_subscribers, s => Assert.Equal(2, s.Told.Count));
    }

    [Fact]
    public async Task A_try_that_fails_costs_a_message_more_so_that_a_retry_costs_five()
    {
        await using var world = await WarmAsync(1);
        _subscribers[0].Answer = Subscriber.Status(503);
        Assert.Equal((5L, 0L), await world.CostAsync(() => TellAsync(world, "webhook", Event(world))));
        var later = world.Later.Waiting.Single();
        world.Time.Set(later.Due);
        // Where it stands, who is switched off; the claim, the next message, the note.
        Assert.Equal(Costs.Written("retryOfOneSubscriber", 5, 0), await world.CostAsync(() => TellAsync(world, "webhook", later.Text)));
        _subscribers[0].Answer = Subscriber.Status(204);
        later = world.Later.Waiting.Single(m => m.Attempt == 2);
        world.Time.Set(later.Due);
        // Who subscribes is read anew after minutes.
        await TellAsync(world, "webhook", Event(world));
        Assert.Equal((4L, 0L), await world.CostAsync(() => TellAsync(world, "webhook", later.Text)));
    }

    [Fact]
    public async Task What_was_told_already_costs_two_and_what_comes_too_early_one()
    {
        await using var world = await WarmAsync(1);
        var told = Event(world);
        await TellAsync(world, "webhook", told);
        Assert.Equal((2L, 0L), await world.CostAsync(() => TellAsync(world, "webhook", told)));
        Assert.Equal(2, _subscribers[0].Told.Count);
        var early = Encoding.UTF8.GetString(EventMessage.Write(Encoding.UTF8.GetBytes(Event(world)), notBefore: world.Time.GetUtcNow()
            .AddMinutes(1)));
        Assert.Equal((1L, 0L), await world.CostAsync(() => TellAsync(world, "webhook", early)));
    }

    [Fact]
    public async Task A_card_to_a_person_costs_six_and_four_more_where_cases_may_be_alike()
    {
        // Beside the four of a subscriber: what they chose, and again when it is told.
        await using var world = await WarmAsync(1);
        await TellAsync(world, "teams", Event(world));
        Assert.Equal((6L, 0L), await world.CostAsync(() => TellAsync(world, "teams", Event(world))));

        // What it is about is read, and counted as one of many alike: a row, what was told, how many there are.
        world.Set(("Hooks__PublicBaseUrl", "https://contact.example.com"), ("Links__Secret", "links-are-signed-with-these-forty-chars!"));
        await world.WorkAsync(await world.AcceptAsync(MetaCall.Messages(new MetaSaid("m-1", "4915112345678", "Die Heizung ist aus.",
            world.Time.GetUtcNow()))));
        var opened = Assert.Single(await world.TakeNoticesAsync("teams"));
        Assert.Equal((10L, 0L), await world.CostAsync(() => TellAsync(world, "teams", opened)));
        // A notice about no contact is not alike to any.
        Assert.Equal((7L, 0L), await world.CostAsync(() => TellAsync(world, "teams", Event(world))));
    }

    [Fact]
    public async Task An_event_costs_one_message_for_each_route_that_is_on_and_one_to_the_topic()
    {
        await using var world = await WarmAsync(1);
        var relay = world.Services.GetRequiredService<OutboxRelay>();
        var entry = new OutboxEntry("Event-x", "serverless.case.opened.v1", world.Time.GetUtcNow(), Encoding.UTF8.GetBytes(Event(world)));
        await relay.TryPublishAsync("case", [entry], CancellationToken.None);
        Assert.Equal(Costs.Written("eventToFourRoutes", 4, 1),
            await world.CostAsync(() => relay.TryPublishAsync("case", [entry], CancellationToken.None)));
        world.Set(("AzureWebJobs.NotifyTeams.Disabled", "true"), ("AzureWebJobs:NotifyMail:Disabled", "1"));
        Assert.Equal((2L, 1L), await world.CostAsync(() => relay.TryPublishAsync("case", [entry], CancellationToken.None)));
        Assert.Equal((0L, 1L),
            await world.CostAsync(() => relay.TryPublishAsync("case", [entry with { Left = OutboxEntry.Topic }], CancellationToken.None)));
    }

    // The first notice also makes the table and reads who subscribes, which holds for ten seconds.
    private async Task<TestApp> WarmAsync(int subscribers)
    {
        for (var i = 0; i < subscribers; i++) _subscribers.Add(await Subscriber.StartAsync());
        var world = await TestApp.StartAsync(azurite,
        [
            .. _subscribers.SelectMany((s, i) =>
                new (string, string?)[] { ($"Webhook__Subscribers__s{i}__Url", s.Address.ToString()),
                    ($"Webhook__Subscribers__s{i}__Secret", "whsec_bm90IGEgc2VjcmV0OiBhIHN1YnNjcmliZXIncyBvd24=") }),
            ("Recipients__Entries__service-desk__TeamsUrl", _subscribers[0].Address.ToString()),
        ]);
        // And the queue of later tries.
        await world.PutNoticeAsync("webhook", "{}");
        await world.TakeNoticesAsync("webhook");
        await TellAsync(world, "webhook", Event(world));
        return world;
    }

    private static Task TellAsync(TestApp world, string route, string message) =>
        world.Services.GetRequiredService<NotificationDispatcher>().RunAsync(route, message, CancellationToken.None);

    private string Event(TestApp world) => JsonSerializer.Serialize(new
    {
        specversion = "1.0",
        id = $"Event-{++_events}",
        source = "/cases",
        type = "serverless.case.opened.v1",
        subject = "case",
        time = world.Time.GetUtcNow(),
        data = new { caseId = "case", number = "K1", state = "open", owner = "service-desk", need = "fault", owes = "repair",
            channel = "meta", network = "whatsapp" },
    });
}
