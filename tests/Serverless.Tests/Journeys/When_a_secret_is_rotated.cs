using System.Net;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>The provider's secret is exchanged while calls come in: both count, then the old one is watched for 72 hours before it is
/// refused (P6).</summary>
public sealed class When_a_secret_is_rotated(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private const string NewSecret = "demo-meta-app-secret-after-the-reset";
    private int _sent;

    [Fact]
    public async Task Both_are_taken_then_the_old_one_is_watched_and_then_refused()
    {
        await using var world = await TestApp.StartAsync(azurite);
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
    public async Task Under_load_no_call_of_either_secret_is_refused_or_held_back()
    {
        await using var world = await TestApp.StartAsync(azurite);
        var (sent, rotated, withNew) = (0, false, 0);
        async Task CallAsync(int sender)
        {
            for (var i = 0; i < 15; i++)
            {
                // The provider goes over to the new one bit by bit: two of three calls, once we know it.
                var secret = Volatile.Read(ref rotated) && i % 3 > 0 ? NewSecret : MetaCall.Secret;
                using var answer =
                    await world.SendMetaAsync(
                        MetaCall.Messages(new MetaSaid($"wamid.{sender}-{i}", $"4930231250{sender:00}", "Hallo", world.Time.GetUtcNow())),
                        secret);
                Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
                if (secret == NewSecret) Interlocked.Increment(ref withNew);
                // Every sender is at it when the settings change.
                if (Interlocked.Increment(ref sent) != 24) continue;
                world.Set(("Channels__Meta__AppSecret", NewSecret), ("Channels__Meta__PreviousAppSecret", MetaCall.Secret));
                Volatile.Write(ref rotated, true);
            }
        }

        await Task.WhenAll(Enumerable.Range(0, 8).Select(CallAsync));
        Assert.InRange(withNew, 24, 96);
        var deliveries = (await world.SummaryAsync()).GetProperty("deliveries");
        Assert.Equal((120, 120, 0),
            (deliveries.GetProperty("total").GetInt32(), deliveries.GetProperty("accepted").GetInt32(),
                deliveries.GetProperty("quarantined").GetInt32()));
    }

    [Fact]
    public async Task A_restart_forgets_nothing()
    {
        await using var world = await TestApp.StartAsync(azurite);
        await SendAsync(world, MetaCall.Secret, HttpStatusCode.OK, "open");
        await using (var later = await world.TwinAsync()) await SendAsync(later, NewSecret, HttpStatusCode.Forbidden, "refused");
        await using (var later = await world.TwinAsync(("Channels__Meta__AppSecret", NewSecret)))
        {
            await SendAsync(later, MetaCall.Secret, HttpStatusCode.OK, "quarantined");
            await SendAsync(later, NewSecret, HttpStatusCode.OK, "open");
            await SendAsync(later, MetaCall.Secret, HttpStatusCode.OK, "quarantined");
        }

        world.Time.Advance(TimeSpan.FromHours(73));
        await using (var later = await world.TwinAsync(("Channels__Meta__AppSecret", NewSecret))) await SendAsync(later, MetaCall.Secret,
            HttpStatusCode.Forbidden, "refused");
    }

    private async Task SendAsync(TestApp world, string secret, HttpStatusCode status, string end)
    {
        using var answer =
            await world.SendMetaAsync(MetaCall.Messages(new MetaSaid($"wamid.{++_sent}", "493023125017", "Hallo", world.Time.GetUtcNow())),
                secret);
        Assert.Equal(status, answer.StatusCode);
        Assert.Equal(end, await world.EndOfAsync(answer.Headers.GetValues("X-Delivery-Id").Single()));
    }
}
