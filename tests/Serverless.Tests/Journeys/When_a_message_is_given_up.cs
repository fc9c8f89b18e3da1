using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Platform.Messaging;
using Serverless.Platform.Storage;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>A function failed ten times at a message: people see it, put it back, or discard it. What lies in the queue of a route that is
/// off can be taken away.</summary>
public sealed class When_a_message_is_given_up(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private const string Webhooks = "notify-webhook-poison";

    [Fact]
    public async Task A_notice_is_kept_whole_listed_without_its_content_and_told_once_when_it_is_put_back()
    {
        await using var one = await Subscriber.StartAsync();
        await using var world = await TestApp.StartAsync(azurite, Webhook(one));
        await DieAsync(world, 2);
        Assert.Equal(2, (await world.SummaryAsync()).GetProperty("poison").GetProperty(Webhooks).GetInt32());
        var listed = await ListAsync(world);
        Assert.Equal(2, listed.Count);
        Assert.All(listed, l => Assert.Equal("failed too often", l.GetProperty("why").GetString()));
        Assert.All(listed, l => Assert.StartsWith("serverless.case.", l.GetProperty("type").GetString(), StringComparison.Ordinal));
        Assert.All(listed, l => Assert.InRange(l.GetProperty("length").GetInt32(), 100, 8_000));
        Assert.DoesNotContain("Heizung", string.Concat(listed), StringComparison.Ordinal);
        Assert.Empty(one.Told);

        var id = listed[1].GetProperty("id").GetString();
        var put = await world.ReviewAsync("poison-messages/resubmit",
            new JsonObject { ["queue"] = Webhooks, ["id"] = id, ["by"] = "anna" });
        Assert.Equal((1, 0), (put.GetProperty("done").GetInt32(), put.GetProperty("cut").GetInt32()));
        Assert.Equal(1, (await world.ReviewAsync("poison-messages/resubmit", All())).GetProperty("done").GetInt32());
        Assert.Equal(0, await world.DrainAsync());

        Assert.Equal(listed.Select(l => l.GetProperty("event").GetString()).Order(), one.Told.Select(t => t.Headers["webhook-id"]).Order());
        Assert.Empty(await ListAsync(world));
        var action = (await world.GetAsync("/api/operations/actions?month=2026-11")).GetProperty("actions").EnumerateArray()
            .Single(a => a.GetProperty("on").GetString() == id);
        Assert.Equal(("resubmit", Webhooks, "anna"),
            (action.GetProperty("what").GetString(), action.GetProperty("channel").GetString(), action.GetProperty("by").GetString()));
    }

    [Fact]
    public async Task One_that_dies_again_waits_for_the_next_time()
    {
        await using var one = await Subscriber.StartAsync();
        await using var world = await TestApp.StartAsync(azurite, Webhook(one));
        await DieAsync(world, 1);
        var first = await world.ReviewAsync("poison-messages/resubmit", All());
        world.Time.Advance(TimeSpan.FromSeconds(5));
        await BuryAsync(world);

        // The same selection goes on where it began: what was given up since is left alone.
        var more = All();
        more["before"] = first.GetProperty("before").GetString();
        Assert.Equal(0, (await world.ReviewAsync("poison-messages/resubmit", more)).GetProperty("done").GetInt32());
        Assert.Equal(1, (await world.ReviewAsync("poison-messages/resubmit", All())).GetProperty("done").GetInt32());
        Assert.Equal(0, await world.DrainAsync());
        Assert.Single(one.Told);
    }

    [Fact]
    public async Task One_that_is_discarded_is_gone()
    {
        await using var one = await Subscriber.StartAsync();
        await using var world = await TestApp.StartAsync(azurite, Webhook(one));
        await DieAsync(world, 1);
        Assert.Equal(1, (await world.ReviewAsync("poison-messages/discard", All())).GetProperty("done").GetInt32());
        var action = (await world.GetAsync("/api/operations/actions?month=2026-11")).GetProperty("actions")[0];
        Assert.Equal(("discard", Webhooks, 1),
            (action.GetProperty("what").GetString(), action.GetProperty("channel").GetString(), action.GetProperty("counts")
                .GetProperty("done").GetInt32()));
        Assert.Equal(0, await world.DrainAsync());
        Assert.Empty(one.Told);
    }

    [Fact]
    public async Task Many_go_in_steps_and_one_that_is_too_long_can_only_be_discarded()
    {
        await using var world = await TestApp.StartAsync(azurite);
        var queues = world.Services.GetRequiredService<QueueStore>();
        for (var i = 0; i < 101; i++)
            await queues.SendAsync("notify-teams-poison",
                System.Text.Encoding.UTF8.GetBytes($"nonsense {i}{(i == 7 ? new string('x', 30_000) : "")}"), TimeSpan.Zero,
                CancellationToken.None);
        Assert.True(await world.TickAsync());
        var all = new JsonObject { ["queue"] = "notify-teams-poison", ["all"] = true };
        var put = await world.ReviewAsync("poison-messages/resubmit", (JsonObject)all.DeepClone());
        Assert.Equal((100, 1), (put.GetProperty("done").GetInt32(), put.GetProperty("cut").GetInt32()));
        Assert.Equal(100, await world.CountNoticesAsync("teams"));

        foreach (var message in await world.TakeNoticesAsync("teams"))
            await queues.SendAsync("notify-teams-poison", System.Text.Encoding.UTF8.GetBytes(message), TimeSpan.Zero,
                CancellationToken.None);
        Assert.True(await world.TickAsync());
        var first = await world.ReviewAsync("poison-messages/discard", (JsonObject)all.DeepClone());
        Assert.Equal((100, true), (first.GetProperty("done").GetInt32(), first.GetProperty("more").GetBoolean()));
        all["before"] = first.GetProperty("before").GetString();
        var second = await world.ReviewAsync("poison-messages/discard", all);
        Assert.Equal((1, false), (second.GetProperty("done").GetInt32(), second.GetProperty("more").GetBoolean()));
    }

    [Fact]
    public async Task What_waits_for_a_route_that_is_off_is_shown_and_taken_away_on_demand()
    {
        await using var one = await Subscriber.StartAsync();
        await using var world = await TestApp.StartAsync(azurite, Webhook(one));
        await world.WorkAsync(
            await world.AcceptAsync(
                MetaCall.Messages(new MetaSaid("m-1", "491511234501", "Die Heizung ist aus.", world.Time.GetUtcNow()))));
        using (var refused = await world.RawAsync(HttpMethod.Post,
            "/api/operations/routes/webhook/discard")) Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        using (var unknown = await world.RawAsync(HttpMethod.Post,
            "/api/operations/routes/pigeon/discard")) Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);

        world.Set(("AzureWebJobs.NotifyWebhook.Disabled", "true"));
        var (status, says) = await world.HealthAsync("route:webhook");
        Assert.Equal("yellow", status);
        Assert.Contains("Older messages in queue notify-webhook: 1.", says, StringComparison.Ordinal);
        Assert.Contains("AzureWebJobs.NotifyWebhook.Disabled", says, StringComparison.Ordinal);
        Assert.Equal(1, (await world.ReviewAsync("routes/webhook/discard", [])).GetProperty("discarded").GetInt32());
        Assert.Equal("off", (await world.HealthAsync("route:webhook")).Status);
        Assert.Equal(0, await world.CountNoticesAsync("webhook"));
        world.Set(("AzureWebJobs.NotifyWebhook.Disabled", null));
        Assert.Equal(0, await world.DrainAsync());
        Assert.Empty(one.Told);
        Assert.Equal("notify-webhook",
            (await world.GetAsync("/api/operations/actions?month=2026-11")).GetProperty("actions")[0].GetProperty("channel").GetString());
    }

    [Fact]
    public async Task A_pointer_is_put_back_or_discarded()
    {
        await using var world = await TestApp.StartAsync(azurite);
        var delivery =
            await world.AcceptAsync(MetaCall.Messages(new MetaSaid("m-1", "491511234500", "Die Heizung ist aus.", world.Time.GetUtcNow())));
        using var queue = new InboundDriver(world);
        await queue.LoseAsync();
        foreach (var text in new[] { "nonsense",
            $$"""{"channel":"meta","id":"{{delivery}}","attempt":0,"firstAt":"2026-11-20T09:00:00Z"}""" })
            await world.Services.GetRequiredService<PoisonMessages>().KeepAsync("inbound", text, "test", CancellationToken.None);

        var kept = await ListAsync(world, "inbound");
        Assert.Equal(2, kept.Count);
        Assert.DoesNotContain("nonsense", string.Concat(kept), StringComparison.Ordinal);
        var id = kept.Single(k => k.GetProperty("length").GetInt32() > 8).GetProperty("id").GetString();
        Assert.Equal(1,
            (await world.ReviewAsync("poison-messages/resubmit", new JsonObject { ["queue"] = "inbound", ["id"] = id })).GetProperty("done")
            .GetInt32());
        Assert.Equal(0, await world.DrainAsync());
        Assert.Equal("ended: case", await world.EndOfAsync(delivery));

        Assert.Equal(1,
            (await world.ReviewAsync("poison-messages/discard",
                new JsonObject { ["queue"] = "inbound", ["all"] = true })).GetProperty("done").GetInt32());
        Assert.Equal(0, (await world.SummaryAsync()).GetProperty("poisonMessages").GetInt32());
        Assert.Equal(2, (await world.GetAsync("/api/operations/actions?month=2026-11")).GetProperty("actions").GetArrayLength());
    }

    [Theory]
    [InlineData("poison-messages/resubmit", "{}", 400)]
    [InlineData("poison-messages/resubmit", """{"queue":"secrets","all":true}""", 400)]
    [InlineData("poison-messages/resubmit", """{"queue":"notify-webhook-poison","id":"x","all":true}""", 400)]
    [InlineData("poison-messages/burn", """{"queue":"notify-webhook-poison","all":true}""", 404)]
    [InlineData("poison-messages/discard", """{"queue":"inbound","id":"00000000000000000000000000000000"}""", 404)]
    [InlineData("poison-messages/discard", "[7]", 400)]
    public async Task What_is_no_selection_is_told(string action, string body, int status)
    {
        await using var world = await TestApp.StartAsync(azurite);
        using var answer = await world.RawAsync(HttpMethod.Post, $"/api/operations/{action}", body);
        Assert.Equal(status, (int)answer.StatusCode);
    }

    private static JsonObject All() => new() { ["queue"] = Webhooks, ["all"] = true };

    private static async Task<List<System.Text.Json.JsonElement>> ListAsync(TestApp world, string queue = Webhooks) =>
        [.. (await world.GetAsync($"/api/operations/poison-messages?queue={queue}")).GetProperty("messages").EnumerateArray()];

    private static (string, string?)[] Webhook(Subscriber subscriber) =>
        [("Webhook__Subscribers__one__Url", subscriber.Address.ToString()),
            ("Webhook__Subscribers__one__Secret", "whsec_bm90IGEgc2VjcmV0OiBhIHN1YnNjcmliZXIncyBvd24=")];

    private static async Task DieAsync(TestApp world, int customers)
    {
        for (var i = 0; i < customers; i++)
            await world.WorkAsync(
                await world.AcceptAsync(
                    MetaCall.Messages(new MetaSaid($"m-{i}", $"49151123450{i}", "Die Heizung ist aus.", world.Time.GetUtcNow()))));
        await BuryAsync(world);
    }

    // As the host does after the last try.
    private static async Task BuryAsync(TestApp world)
    {
        var queues = world.Services.GetRequiredService<QueueStore>();
        foreach (var message in await world.TakeNoticesAsync("webhook"))
            await queues.SendAsync(Webhooks, System.Text.Encoding.UTF8.GetBytes(message), TimeSpan.Zero, CancellationToken.None);
        Assert.True(await world.TickAsync());
    }
}
