using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Platform.Messaging;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Operations;

/// <summary>Whatever a person sends again, discards or changes leaves a row: who, what, on what, how many.</summary>
public sealed class AuditTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    [Fact]
    public async Task Kept_messages_and_notices_singly_and_in_bulk()
    {
        await using var down = await Subscriber.StartAsync(Subscriber.Status(413));
        await using var world = await TestApp.StartAsync(azurite);
        await world.SubscribeAsync("down", down.Address, """ "types":["serverless.case.opened.v1"] """);
        foreach (var customer in new[] { "1", "2" })
            await world.AcceptAsync(
                MetaCall.Messages(new MetaSaid($"m-{customer}", $"491511234567{customer}", "Die Heizung ist aus.",
                    world.Time.GetUtcNow())));
        Assert.Equal(0, await world.DrainAsync());
        foreach (var text in new[] { "one", "two", "three" })
            await world.Services.GetRequiredService<PoisonMessages>().KeepAsync("inbound", text, "test", CancellationToken.None);
        var kept = (await world.GetAsync("/api/operations/poison-messages?queue=inbound")).GetProperty("messages")[0].GetProperty("id")
            .GetString()!;
        var notice = (await world.GetAsync("/api/operations/notices?state=failed"))[0].GetProperty("eventId").GetString()!;

        world.Time.Advance(TimeSpan.FromMilliseconds(1));
        await world.ReviewAsync("poison-messages/resubmit", new JsonObject { ["queue"] = "inbound", ["id"] = kept, ["by"] = "anna" });
        Assert.Equal(("resubmit", "inbound", kept, "anna", "cut=0 done=1"), await LatestAsync(world));
        await world.ReviewAsync("poison-messages/discard", new JsonObject { ["queue"] = "inbound", ["all"] = true, ["by"] = "ben" });
        Assert.Equal(("discard", "inbound", $"before {world.Time.GetUtcNow():O}", "ben", "cut=0 done=2"), await LatestAsync(world));
        await world.ReviewAsync("notices/resend",
            new JsonObject { ["event"] = notice, ["route"] = "webhook", ["target"] = "down", ["by"] = "anna" });
        Assert.Equal(("resend", "notices", $"{notice}/webhook/down", "anna", "forgotten=0 sent=1 void=0"), await LatestAsync(world));
        Assert.Equal(0, await world.DrainAsync());
        await world.ReviewAsync("notices/resend", new JsonObject { ["day"] = "2026-11-20" });
        Assert.Equal(("resend", "notices", "", "", "forgotten=0 sent=2 void=0"), await LatestAsync(world) with { On = "" });
    }

    [Fact]
    public async Task What_somebody_does_to_a_subscription()
    {
        await using var crm = await Subscriber.StartAsync();
        await using var world = await TestApp.StartAsync(azurite);
        await world.SubscribeAsync("crm", crm.Address);
        Assert.Equal(("subscription-make", "webhook", "crm", "", "status=201"), await LatestAsync(world));
        await world.ChangeSubscriptionAsync("crm", "\"7\"", """{"networks":null}""");
        Assert.Equal(("subscription-change", "webhook", "crm", "", "status=412"), await LatestAsync(world));
        foreach (var step in new[] { "rotate", "pause", "resume" })
        {
            await world.SubscriptionStepAsync($"crm/{step}");
            Assert.Equal(($"subscription-{step}", "webhook", "crm", "", "status=200"), await LatestAsync(world));
        }

        await world.AcceptAsync(MetaCall.Messages(new MetaSaid("m-1", "4915112345671", "Die Heizung ist aus.", world.Time.GetUtcNow())));
        Assert.Equal(0, await world.DrainAsync());
        await world.SubscriptionStepAsync("crm/redeliver",
            $$"""{"from":"{{world.Time.GetUtcNow().AddHours(-1):O}}","to":"{{world.Time.GetUtcNow().AddHours(1):O}}","state":"all"}""");
        Assert.Equal(("subscription-redeliver", "webhook", "crm", "", "queued=1 status=200 unknown=0"), await LatestAsync(world));
        using var gone = await world.RawAsync(HttpMethod.Delete, $"{SubscriptionSteps.Path}/crm");
        Assert.Equal(("subscription-delete", "webhook", "crm", "", "status=204"), await LatestAsync(world));
    }

    [Theory]
    [InlineData(null, "claims to be anna")]
    [InlineData("true", "ada@example.com (claims to be anna)")]
    public async Task Who_is_the_principal_where_the_platform_proves_it_and_else_what_they_say(string? proves, string by)
    {
        await using var world = await TestApp.StartAsync(azurite, ("WEBSITE_AUTH_ENABLED", proves));
        using var request = new HttpRequestMessage(HttpMethod.Post,
            new Uri("/api/operations/poison-messages/discard",
                UriKind.Relative)) { Content = new StringContent("""{"queue":"inbound","all":true,"by":"claims to be anna"}""") };
        request.Headers.Add("X-MS-CLIENT-PRINCIPAL-NAME", "ada@example.com");
        using var answer = await world.SendAsync(request);
        Assert.True(answer.IsSuccessStatusCode);
        Assert.Equal(by, (await LatestAsync(world)).By);
    }

    // The latest action, and what it met in order of the words. Actions of one instant have no order.
    private static async Task<(string What, string Channel, string On, string By, string Counts)> LatestAsync(TestApp world)
    {
        var action = (await world.GetAsync("/api/operations/actions?month=2026-11")).GetProperty("actions")[0];
        string Text(string name) => action.TryGetProperty(name, out var value) ? value.GetString() ?? "" : "";
        var counts = action.GetProperty("counts").EnumerateObject().OrderBy(c => c.Name, StringComparer.Ordinal)
            .Select(c => $"{c.Name}={c.Value.GetInt32()}");
        world.Time.Advance(TimeSpan.FromMilliseconds(1));
        return (Text("what"), Text("channel"), Text("on"), Text("by"), string.Join(' ', counts));
    }
}
