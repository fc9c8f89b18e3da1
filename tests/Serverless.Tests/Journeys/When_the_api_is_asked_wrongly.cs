using System.Net;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>
/// Slips of people and programs that use our own API hear what is right: 400, 404 or 405 with a sentence, never 500, and never the first
/// page again.
/// </summary>
public sealed class When_the_api_is_asked_wrongly(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private static readonly string Long = new('x', 700);

    [Fact]
    public async Task Dates_names_and_states_out_of_range_are_400_and_what_cannot_be_there_404()
    {
        await using var world = await TestApp.StartAsync(azurite);
        await world.AcceptAsync(MetaCall.Messages(new MetaSaid("wamid.1", "493023125017", "Hallo", world.Time.GetUtcNow())));
        await world.DrainAsync();
        var id = new string('0', 32);
        string[] bad =
        [
            "cases?dueBefore=0001-01-01", "cases?dueBefore=9999-12-31T23:59:59Z", "cases?dueBefore=soon",
            "cases?state=closed&month=0001-01", "cases?state=closed&month=9999-12", "cases?state=half-open", "cases?top=0",
            "cases?top=101", "cases?order=random", "cases?order=due", $"cases?owner={Long}", "cases?owner=a%0Ab", $"cases?network={Long}",
            "operations/notices?day=9999-12-31",
            "operations/notices?day=0001-01-01", "operations/notices?state=lost", "operations/actions?month=9999-12",
            "operations/actions?month=11-2026", "operations/quarantine?channel=meta&day=9999-12-31", "operations/quarantine?channel=nobody",
            "operations/poison-messages?top=1000", "operations/summary?hours=100000",
        ];
        string[] none =
        [
            $"cases/{Long}", "cases/ABCD-EFGH", $"operations/deliveries/{Long}/{id}", $"operations/deliveries/me%23ta/{id}",
            $"operations/privacy/{Long}", $"subscriptions/{Long}", "subscriptions/a%3Fb", $"cases/{Long}/attachments/{Long}",
            $"operations/quarantine/{Long}/{id}",
        ];
        var slips = bad.Select(path => (path, HttpStatusCode.BadRequest)).Concat(none.Select(path => (path, HttpStatusCode.NotFound)));
        foreach (var (path, status) in slips)
        {
            using var answer = await world.RawAsync(HttpMethod.Get, $"/api/{path}");
            var text = await answer.TextAsync();
            Assert.True(answer.StatusCode == status, $"{path[..Math.Min(60, path.Length)]}: {answer.StatusCode} {text}");
            Assert.True(text.Length > 20, path);
        }

        Assert.DoesNotContain(world.Log.Lines, line => line.Contains(" failed: ", StringComparison.Ordinal));
    }

    /// <summary>A spoiled continuation once gave the first page again, so that a program that follows pages went round for ever.</summary>
    [Theory]
    [InlineData("cases?continuation=")]
    [InlineData("cases?order=newest&continuation=")]
    [InlineData("cases?order=due&owner=service-desk&continuation=")]
    [InlineData("cases?state=closed&continuation=")]
    [InlineData("operations/actions?continuation=")]
    [InlineData("operations/quarantine?channel=meta&continuation=")]
    [InlineData("operations/poison-messages?continuation=")]
    public async Task A_spoiled_continuation_is_400(string path)
    {
        await using var world = await TestApp.StartAsync(azurite);
        foreach (var spoiled in new[] { "0.", "7.", "x", "b28yMDI2", "-1.AAAA", "AAAA", "%20" })
        {
            using var answer = await world.RawAsync(HttpMethod.Get, $"/api/{path}{spoiled}");
            // Of a walk through shards the number of one is a place.
            var isPlace = spoiled is "0." or "7." && path.Contains("quarantine", StringComparison.Ordinal);
            Assert.Equal(isPlace ? HttpStatusCode.OK : HttpStatusCode.BadRequest, answer.StatusCode);
        }
    }

    [Theory]
    [InlineData("GET", "/api/cases/1/accept", "POST")]
    [InlineData("DELETE", "/api/cases", "GET")]
    [InlineData("PUT", "/api/subscriptions/shop", "GET, PATCH, DELETE")]
    [InlineData("POST", "/api/health", "GET")]
    [InlineData("GET", "/api/operations/privacy/erase/", null)]
    public async Task A_wrong_method_says_which_are_right(string method, string path, string? allowed)
    {
        await using var world = await TestApp.StartAsync(azurite);
        using var answer = await world.RawAsync(new HttpMethod(method), path);
        // An order may have any name, so its GET is the one that answers.
        Assert.Equal(allowed is null ? HttpStatusCode.NotFound : HttpStatusCode.MethodNotAllowed, answer.StatusCode);
        if (allowed is null) return;
        Assert.Equal(allowed.Split(", ").Order(StringComparer.Ordinal), answer.Content.Headers.Allow.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("/api/nothing", "GET /api/health")]
    [InlineData("/api", "GET /api/health")]
    [InlineData("/api/cases/1/sell", "POST /api/cases/{id}/accept")]
    [InlineData("/api/hooks", "POST, OPTIONS /api/hooks/{channel}/{rest}")]
    [InlineData("/api/operations/nothing/at/all", "GET /api/operations/summary")]
    public async Task An_address_that_is_not_there_says_what_is_near(string path, string near)
    {
        await using var world = await TestApp.StartAsync(azurite);
        using var answer = await world.RawAsync(HttpMethod.Post, path, "{}");
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        var text = await answer.TextAsync();
        Assert.Contains("Known:", text, StringComparison.Ordinal);
        if (!text.Contains("and more", StringComparison.Ordinal)) Assert.Contains(near, text, StringComparison.Ordinal);
    }
}
