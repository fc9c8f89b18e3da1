using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Operations;
using Serverless.Receipts;
using Serverless.Local.ServiceBus;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>A subscription or a queue gave messages up: people see them, send them again, or discard them.</summary>
public sealed class When_a_message_is_given_up(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private const string Topic = "case-events";
    private const string Webhooks = "notify-webhook";

    [Fact]
    public async Task A_dead_letter_is_listed_without_its_content_and_told_once_when_it_is_sent_again()
    {
        await using var one = await Subscriber.StartAsync();
        await using var world = await World.StartAsync(azurite, Webhook(one));
        await DieAsync(world, 2);

        var listed = (await world.GetAsync($"/api/operations/dead-letters?subscription={Webhooks}")).EnumerateArray().ToList();
        Assert.Equal(2, listed.Count);
        Assert.All(listed, l => Assert.Equal("MaxDeliveryCountExceeded", l.GetProperty("reason").GetString()));
        Assert.All(listed, l => Assert.True(l.GetProperty("deliveries").GetInt32() >= 10));
        Assert.All(listed, l => Assert.StartsWith("serverless.case.", l.GetProperty("type").GetString(), StringComparison.Ordinal));
        Assert.All(listed, l => Assert.Equal(l.GetProperty("id").GetString(), l.GetProperty("event").GetString()));
        Assert.DoesNotContain("Heizung", string.Concat(listed), StringComparison.Ordinal);
        Assert.Equal(2, (await world.GetAsync("/api/operations/dead-letters")).GetArrayLength());
        Assert.Empty(one.Told);

        var id = listed[1].GetProperty("id").GetString();
        Assert.Equal(1, (await world.ReviewAsync("dead-letters/resubmit", new JsonObject { ["subscription"] = Webhooks, ["id"] = id, ["by"] = "anna" })).GetProperty("done").GetInt32());
        var again = Assert.Single(world.Broker.Active(Topic, Webhooks));
        Assert.Equal(($"{id}/webhook/*/resend/1", "webhook"), (again.MessageId, again.Text("route")));
        Assert.Equal(1, (await world.ReviewAsync("dead-letters/resubmit", All())).GetProperty("done").GetInt32());
        Assert.Equal(0, await world.DrainAsync());

        Assert.Equal(2, one.Told.Count);
        Assert.Empty(world.Broker.DeadLetters(Topic, Webhooks));
        Assert.Empty((await world.GetAsync("/api/operations/dead-letters")).EnumerateArray());
        var action = (await world.GetAsync("/api/operations/actions?month=2026-11")).GetProperty("actions").EnumerateArray().Single(a => a.GetProperty("on").GetString() == id);
        Assert.Equal(("resubmit", Webhooks, "anna"), (action.GetProperty("what").GetString(), action.GetProperty("channel").GetString(), action.GetProperty("by").GetString()));
    }

    [Fact]
    public async Task One_that_dies_again_waits_for_the_next_time_and_comes_under_a_new_id()
    {
        await using var one = await Subscriber.StartAsync();
        await using var world = await World.StartAsync(azurite, Webhook(one));
        await DieAsync(world, 1);
        var first = await world.ReviewAsync("dead-letters/resubmit", All());
        world.Time.Advance(TimeSpan.FromSeconds(5));
        await BuryAsync(world);

        // The same selection goes on where it began: what the subscription got since is left alone.
        var more = All();
        more["before"] = first.GetProperty("before").GetDateTimeOffset().AddSeconds(-1);
        Assert.Equal(0, (await world.ReviewAsync("dead-letters/resubmit", more)).GetProperty("done").GetInt32());
        Assert.EndsWith("/webhook/*/resend/1", Assert.Single(world.Broker.DeadLetters(Topic, Webhooks)).Message.MessageId, StringComparison.Ordinal);
        Assert.Equal(1, (await world.ReviewAsync("dead-letters/resubmit", All())).GetProperty("done").GetInt32());
        Assert.EndsWith("/webhook/*/resend/2", Assert.Single(world.Broker.Active(Topic, Webhooks)).MessageId, StringComparison.Ordinal);
        Assert.Equal(0, await world.DrainAsync());
        Assert.Single(one.Told);
    }

    [Fact]
    public async Task One_that_is_discarded_is_gone()
    {
        await using var one = await Subscriber.StartAsync();
        await using var world = await World.StartAsync(azurite, Webhook(one));
        await DieAsync(world, 1);
        Assert.Equal(1, (await world.ReviewAsync("dead-letters/discard", All())).GetProperty("done").GetInt32());
        var action = (await world.GetAsync("/api/operations/actions?month=2026-11")).GetProperty("actions")[0];
        Assert.Equal(("discard", Webhooks, 1), (action.GetProperty("what").GetString(), action.GetProperty("channel").GetString(), action.GetProperty("counts").GetProperty("done").GetInt32()));
        Assert.Empty(world.Broker.DeadLetters(Topic, Webhooks));
        Assert.Equal(0, await world.DrainAsync());
        Assert.Empty(one.Told);
    }

    [Fact]
    public async Task Many_go_in_steps()
    {
        await using var world = await World.StartAsync(azurite);
        for (var i = 0; i < 101; i++)
        {
            world.Broker.Send([new TopicMessage
            {
                Topic = "case-events",
                Body = "nonsense"u8.ToArray(),
                System = new Dictionary<string, string> { ["messageId"] = $"m-{i}" },
                Properties = new Dictionary<string, object> { ["route"] = "teams" },
            }]);
        }

        await BuryAsync(world, "notify-teams");
        var all = new JsonObject { ["subscription"] = "notify-teams", ["all"] = true };
        var first = await world.ReviewAsync("dead-letters/discard", (JsonObject)all.DeepClone());
        Assert.Equal((100, true), (first.GetProperty("done").GetInt32(), first.GetProperty("more").GetBoolean()));
        all["before"] = first.GetProperty("before").GetString();
        var second = await world.ReviewAsync("dead-letters/discard", all);
        Assert.Equal((1, false), (second.GetProperty("done").GetInt32(), second.GetProperty("more").GetBoolean()));
    }

    [Fact]
    public async Task A_kept_queue_message_is_put_back_or_discarded()
    {
        await using var world = await World.StartAsync(azurite);
        var delivery = await world.AcceptAsync(MetaCall.Messages(new Said("m-1", "491511234500", "Die Heizung ist aus.", world.Time.GetUtcNow())));
        using var queue = new InboundDriver(world);
        await queue.LoseAsync();
        foreach (var text in new[] { "nonsense", $$"""{"channel":"meta","id":"{{delivery}}","attempt":0,"firstAt":"2026-11-20T09:00:00Z"}""" }) await world.Services.GetRequiredService<KeptMessages>().KeepAsync("inbound", text, "test", CancellationToken.None);

        var kept = (await world.GetAsync("/api/operations/kept?queue=inbound")).GetProperty("messages").EnumerateArray().ToList();
        Assert.Equal(2, kept.Count);
        Assert.DoesNotContain("nonsense", string.Concat(kept), StringComparison.Ordinal);
        var id = kept.Single(k => k.GetProperty("length").GetInt32() > 8).GetProperty("id").GetString();
        Assert.Equal(1, (await world.ReviewAsync("kept/resubmit", new JsonObject { ["queue"] = "inbound", ["id"] = id })).GetProperty("done").GetInt32());
        Assert.Equal(0, await world.DrainAsync());
        Assert.Equal("ended: case", await world.EndOfAsync(delivery));

        Assert.Equal(1, (await world.ReviewAsync("kept/discard", new JsonObject { ["queue"] = "inbound", ["all"] = true })).GetProperty("done").GetInt32());
        Assert.Equal(0, (await world.SummaryAsync()).GetProperty("keptMessages").GetInt32());
        Assert.Equal(2, (await world.GetAsync("/api/operations/actions?month=2026-11")).GetProperty("actions").GetArrayLength());
    }

    [Theory]
    [InlineData("dead-letters/resubmit", "{}", 400)]
    [InlineData("dead-letters/resubmit", """{"subscription":"nobody","all":true}""", 400)]
    [InlineData("dead-letters/resubmit", """{"subscription":"notify-webhook","id":"x","all":true}""", 400)]
    [InlineData("dead-letters/resubmit", """{"subscription":"notify-webhook","id":"x"}""", 404)]
    [InlineData("dead-letters/burn", """{"subscription":"notify-webhook","all":true}""", 404)]
    [InlineData("kept/resubmit", """{"queue":"secrets","all":true}""", 400)]
    [InlineData("kept/discard", """{"queue":"inbound","id":"00000000000000000000000000000000"}""", 404)]
    [InlineData("kept/discard", "[7]", 400)]
    public async Task What_is_no_selection_is_told(string action, string body, int status)
    {
        await using var world = await World.StartAsync(azurite);
        using var answer = await world.RawAsync(HttpMethod.Post, $"/api/operations/{action}", body);
        Assert.Equal(status, (int)answer.StatusCode);
    }

    [Theory]
    [InlineData("e", "webhook", "e/webhook/*/resend/1")]
    [InlineData("e/webhook/*/resend/1", "webhook", "e/webhook/*/resend/2")]
    [InlineData("e/webhook/shop/resend/2", "webhook", "e/webhook/shop/resend/2/webhook/*/resend/1")]
    public void A_letter_has_one_id_for_each_time(string id, string route, string expected) => Assert.Equal(expected, DeadLetterDesk.AgainId(id, route));

    [Fact]
    public void A_long_id_still_fits() => Assert.InRange(DeadLetterDesk.AgainId(new string('x', 128), "webhook").Length, 1, 128);

    private static JsonObject All() => new() { ["subscription"] = Webhooks, ["all"] = true };

    private static (string, string?)[] Webhook(Subscriber subscriber) =>
        [("Webhook__Subscribers__one__Url", subscriber.Address.ToString()), ("Webhook__Subscribers__one__Secret", "whsec_bm90IGEgc2VjcmV0OiBhIHN1YnNjcmliZXIncyBvd24=")];

    private static async Task DieAsync(World world, int customers)
    {
        for (var i = 0; i < customers; i++)
            await world.WorkAsync(await world.AcceptAsync(MetaCall.Messages(new Said($"m-{i}", $"49151123450{i}", "Die Heizung ist aus.", world.Time.GetUtcNow()))));
        Assert.Equal(0, await world.DrainAsync(bus: false));
        await BuryAsync(world);
    }

    // As if the app had failed at each delivery.
    private static async Task BuryAsync(World world, string subscription = Webhooks)
    {
        while (world.Broker.Counts().FirstOrDefault(c => c.Active > 0) is { } busy)
        {
            var message = await world.Broker.ReceiveAsync(busy.Topic, busy.Subscription, CancellationToken.None);
            if (busy.Subscription == subscription) world.Broker.Abandon(message);
            else world.Broker.Complete(message);
        }
    }
}
