using System.Text;
using System.Text.Json;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>A WhatsApp account is disabled at Meta: nobody's messages come any more, and only Meta's own notice says so.</summary>
public sealed class When_an_account_dies(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    [Fact]
    public async Task It_is_told_at_once_and_health_is_red_until_it_is_back()
    {
        await using var world = await TestApp.StartAsync(azurite);
        await NoticeAsync(world,
            """{"event":"DISABLED_UPDATE","ban_info":{"waba_ban_state":"DISABLE","waba_ban_date":"November 20, 2026"}}""",
            "ignored:account-disabled");
        Assert.Equal(["WhatsApp account 204411009988776: It is disabled."], Told(world));
        Assert.Contains("WhatsApp account 204411009988776: Drifted. It is disabled.", (await world.HealthAsync("upkeep")).Says,
            StringComparison.Ordinal);
        Assert.Equal("red", (await world.HealthAsync("upkeep")).Status);

        // A later check finds nothing new, and forgets nothing.
        Assert.True(await world.InvokeAsync("Daily", "timer", new System.Text.Json.Nodes.JsonObject { ["IsPastDue"] = false }));
        Assert.Single(Told(world));

        await NoticeAsync(world, """{"event":"DISABLED_UPDATE","ban_info":{"waba_ban_state":"REINSTATE"}}""", "ignored:account-reinstated");
        Assert.DoesNotContain("WhatsApp account", (await world.HealthAsync("upkeep")).Says, StringComparison.Ordinal);
        Assert.Empty(await world.CasesAsync());
    }

    private static async Task NoticeAsync(TestApp world, string value, string end)
    {
        world.Time.Advance(TimeSpan.FromMinutes(10));
        var delivery =
            await world.AcceptAsync(
                Encoding.UTF8.GetBytes(
                    $$"""{"object":"whatsapp_business_account","entry":[{"id":"204411009988776","changes":[{"field":"account_update","value":{{value}}}]}]}"""));
        Assert.Equal(0, await world.DrainAsync(bus: false));
        Assert.Equal($"ended: {end}", await world.EndOfAsync(delivery));
        world.Time.Advance(TimeSpan.FromMinutes(5));
        Assert.True(await world.TickAsync());
    }

    private static List<string> Told(TestApp world) => [.. world.Broker.Active("case-events", "everything").Select(m =>
    {
        using var json = JsonDocument.Parse(m.Body);
        return (Type: json.RootElement.GetProperty("type").GetString()!, Data: json.RootElement.GetProperty("data").Clone());
    }).Where(e => e.Type == "serverless.channel.drifted.v1").Select(e => $"{e.Data.GetProperty("name")}: {e.Data.GetProperty("detail")}")];
}
