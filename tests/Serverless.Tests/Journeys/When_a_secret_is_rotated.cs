using System.Net;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>The provider's secret is exchanged while calls come in: both count, then the old one is watched for 72 hours before it is refused (P6).</summary>
public sealed class When_a_secret_is_rotated(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private const string NewSecret = "demo-meta-app-secret-after-the-reset";
    private int _sent;

    [Fact]
    public async Task Both_are_taken_then_the_old_one_is_watched_and_then_refused()
    {
        await using var world = await World.StartAsync(azurite);
        await SendAsync(world, MetaCall.Secret, HttpStatusCode.OK, "open");

        world.Set(("Channels__Meta__AppSecret", NewSecret), ("Channels__Meta__PreviousAppSecret", MetaCall.Secret));
        await SendAsync(world, MetaCall.Secret, HttpStatusCode.OK, "open");
        await SendAsync(world, NewSecret, HttpStatusCode.OK, "open");

        world.Time.Advance(TimeSpan.FromDays(7));
        world.Set(("Channels__Meta__PreviousAppSecret", null));
        await SendAsync(world, NewSecret, HttpStatusCode.OK, "open");
        await SendAsync(world, MetaCall.Secret, HttpStatusCode.OK, "quarantined");
        world.Time.Advance(TimeSpan.FromHours(71.9));
        await SendAsync(world, MetaCall.Secret, HttpStatusCode.OK, "quarantined");
        world.Time.Advance(TimeSpan.FromHours(0.2));
        await SendAsync(world, MetaCall.Secret, HttpStatusCode.Forbidden, "refused");
        await SendAsync(world, NewSecret, HttpStatusCode.OK, "open");

        await world.DrainAsync();
        var summary = await world.SummaryAsync();
        Assert.Equal(5, summary.GetProperty("contacts").GetInt32());
        Assert.Equal(2, summary.GetProperty("ends").GetProperty("quarantined:signature-wrong").GetInt32());
    }

    [Fact]
    public async Task A_restart_forgets_nothing()
    {
        await using var world = await World.StartAsync(azurite);
        await SendAsync(world, MetaCall.Secret, HttpStatusCode.OK, "open");
        await using (var later = await world.TwinAsync()) await SendAsync(later, NewSecret, HttpStatusCode.Forbidden, "refused");
        await using (var later = await world.TwinAsync(("Channels__Meta__AppSecret", NewSecret)))
        {
            await SendAsync(later, MetaCall.Secret, HttpStatusCode.OK, "quarantined");
            await SendAsync(later, NewSecret, HttpStatusCode.OK, "open");
            await SendAsync(later, MetaCall.Secret, HttpStatusCode.OK, "quarantined");
        }

        world.Time.Advance(TimeSpan.FromHours(73));
        await using (var later = await world.TwinAsync(("Channels__Meta__AppSecret", NewSecret))) await SendAsync(later, MetaCall.Secret, HttpStatusCode.Forbidden, "refused");
    }

    private async Task SendAsync(World world, string secret, HttpStatusCode status, string end)
    {
        using var answer = await world.SendMetaAsync(MetaCall.Messages(new Said($"wamid.{++_sent}", "493023125017", "Hallo", world.Time.GetUtcNow())), secret);
        Assert.Equal(status, answer.StatusCode);
        Assert.Equal(end, await world.EndOfAsync(answer.Headers.GetValues("X-Delivery-Id").Single()));
    }
}
