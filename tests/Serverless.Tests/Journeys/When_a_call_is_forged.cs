using System.Net;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>A call whose signature does not hold never enters a case; what else becomes of it depends on the source's past and mode (P6).</summary>
public sealed class When_a_call_is_forged(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private static readonly Seed Call = Seed.Of("twilio").Single(s => s.Name == "twilio/01-journey-rings");
    private int _sent;

    private byte[] Body(World world) => MetaCall.Messages(new Said($"wamid.{++_sent}", "493023125017", "Hallo", world.Time.GetUtcNow()));

    private async Task<(HttpStatusCode Status, string End)> ForgeAsync(World world)
    {
        using var answer = await world.SendMetaAsync(Body(world), "not the secret");
        var end = answer.Headers.TryGetValues("X-Delivery-Id", out var ids) ? await world.EndOfAsync(ids.Single()) : "";
        return (answer.StatusCode, end);
    }

    [Fact]
    public async Task Before_the_first_proof_it_is_kept_and_after_it_refused()
    {
        await using var world = await World.StartAsync(azurite);
        Assert.Equal((HttpStatusCode.OK, "quarantined"), await ForgeAsync(world));
        Assert.Equal("yellow", (await world.HealthAsync("channel:meta")).Status);
        await world.AcceptAsync(Body(world));
        Assert.Equal((HttpStatusCode.Forbidden, "refused"), await ForgeAsync(world));
        Assert.Equal("green", (await world.HealthAsync("channel:meta")).Status);

        await world.DrainAsync();
        Assert.Single((await world.OnlyCaseAsync()).Texts());
        var deliveries = (await world.SummaryAsync()).GetProperty("deliveries");
        Assert.Equal((3, 1, 1, 1), (deliveries.GetProperty("total").GetInt32(), deliveries.GetProperty("accepted").GetInt32(), deliveries.GetProperty("quarantined").GetInt32(), deliveries.GetProperty("refused").GetInt32()));
    }

    [Theory]
    [InlineData("Observe", HttpStatusCode.OK, "quarantined")]
    [InlineData("Quarantine", HttpStatusCode.OK, "quarantined")]
    [InlineData("Enforce", HttpStatusCode.Forbidden, "refused")]
    public async Task A_mode_that_is_set_holds_before_and_after_the_proof(string mode, HttpStatusCode status, string end)
    {
        await using var world = await World.StartAsync(azurite, ("Channels__Meta__Mode", mode));
        Assert.Equal((status, end), await ForgeAsync(world));
        await world.AcceptAsync(Body(world));
        Assert.Equal((status, end), await ForgeAsync(world));
        await world.DrainAsync();
        Assert.Single((await world.OnlyCaseAsync()).Texts());
    }

    [Theory]
    [InlineData("Observe", true)]
    [InlineData("Quarantine", false)]
    public async Task Only_observing_rings_people_for_a_caller_who_is_not_proven(string mode, bool rings)
    {
        await using var world = await World.StartAsync(azurite, ("Channels__Twilio__Mode", mode), ("Channels__Twilio__AuthToken", "another-fake-token"));
        using var answer = await world.SendAsync(Call);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(rings, (await answer.TextAsync()).Contains("+442079460111", StringComparison.Ordinal));
        await world.DrainAsync();
        Assert.Empty(await world.CasesAsync());
    }

    [Fact]
    public async Task A_flood_leaves_a_sample_that_counts_for_it()
    {
        await using var world = await World.StartAsync(azurite, ("Receive__QuarantinePerHour", "3"));
        for (var i = 0; i < 3; i++) await ForgeAsync(world);
        var noted = 0;
        for (var i = 0; i < 100; i++)
        {
            var (status, end) = await ForgeAsync(world);
            Assert.Equal(HttpStatusCode.TooManyRequests, status);
            if (end.Length > 0) noted++;
        }

        Assert.Equal(2, noted);
        var deliveries = (await world.SummaryAsync()).GetProperty("deliveries");
        Assert.Equal((3, 100), (deliveries.GetProperty("quarantined").GetInt32(), deliveries.GetProperty("refused").GetInt32()));
    }

    [Fact]
    public async Task A_flood_of_large_bodies_meets_a_limit_of_bytes()
    {
        await using var world = await World.StartAsync(azurite, ("Receive__QuarantineMegabytesPerHour", "1"));
        var large = new byte[600 * 1024];
        using (var first = await world.SendMetaAsync(large, "not the secret")) Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        using (var second = await world.SendMetaAsync(large, "not the secret")) Assert.Equal(HttpStatusCode.TooManyRequests, second.StatusCode);
        Assert.Equal((HttpStatusCode.OK, "quarantined"), await ForgeAsync(world));
    }

    [Fact]
    public async Task No_more_are_kept_in_an_hour_than_the_cap_and_genuine_calls_and_other_channels_go_on()
    {
        await using var world = await World.StartAsync(azurite, ("Receive__QuarantinePerHour", "3"), ("Channels__Twilio__AuthToken", "another-fake-token"));
        for (var i = 0; i < 3; i++) Assert.Equal((HttpStatusCode.OK, "quarantined"), await ForgeAsync(world));
        Assert.Equal((HttpStatusCode.TooManyRequests, ""), await ForgeAsync(world));
        using (var other = await world.SendAsync(Call)) Assert.Equal(HttpStatusCode.OK, other.StatusCode);

        world.Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal((HttpStatusCode.OK, "quarantined"), await ForgeAsync(world));
        await world.AcceptAsync(Body(world));
        Assert.Equal((HttpStatusCode.Forbidden, "refused"), await ForgeAsync(world));
        Assert.Equal((HttpStatusCode.Forbidden, "refused"), await ForgeAsync(world));
        Assert.Equal((HttpStatusCode.Forbidden, ""), await ForgeAsync(world));
        await world.AcceptAsync(Body(world));
    }
}
