using System.Text.Json.Nodes;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>Notices were given up, or a subscriber lost what it had: people have them sent again, one or all of a day.</summary>
public sealed class When_failed_notices_are_sent_again(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private static readonly (string, string?) OneTry = ("Notification__RetrySeconds", "0");

    [Fact]
    public async Task All_of_a_day_come_once_each_however_often_somebody_asks()
    {
        await using var down = await Subscriber.StartAsync(Subscriber.Status(500));
        await using var other = await Subscriber.StartAsync();
        await using var world = await TestApp.StartAsync(azurite, [OneTry, .. Webhook("down", down), .. Webhook("other", other)]);
        await ArriveAsync(world, 3);
        Assert.Equal(["failed", "failed", "failed"], await StatesAsync(world, "down"));
        var before = down.Told.Count;

        down.Answer = Subscriber.Status(204);
        Assert.Equal(3, (await world.ReviewAllAsync("notices/resend", Day())).Sum("sent"));
        Assert.Equal(["waiting", "waiting", "waiting"], await StatesAsync(world, "down"));
        Assert.Equal(0, (await world.ReviewAllAsync("notices/resend", Day())).Sum("sent"));
        Assert.Equal(0, await world.DrainAsync());

        Assert.Equal(["delivered", "delivered", "delivered"], await StatesAsync(world, "down"));
        var again = down.Told.Skip(before).Select(t => t.Headers["webhook-id"]).ToList();
        Assert.Equal(3, again.Distinct().Count());
        Assert.Equal(3, again.Count);
        Assert.Equal(3, other.Told.Count);
        var action = (await world.GetAsync("/api/operations/actions?month=2026-11")).GetProperty("actions").EnumerateArray()
            .Single(a => a.GetProperty("counts").GetProperty("sent").GetInt32() == 3);
        Assert.Equal(("resend", "notices", "anna"),
            (action.GetProperty("what").GetString(), action.GetProperty("channel").GetString(), action.GetProperty("by").GetString()));
    }

    [Fact]
    public async Task One_that_was_delivered_is_sent_again_to_the_target_that_is_named()
    {
        await using var first = await Subscriber.StartAsync();
        await using var second = await Subscriber.StartAsync();
        await using var world = await TestApp.StartAsync(azurite, [.. Webhook("first", first), .. Webhook("second", second)]);
        await ArriveAsync(world, 1);
        var id = Assert.Single(first.Told).Headers["webhook-id"];
        var notice = (await world.GetAsync("/api/operations/notices")).EnumerateArray().First();
        var one = new JsonObject { ["event"] = notice.GetProperty("eventId").GetString(), ["route"] = "webhook", ["target"] = "first" };

        foreach (var count in new[] { 2, 3 })
        {
            Assert.Equal(1, (await world.ReviewAsync("notices/resend", (JsonObject)one.DeepClone())).GetProperty("sent").GetInt32());
            Assert.Equal(0, await world.DrainAsync());
            Assert.Equal(count, first.Told.Count);
        }

        Assert.Single(second.Told);
        Assert.All(first.Told, t => Assert.Equal(id, t.Headers["webhook-id"]));
        var states = (await world.GetAsync("/api/operations/notices")).EnumerateArray()
            .ToDictionary(n => n.GetProperty("target").GetString()!, n =>
                (n.GetProperty("state").GetString(), n.GetProperty("resend").GetInt32(), n.GetProperty("tries").GetArrayLength()));
        Assert.Equal(("delivered", 2, 3), states["first"]);
        Assert.Equal(("delivered", 0, 1), states["second"]);
    }

    [Fact]
    public async Task A_round_that_fails_has_all_its_tries_and_ends_the_one_before()
    {
        await using var down = await Subscriber.StartAsync(Subscriber.Status(500));
        await using var world = await TestApp.StartAsync(azurite, [("Notification__RetrySeconds", "60,60"), .. Webhook("down", down)]);
        await ArriveAsync(world, 1);
        Assert.Equal(["waiting"], await StatesAsync(world, "down"));

        var selection = Day();
        selection["state"] = "waiting";
        Assert.Equal(1, (await world.ReviewAllAsync("notices/resend", selection)).Sum("sent"));
        Assert.Equal(0, await world.DrainAsync());
        Assert.Equal(2, down.Told.Count);
        // The try that was planned before does nothing; the two of this round come.
        await world.PassAsync(world.Time.GetUtcNow().AddMinutes(10));
        Assert.Equal(4, down.Told.Count);
        Assert.Equal(["failed"], await StatesAsync(world, "down"));
        Assert.Equal(1, (await world.SummaryAsync()).GetProperty("notices").GetProperty("webhook").GetProperty("failed").GetInt32());
    }

    [Theory]
    [InlineData("{}", 400)]
    [InlineData("[]", 400)]
    [InlineData("""{"day":"yesterday"}""", 400)]
    [InlineData("""{"day":"2026-11-20","state":"delivered"}""", 400)]
    [InlineData("""{"event":""}""", 400)]
    [InlineData("""{"event":"nobody's"}""", 404)]
    public async Task What_is_no_selection_is_told(string body, int status)
    {
        await using var world = await TestApp.StartAsync(azurite);
        using var answer = await world.RawAsync(HttpMethod.Post, "/api/operations/notices/resend", body);
        Assert.Equal(status, (int)answer.StatusCode);
    }

    private static JsonObject Day() => new() { ["day"] = "2026-11-20", ["by"] = "anna" };

    private static (string, string?)[] Webhook(string name, Subscriber subscriber) =>
        [($"Webhook__Subscribers__{name}__Url", subscriber.Address.ToString()),
            ($"Webhook__Subscribers__{name}__Secret", "whsec_bm90IGEgc2VjcmV0OiBhIHN1YnNjcmliZXIncyBvd24=")];

    private static async Task<List<string?>> StatesAsync(TestApp world, string target) =>
        [.. (await world.GetAsync("/api/operations/notices?day=2026-11-20")).EnumerateArray()
            .Where(n => n.GetProperty("target").GetString() == target).Select(n => n.GetProperty("state").GetString())];

    private static async Task ArriveAsync(TestApp world, int customers)
    {
        for (var i = 0; i < customers; i++)
            await world.WorkAsync(
                await world.AcceptAsync(
                    MetaCall.Messages(new MetaSaid($"m-{i}", $"4915112345{i:D3}", "Die Heizung ist aus.", world.Time.GetUtcNow()))));
        await world.PassAsync(world.Time.GetUtcNow().AddSeconds(1));
    }
}
