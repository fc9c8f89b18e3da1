using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>A well-signed body that is no UTF-8: seen by a person, kept, and never twice (P5).</summary>
public sealed class When_bytes_are_no_text(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    [Fact]
    public async Task A_broken_message_is_a_placeholder_and_its_neighbour_a_contact()
    {
        await using var world = await TestApp.StartAsync(azurite);
        var now = world.Time.GetUtcNow();
        var body = Broken(MetaCall.Messages(new MetaSaid("wamid.1", "493023125017", "Gr§ße", now),
            new MetaSaid("wamid.2", "493023125018", "Guten Tag", now)));
        await SeenOnceAsync(world, body, "kept: case, case", "kept: duplicate, duplicate", 2);
        var look = Assert.Single(await world.CasesAsync(), file => file.Head("owes") == "review");
        Assert.Equal("placeholder", look.GetProperty("contacts")[0].GetProperty("contact").GetProperty("kind").GetString());
        Assert.Single(await world.CasesAsync(), file => file.Texts().Contains("Guten Tag"));
    }

    [Fact]
    public async Task A_broken_body_is_one_placeholder()
    {
        await using var world = await TestApp.StartAsync(azurite);
        byte[] body = [0xff, .. MetaCall.Messages(new MetaSaid("wamid.1", "493023125017", "Hallo", world.Time.GetUtcNow()))];
        await SeenOnceAsync(world, body, "kept: case", "kept: duplicate", 1);
        Assert.Equal("review", (await world.OnlyCaseAsync()).Head("owes"));
    }

    private static async Task SeenOnceAsync(TestApp world, byte[] body, string first, string second, int cases)
    {
        var delivery = await world.AcceptAsync(body);
        Assert.Equal(0, await world.DrainAsync());
        Assert.Equal(first, await world.EndOfAsync(delivery));
        Assert.Equal(1, (await world.SummaryAsync()).GetProperty("deliveries").GetProperty("kept").GetInt32());

        world.Time.Advance(TimeSpan.FromMinutes(1));
        var again = await world.AcceptAsync(body);
        Assert.Equal(0, await world.DrainAsync());
        Assert.Equal(second, await world.EndOfAsync(again));
        Assert.Equal(cases, (await world.CasesAsync()).Count);
    }

    // § is two bytes; the first of them alone is no character.
    private static byte[] Broken(byte[] body)
    {
        var at = body.AsSpan().IndexOf("§"u8);
        body[at + 1] = (byte)'x';
        return body;
    }
}
