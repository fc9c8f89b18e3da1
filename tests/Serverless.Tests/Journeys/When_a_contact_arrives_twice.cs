using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>A provider that did not hear our answer sends again: the case changes once (P2).</summary>
public sealed class When_a_contact_arrives_twice(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private static MetaSaid Said(TestApp world, string id) =>
        new(id, "493023125017", $"Wo bleibt meine Lieferung? ({id})", world.Time.GetUtcNow());

    [Fact]
    public async Task Same_bytes_again_are_a_duplicate()
    {
        await using var world = await TestApp.StartAsync(azurite);
        var body = MetaCall.Messages(Said(world, "wamid.1"));
        var first = await world.AcceptAsync(body);
        await world.DrainAsync(bus: false);
        world.Time.Advance(TimeSpan.FromHours(1));
        var again = await world.AcceptAsync(body);
        await world.DrainAsync(bus: false);

        Assert.Equal("ended: case", await world.EndOfAsync(first));
        Assert.Equal("ended: duplicate", await world.EndOfAsync(again));
        Assert.Single((await world.OnlyCaseAsync()).Texts());
        Assert.Single(world.Told());
        Assert.Equal(1, (await world.SummaryAsync()).GetProperty("duplicates").GetInt32());
    }

    [Fact]
    public async Task The_same_message_in_another_batch_is_a_duplicate_and_its_neighbour_is_not()
    {
        await using var world = await TestApp.StartAsync(azurite);
        var first = await world.AcceptAsync(MetaCall.Messages(Said(world, "wamid.1")));
        await world.DrainAsync(bus: false);
        var batch = await world.AcceptAsync(MetaCall.Messages(Said(world, "wamid.2"), Said(world, "wamid.1")));
        await world.DrainAsync(bus: false);

        Assert.Equal("ended: case", await world.EndOfAsync(first));
        Assert.Equal("ended: joined, duplicate", await world.EndOfAsync(batch));
        Assert.Equal(2, (await world.OnlyCaseAsync()).Texts().Count);
        Assert.Equal(2, world.Told().Count);
    }

    [Fact]
    public async Task Two_instances_that_get_a_copy_each_at_once_make_one_contact()
    {
        await using var world = await TestApp.StartAsync(azurite);
        await using var twin = await world.TwinAsync();
        for (var round = 1; round <= 8; round++)
        {
            var body = MetaCall.Messages(new MetaSaid($"wamid.{round}", $"4930231251{round:d2}", "Hallo?", world.Time.GetUtcNow()));
            var ids = await Task.WhenAll(world.AcceptAsync(body), twin.AcceptAsync(body));
            Assert.All(await Task.WhenAll(world.WorkAsync(ids[0]), twin.WorkAsync(ids[1])), done => Assert.True(done));
            string[] ends = [await world.EndOfAsync(ids[0]), await world.EndOfAsync(ids[1])];
            Assert.Equal(["ended: case", "ended: duplicate"], ends.Order(StringComparer.Ordinal));
        }

        Assert.All(await world.CasesAsync(), file => Assert.Single(file.Texts()));
        Assert.Equal(8, world.Told().Count);
        Assert.Equal(8, (await world.SummaryAsync()).GetProperty("contacts").GetInt32());
    }

    [Fact]
    public async Task The_same_pointer_again_repeats_the_first_end()
    {
        await using var world = await TestApp.StartAsync(azurite);
        await using var twin = await world.TwinAsync();
        var delivery = await world.AcceptAsync(MetaCall.Messages(Said(world, "wamid.1"), Said(world, "wamid.2")));
        await world.DrainAsync(bus: false);
        await world.WorkAsync(delivery);
        Assert.Equal("ended: case, joined", await world.EndOfAsync(delivery));

        // As if the worker had died before it wrote the end, and both instances took the message that came again.
        await world.ForgetEndAsync(delivery);
        Assert.All(await Task.WhenAll(world.WorkAsync(delivery), twin.WorkAsync(delivery)), done => Assert.True(done));

        Assert.Equal("ended: case, joined", await world.EndOfAsync(delivery));
        Assert.Equal(2, (await world.OnlyCaseAsync()).Texts().Count);
        Assert.Equal(2, world.Told().Count);
    }
}
