using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>Calls to storage and bus, counted one by one, beside the budgets of the design: commit at most 4 in a known thread and 9 for a
/// new person, at most 4 more around it.</summary>
public sealed class When_a_contact_costs_calls(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private const string Known = "493023125017";

    // With all routes off: each that is on and wants the event costs one message more.
    private static Task<TestApp> WarmAsync(AzuriteFixture azurite) => WarmAsync(azurite, RouteQueues.Off);

    private static async Task<TestApp> WarmAsync(AzuriteFixture azurite, params (string Name, string? Value)[] settings)
    {
        // The first contact ever also makes tables, queue and the owner's list.
        var world = await TestApp.StartAsync(azurite, settings);
        await world.AcceptAsync(Said(world, "wamid.first", Known));
        await world.DrainAsync();
        return world;
    }

    private static byte[] Said(TestApp world, string id, string customer) =>
        MetaCall.Messages(new MetaSaid(id, customer, "Hallo", world.Time.GetUtcNow()));

    [Fact]
    public async Task Accepting_costs_a_row_and_a_pointer()
    {
        await using var world = await WarmAsync(azurite);
        Assert.Equal(Costs.Written("accept", 2, 0), await world.CostAsync(() => world.AcceptAsync(Said(world, "wamid.1", Known))));
    }

    [Fact]
    public async Task A_contact_of_a_known_thread_costs_seven()
    {
        // Delivery, thread, head, seen, batch; mark, end.
        await using var world = await WarmAsync(azurite);
        var delivery = await world.AcceptAsync(Said(world, "wamid.1", Known));
        Assert.Equal(Costs.Written("contactOfAKnownThread", 7, 1), await world.CostAsync(() => world.WorkAsync(delivery)));
        Assert.Equal("ended: joined", await world.EndOfAsync(delivery));
    }

    [Fact]
    public async Task Each_route_that_is_on_costs_one_message_and_a_bus_that_is_off_costs_nothing()
    {
        await using var world = await WarmAsync(azurite, [.. RouteQueues.Off[1..], ("ServiceBusConnection", null)]);
        var delivery = await world.AcceptAsync(Said(world, "wamid.1", Known));
        Assert.Equal((8L, 0L), await world.CostAsync(() => world.WorkAsync(delivery)));
    }

    [Fact]
    public async Task The_first_contact_of_a_conversation_costs_nine()
    {
        // Delivery, thread, thread reserved, seen, number, batch; view, mark, end.
        await using var world = await WarmAsync(azurite);
        var delivery = await world.AcceptAsync(Said(world, "wamid.1", "493023125018"));
        Assert.Equal(Costs.Written("firstContactOfAConversation", 9, 1), await world.CostAsync(() => world.WorkAsync(delivery)));
        Assert.Equal("ended: case", await world.EndOfAsync(delivery));
    }

    [Fact]
    public async Task An_answer_of_our_own_people_costs_eight()
    {
        await using var world = await WarmAsync(azurite);
        var delivery = await world.AcceptAsync(MetaCall.Echo(new MetaSaid("wamid.1", Known, "Gern", world.Time.GetUtcNow())));
        Assert.Equal(Costs.Written("answerOfOurOwnPeople", 8, 1), await world.CostAsync(() => world.WorkAsync(delivery)));
        Assert.Equal("ended: outbound", await world.EndOfAsync(delivery));
    }

    [Fact]
    public async Task A_duplicate_costs_nine_and_tells_nobody()
    {
        // Delivery, thread, head, seen refused, seen, batch refused, where it came from, what is untold; end.
        await using var world = await WarmAsync(azurite);
        var delivery = await world.AcceptAsync(Said(world, "wamid.first", Known));
        Assert.Equal(Costs.Written("duplicate", 9, 0), await world.CostAsync(() => world.WorkAsync(delivery)));
        Assert.Equal("ended: duplicate", await world.EndOfAsync(delivery));
    }

    [Fact]
    public async Task A_pointer_of_a_delivery_that_has_its_end_costs_one()
    {
        await using var world = await WarmAsync(azurite);
        var delivery = await world.AcceptAsync(Said(world, "wamid.1", Known));
        await world.WorkAsync(delivery);
        Assert.Equal(Costs.Written("pointerOfAnEndedDelivery", 1, 0), await world.CostAsync(() => world.WorkAsync(delivery)));
    }
}
