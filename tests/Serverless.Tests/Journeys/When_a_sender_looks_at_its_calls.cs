using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>A sender is given a link and sees how its last calls fared, without a key and without anybody's data.</summary>
public sealed class When_a_sender_looks_at_its_calls(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private const string Browser = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8";
    private static readonly (string, string?) Secret = ("Diagnostics__Secret", "a-random-text-of-more-than-32-characters");

    [Fact]
    public async Task The_last_fifty_are_shown_with_outcome_reason_clock_length_and_hash()
    {
        var seed = Seed.Of("generic").First(s => s.IsGenuine);
        await using var world = await TestApp.StartAsync(azurite.OwnAccount(), null, new FakeTime(seed.At.AddDays(-3)), Secret,
            ("Channels__Generic__ToleranceMinutes", "5"));
        for (var i = 0; i < 30; i++)
            await SendAsync(world, seed
                with { Headers = [.. seed.Headers.Where(h => !h.Key.Equals("webhook-signature", StringComparison.OrdinalIgnoreCase))] });
        world.Time.Set(seed.At.AddMinutes(-20));
        for (var i = 0; i < 30; i++) await SendAsync(world, seed);
        world.Time.Set(seed.At.AddSeconds(40));
        await SendAsync(world, seed);
        await world.DrainAsync();

        var link = await LinkAsync(world, "generic");
        var calls = (await world.GetAsync(link)).GetProperty("calls").EnumerateArray().ToList();
        Assert.Equal(50, calls.Count);
        Assert.Equal(("worked", -40), (calls[0].GetProperty("state").GetString(), calls[0].GetProperty("clockSeconds").GetInt64()));
        Assert.Equal(("quarantined", "stale", 1200),
            (calls[1].GetProperty("state").GetString(), calls[1].GetProperty("reason").GetString(), calls[1].GetProperty("clockSeconds")
                .GetInt64()));
        Assert.Equal(("signature-missing", false),
            (calls[49].GetProperty("reason").GetString(), calls[49].TryGetProperty("clockSeconds", out _)));
        Assert.All(calls, c =>
            Assert.Equal((seed.Body.Length, Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(seed.Body))),
                (c.GetProperty("bytes").GetInt32(), c.GetProperty("sha256").GetString())));
        Assert.Equal(calls.Select(c => c.GetProperty("at").GetDateTimeOffset()).OrderDescending(),
            calls.Select(c => c.GetProperty("at").GetDateTimeOffset()));

        var (page, _) = await PageAsync(world, link, "en-GB,de;q=0.5");
        foreach (var text in new[] { page, JsonSerializer.Serialize(calls) })
        {
            Assert.DoesNotContain("/api/hooks", text, StringComparison.Ordinal);
            foreach (var contact in seed.Contacts.Select(c => c.GetProperty("contact").GetProperty("externalId").GetString()!))
                Assert.DoesNotContain(contact, text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("de-AT,en;q=0.7", "de", "Letzte Aufrufe")]
    [InlineData("fr,en;q=0.7,de;q=0.3", "en", "Latest calls")]
    [InlineData("", "en", "Latest calls")]
    public async Task A_browser_gets_a_page_without_scripts_in_its_language(string language, string tag, string title)
    {
        await using var world = await TestApp.StartAsync(azurite, Secret);
        await world.SendMetaAsync(MetaCall.Messages(new MetaSaid("wamid.1", "493023125017", "Hallo", world.Time.GetUtcNow())),
            "not the secret");
        var (page, answer) = await PageAsync(world, await LinkAsync(world, "meta"), language);
        Assert.Equal("text/html; charset=utf-8", answer.Content.Headers.ContentType!.ToString());
        Assert.StartsWith("default-src 'none'; style-src 'sha256-", answer.Headers.GetValues("Content-Security-Policy").Single(),
            StringComparison.Ordinal);
        Assert.Equal(("no-referrer", "no-store"),
            (answer.Headers.GetValues("Referrer-Policy").Single(), answer.Headers.CacheControl!.ToString()));
        Assert.Contains($"<html lang=\"{tag}\">", page, StringComparison.Ordinal);
        Assert.Contains(title, page, StringComparison.Ordinal);
        Assert.Contains("<caption", page, StringComparison.Ordinal);
        Assert.Contains("signature-wrong", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("493023125017", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_link_holds_for_its_channel_its_days_and_its_secrets_alone()
    {
        await using var world = await TestApp.StartAsync(azurite, Secret);
        var link = await LinkAsync(world, "meta");
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(world, link));
        foreach (var other in new[] { link.Replace("/meta?", "/generic?", StringComparison.Ordinal),
            link.Replace("token=A", "token=B", StringComparison.Ordinal), link.Split('.')[0], link[..^1], link + "A", link[..^43]
            + new string('!', 43), link[..^43] + new string('=', 43), "/api/diagnostics/meta", "/api/diagnostics/nobody"
            + link[link.IndexOf('?', StringComparison.Ordinal)..] })
            Assert.Equal((HttpStatusCode.NotFound, true), await SaysAsync(world, other, "not valid"));

        world.Set(("Diagnostics__PreviousSecret", Secret.Item2), ("Diagnostics__Secret", "another-random-text-of-more-than-32-characters"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(world, link));
        world.Time.Advance(TimeSpan.FromDays(7));
        Assert.Equal((HttpStatusCode.NotFound, true), await SaysAsync(world, link, "has expired"));
        world.Set(("Diagnostics__PreviousSecret", null));
        Assert.Equal((HttpStatusCode.NotFound, true), await SaysAsync(world, link, "not valid"));
    }

    [Fact]
    public async Task Without_a_secret_or_with_a_slip_there_is_no_link()
    {
        await using var world = await TestApp.StartAsync(azurite);
        Assert.Equal(HttpStatusCode.Conflict, await PostAsync(world, """{"channel":"meta","days":7}"""));
        foreach (var slip in new[] { """{"channel":"nobody"}""", """{"channel":"meta","days":31}""", """{"channel":"meta","days":"7"}""",
            "[]", "no JSON" })
            Assert.Equal(HttpStatusCode.BadRequest, await PostAsync(world, slip));
        Assert.Equal(HttpStatusCode.NotFound,
            await StatusAsync(world, "/api/diagnostics/meta?token=AAAAAGr-3oBtZXRh." + new string('A', 43)));
    }

    private static async Task<string> LinkAsync(TestApp world, string channel)
    {
        var link = await world.ReviewAsync("diagnostics-link", new JsonObject { ["channel"] = channel, ["days"] = 7 });
        return new Uri(link.GetProperty("url").GetString()!).PathAndQuery;
    }

    private static async Task SendAsync(TestApp world, Seed seed)
    {
        using var answer = await world.SendAsync(seed);
        Assert.True(answer.IsSuccessStatusCode);
        world.Time.Advance(TimeSpan.FromMilliseconds(1));
    }

    private static async Task<(string Page, HttpResponseMessage Answer)> PageAsync(TestApp world, string link, string language)
    {
        var answer = await world.SendAsync("GET", link,
            [new("Accept", Browser), .. language.Length == 0 ? [] : new[] { KeyValuePair.Create("Accept-Language", language) }], []);
        return (await answer.TextAsync(), answer);
    }

    private static async Task<HttpStatusCode> StatusAsync(TestApp world, string link) => (await SaysAsync(world, link, "")).Status;

    private static async Task<(HttpStatusCode Status, bool Says)> SaysAsync(TestApp world, string link, string words)
    {
        using var answer = await world.RawAsync(HttpMethod.Get, link);
        return (answer.StatusCode, (await answer.TextAsync()).Contains(words, StringComparison.Ordinal));
    }

    private static async Task<HttpStatusCode> PostAsync(TestApp world, string json)
    {
        using var answer = await world.RawAsync(HttpMethod.Post, "/api/operations/diagnostics-link", json);
        return answer.StatusCode;
    }
}
