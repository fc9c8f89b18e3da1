using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>A subscriber does not answer for a whole day while contacts come in every hour: it gets every event once it is back, the others
/// never notice (P8, P13).</summary>
public sealed class When_a_subscriber_is_down_for_a_day(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    [Fact]
    public async Task It_gets_all_of_them_and_the_others_got_theirs_at_once()
    {
        await using var down = await Subscriber.StartAsync(Subscriber.Status(503));
        await using var well = await Subscriber.StartAsync();
        await using var world = await TestApp.StartAsync(azurite, [.. Webhook("down", down), .. Webhook("well", well)]);
        var back = world.Time.GetUtcNow().AddDays(1);
        for (var hour = 0; hour < 24; hour += 3)
        {
            await world.WorkAsync(
                await world.AcceptAsync(
                    MetaCall.Messages(new MetaSaid($"m-{hour}", $"49151123450{hour:D2}", "Die Heizung ist aus.", world.Time.GetUtcNow()))));
            await world.PassAsync(world.Time.GetUtcNow().AddHours(3));
            // Every event is at the one that answers.
            Assert.Equal((hour / 3) + 1, well.Told.Count);
        }

        Assert.Equal(back, world.Time.GetUtcNow());
        var ids = well.Told.Select(t => t.Headers["webhook-id"]).ToHashSet();
        Assert.Equal(8, ids.Count);
        Assert.All(down.Told, t => Assert.Contains(t.Headers["webhook-id"], ids));
        var waiting = (await world.GetAsync("/api/operations/notices?state=waiting")).EnumerateArray().ToList();
        Assert.Equal(8, waiting.Count);

        var failed = down.Told.Count;
        down.Answer = Subscriber.Status(204);
        await world.PassAsync(back.AddDays(2));
        var got = down.Told.Skip(failed).Select(t => t.Headers["webhook-id"]).ToList();
        Assert.Equal(ids.Order(), got.Order());
        Assert.Equal(8, well.Told.Count);
        Assert.Equal(16, (await world.GetAsync("/api/operations/notices?state=delivered")).GetArrayLength());
        // Eight events, nine tries at most each: a day costs a subscriber that is down little.
        Assert.InRange(failed, 8, 8 * 9);
    }

    private static (string, string?)[] Webhook(string name, Subscriber subscriber) =>
        [($"Webhook__Subscribers__{name}__Url", subscriber.Address.ToString()),
            ($"Webhook__Subscribers__{name}__Secret", "whsec_bm90IGEgc2VjcmV0OiBhIHN1YnNjcmliZXIncyBvd24=")];
}
