using System.Net;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>One channel lacks something or was never configured; its neighbours do not notice (P13).</summary>
public sealed class When_one_channel_is_broken(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private static readonly Seed Sms = Seed.Of("twilio").Single(s => s.Name == "twilio/18-sms");

    private static byte[] Body(TestApp world) =>
        MetaCall.Messages(new MetaSaid("wamid.1", "493023125017", "Hallo", world.Time.GetUtcNow()));

    [Fact]
    public async Task Without_its_secret_it_answers_503_and_health_names_the_setting()
    {
        await using var world = await TestApp.StartAsync(azurite, ("Channels__Meta__AppSecret", null));
        using var shut = await world.SendMetaAsync(Body(world));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, shut.StatusCode);
        Assert.Contains("a setting is missing", await shut.TextAsync(), StringComparison.Ordinal);
        var (status, says) = await world.HealthAsync("channel:meta");
        Assert.Equal("red", status);
        Assert.Contains("Channels__Meta__AppSecret is missing", says, StringComparison.Ordinal);
        await OthersGoOnAsync(world);

        world.Set(("Channels__Meta__AppSecret", MetaCall.Secret));
        await world.AcceptAsync(Body(world));
        Assert.Equal("green", (await world.HealthAsync("channel:meta")).Status);
    }

    [Theory]
    [InlineData("Channels__Meta__Mode", "sometimes")]
    [InlineData("Channels__Meta__Paused", "perhaps")]
    public async Task With_a_setting_that_cannot_be_read_it_is_shut_alone(string setting, string value)
    {
        await using var world = await TestApp.StartAsync(azurite, (setting, value));
        using var shut = await world.SendMetaAsync(Body(world));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, shut.StatusCode);
        var (status, says) = await world.HealthAsync("channel:meta");
        Assert.Equal("red", status);
        Assert.Contains(setting.Replace("__", ":", StringComparison.Ordinal), says, StringComparison.Ordinal);
        await OthersGoOnAsync(world);
        Assert.True(await world.TickAsync());
    }

    [Fact]
    public async Task Never_configured_it_is_not_there()
    {
        await using var world = await TestApp.StartAsync(azurite, ("Channels__Meta__Enabled", "false"));
        using var off = await world.SendMetaAsync(Body(world));
        using var unknown = await world.RawAsync(HttpMethod.Post, "/api/hooks/fax", "{}");
        foreach (var answer in new[] { off, unknown })
        {
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
            Assert.Contains("There is no such channel here.", await answer.TextAsync(), StringComparison.Ordinal);
        }

        Assert.Equal("off", (await world.HealthAsync("channel:meta")).Status);
        await OthersGoOnAsync(world);
    }

    [Theory]
    [InlineData("meta")]
    [InlineData("twilio/voice")]
    [InlineData("generic")]
    public async Task Somebody_who_looks_with_a_browser_reads_one_plain_sentence(string address)
    {
        await using var world = await TestApp.StartAsync(azurite);
        using var answer = await world.RawAsync(HttpMethod.Get, $"/api/hooks/{address}");
        var text = await answer.TextAsync();
        Assert.Equal("text/plain", answer.Content.Headers.ContentType?.MediaType);
        Assert.Matches("^[A-Z][^\n]{20,200}[.]$", text);
        Assert.Equal(0, (await world.SummaryAsync()).GetProperty("deliveries").GetProperty("total").GetInt32());
    }

    private static async Task OthersGoOnAsync(TestApp world)
    {
        using var sms = await world.SendAsync(Sms);
        Assert.Equal(HttpStatusCode.OK, sms.StatusCode);
        await world.DrainAsync();
        Assert.Equal("ended: case", await world.EndOfAsync(sms.Headers.GetValues("X-Delivery-Id").Single(), "twilio"));
    }
}
