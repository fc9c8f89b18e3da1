using System.Net;
using Serverless.Channels;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>A call whose signature does not hold never enters a case; what else becomes of it depends on the source's past and mode
/// (P6).</summary>
public sealed class When_a_call_is_forged(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private static readonly Seed Call = Seed.Of("twilio").Single(s => s.Name == "twilio/01-journey-rings");
    private int _sent;

    private byte[] Body(TestApp world) =>
        MetaCall.Messages(new MetaSaid($"wamid.{++_sent}", "493023125017", "Hallo", world.Time.GetUtcNow()));

    private async Task<(HttpStatusCode Status, string End)> ForgeAsync(TestApp world)
    {
        using var answer = await world.SendMetaAsync(Body(world), "not the secret");
        var end = answer.Headers.TryGetValues("X-Delivery-Id", out var ids) ? await world.EndOfAsync(ids.Single()) : "";
        return (answer.StatusCode, end);
    }

    [Fact]
    public async Task Before_the_first_proof_it_is_kept_and_after_it_refused()
    {
        await using var world = await TestApp.StartAsync(azurite);
        Assert.Equal((HttpStatusCode.OK, "quarantined"), await ForgeAsync(world));
        Assert.Equal("yellow", (await world.HealthAsync("channel:meta")).Status);
        await world.AcceptAsync(Body(world));
        Assert.Equal((HttpStatusCode.Forbidden, "refused"), await ForgeAsync(world));
        Assert.Equal("green", (await world.HealthAsync("channel:meta")).Status);

        await world.DrainAsync();
        Assert.Single((await world.OnlyCaseAsync()).Texts());
        var deliveries = (await world.SummaryAsync()).GetProperty("deliveries");
        Assert.Equal((3, 1, 1, 1),
            (deliveries.GetProperty("total").GetInt32(), deliveries.GetProperty("accepted").GetInt32(),
                deliveries.GetProperty("quarantined").GetInt32(), deliveries.GetProperty("refused").GetInt32()));
    }

    [Theory]
    [InlineData("Observe", HttpStatusCode.OK, "quarantined")]
    [InlineData("Quarantine", HttpStatusCode.OK, "quarantined")]
    [InlineData("Enforce", HttpStatusCode.Forbidden, "refused")]
    public async Task A_mode_that_is_set_holds_before_and_after_the_proof(string mode, HttpStatusCode status, string end)
    {
        await using var world = await TestApp.StartAsync(azurite, ("Channels__Meta__Mode", mode));
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
        await using var world = await TestApp.StartAsync(azurite, ("Channels__Twilio__Mode", mode),
            ("Channels__Twilio__AuthToken", "another-fake-token"));
        using var answer = await world.SendAsync(Call);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(rings, (await answer.TextAsync()).Contains("+442079460111", StringComparison.Ordinal));
        await world.DrainAsync();
        Assert.Empty(await world.CasesAsync());
    }

    [Fact]
    public async Task A_flood_leaves_a_sample_that_counts_for_it()
    {
        await using var world = await TestApp.StartAsync(azurite, ("Receive__QuarantinePerHour", "3"));
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
        await using var world = await TestApp.StartAsync(azurite, ("Receive__QuarantineMegabytesPerHour", "1"));
        var large = new byte[600 * 1024];
        using (var first = await world.SendMetaAsync(large, "not the secret")) Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        using (var second = await world.SendMetaAsync(large, "not the secret")) Assert.Equal(HttpStatusCode.TooManyRequests,
            second.StatusCode);
        Assert.Equal((HttpStatusCode.OK, "quarantined"), await ForgeAsync(world));
    }

    /// <summary>
    /// A sender with a slip in its secret once lost its calls to a flood of strangers', which had used up the hour's limit.
    /// </summary>
    [Fact]
    public async Task What_names_a_source_of_ours_is_kept_while_strangers_flood_and_its_sender_sees_it()
    {
        const string DiagnosticsSecret = "a-random-text-of-more-than-32-characters";
        await using var world = await TestApp.StartAsync(
            azurite, ("Receive__QuarantinePerHour", "3"),
            ("Channels__Generic__Senders__till__Secret", "whsec_bm90IGEgc2VjcmV0OiBhIHRpbGwncyBvd24ga2V5ISE="),
            ("Channels__Generic__Senders__till__Sources", "urn:example:till"), ("Diagnostics__Secret", DiagnosticsSecret));
        async Task<HttpStatusCode> ForgedAsync(string source)
        {
            var text = $$"""{"specversion":"1.0","id":"{{++_sent}}","source":"{{source}}","type":"x"}""";
            var body = System.Text.Encoding.UTF8.GetBytes(text);
            using var answer = await world.SendAsync("POST", "/api/hooks/generic", [new("Content-Type", "application/cloudevents+json")],
                body);
            return answer.StatusCode;
        }

        for (var i = 0; i < 3; i++) Assert.Equal(HttpStatusCode.Accepted, await ForgedAsync("urn:nobody"));
        Assert.Equal(HttpStatusCode.TooManyRequests, await ForgedAsync("urn:nobody"));
        for (var i = 0; i < 2; i++) Assert.Equal(HttpStatusCode.Accepted, await ForgedAsync("urn:example:till/7"));
        for (var i = 0; i < 100; i++) Assert.Equal(HttpStatusCode.TooManyRequests, await ForgedAsync("urn:nobody"));

        async Task<string> LinkAsync(System.Text.Json.Nodes.JsonObject asked) =>
            new Uri((await world.ReviewAsync("diagnostics-link", asked)).GetProperty("url").GetString()!).PathAndQuery;
        var address = await LinkAsync(new() { ["channel"] = "generic", ["source"] = "till" });
        var report = await world.GetAsync(address);
        Assert.Equal("till", report.GetProperty("source").GetString());
        var reasons = report.GetProperty("calls").EnumerateArray().Select(c => c.GetProperty("reason").GetString());
        Assert.Equal(["signature-missing", "signature-missing"], reasons);
        using var other = await world.RawAsync(HttpMethod.Get, address.Replace("source=till&", "", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.NotFound, other.StatusCode);
        var all = (await world.GetAsync(await LinkAsync(new() { ["channel"] = "generic" }))).GetProperty("calls");
        Assert.Contains(all.EnumerateArray(), c => c.TryGetProperty("standsFor", out var calls) && calls.GetInt32() == 50);
    }

    /// <summary>A channel whose settings name accounts, senders or sites tells them apart, from nothing but what a stranger may
    /// send.</summary>
    [Theory]
    [InlineData("discourse")]
    [InlineData("generic")]
    [InlineData("telegram")]
    [InlineData("vonage")]
    [InlineData("x")]
    public async Task A_channel_recognises_the_sources_that_its_settings_name(string name)
    {
        await using var world = await TestApp.StartAsync(azurite, TestApp.EveryChannel);
        var channel = ((ChannelDirectory)world.Services.GetService(typeof(ChannelDirectory))!).Find(name)!;
        var sources = Seed.Of(name).Select(seed => channel.SourceOf(seed.ToDelivery(channel))).ToList();
        Assert.Contains(sources, source => source is not null);
        foreach (var body in new[] { "", "[", "{\"entry\":[{\"id\":7}]}", "{\"for_user_id\":\"\\ud800\"}", new string('[', 9000) })
        {
            Assert.Null(channel.SourceOf(new Delivery
            {
                Id = new string('0', 32),
                Channel = name,
                Method = "POST",
                PathAndQuery = $"/api/hooks/{name}",
                Headers = new Dictionary<string, string>(StringComparer.Ordinal),
                Body = System.Text.Encoding.UTF8.GetBytes(body),
                ReceivedAt = world.Time.GetUtcNow(),
            }));
        }
    }

    /// <summary>
    /// A flood of tokens under keys that nobody knows once turned away the provider's own calls after it had changed its key.
    /// </summary>
    [Fact]
    public async Task Beyond_the_limit_of_unjudged_calls_a_genuine_one_is_judged_at_once()
    {
        await using var api = await Serverless.Tests.Harness.SampleApi.StartAsync();
        await using var world = await azurite.SampleWorldAsync(api, ("Receive__UndecidedPerHour", "100"));
        api.Documents["keys"] = "good rotated";
        async Task<HttpStatusCode> SendAsync(string key)
        {
            using var answer = await world.SendAsync("POST", "/api/hooks/sample", [new("x-sample-key", key)],
                SampleChannel.Body(SampleChannel.Element($"m{++_sent}", world.Time.GetUtcNow())));
            return answer.StatusCode;
        }

        await Task.WhenAll(Enumerable.Range(0, 100).Select(async n => Assert.Equal(HttpStatusCode.OK, await SendAsync($"strange-{n}"))));
        Assert.Equal(HttpStatusCode.OK, await SendAsync("rotated"));
        Assert.NotEqual(HttpStatusCode.OK, await SendAsync("bad"));
        await world.DrainAsync();
        Assert.Single(await world.CasesAsync());
    }

    [Fact]
    public async Task No_more_are_kept_in_an_hour_than_the_cap_and_genuine_calls_and_other_channels_go_on()
    {
        await using var world = await TestApp.StartAsync(azurite, ("Receive__QuarantinePerHour", "3"),
            ("Channels__Twilio__AuthToken", "another-fake-token"));
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
