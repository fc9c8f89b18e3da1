using System.Globalization;
using System.Net;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>Lists of cases by newest, oldest and due, page by page, and the version of a case that two people work at.</summary>
public sealed class When_cases_are_listed(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    [Fact]
    public async Task Oldest_newest_and_due_show_each_case_once_in_order_over_all_owners()
    {
        await using var world = await TestApp.StartAsync(
            azurite, ("Owners__Default", "service"), ("Owners__Entries__309911223344556", "service"), ("Owners__Networks__sms", "texts"));
        // Minutes, days and a year apart, two at once; every third goes to another owner by another channel.
        foreach (var (minutes, n) in new[] { 0, 1, 0, 60, 3000, 1, 500_000, 3 }.Index().Select(i => (i.Item, i.Index)))
        {
            world.Time.Advance(TimeSpan.FromMinutes(minutes) + TimeSpan.FromMilliseconds(1));
            await world.AcceptAsync(MetaCall.Messages(new MetaSaid($"wamid.{n}", (493023125000 + n).ToString(CultureInfo.InvariantCulture),
                "Hallo", world.Time.GetUtcNow())));
            Assert.Equal(0, await world.DrainAsync());
        }

        using (await world.SendAsync(Seed.Of("twilio").Single(s => s.Name == "twilio/18-sms"))) await world.DrainAsync();
        var oldest = await PagesAsync(world, "order=oldest");
        Assert.Equal(9, oldest.Count);
        Assert.Equal(oldest.Order(StringComparer.Ordinal), oldest);
        Assert.Equal(oldest.AsEnumerable().Reverse(), await PagesAsync(world, "order=newest"));
        Assert.Equal(8, (await PagesAsync(world, "order=newest&owner=service")).Count);
        var due = await PagesAsync(world, "order=due&owner=service", "dueAt");
        Assert.Equal(8, due.Count);
        Assert.Equal(due.Order(StringComparer.Ordinal), due);
        var page = await world.GetAsync("/api/cases?order=due&owner=service");
        Assert.False(page.TryGetProperty("truncated", out _));

        foreach (var one in await world.CasesAsync("&owner=service")) await world.CloseAsync(one.CaseId());
        var closed = await PagesAsync(world, "state=closed&order=newest");
        Assert.Equal(8, closed.Count);
        Assert.Equal(closed.OrderDescending(StringComparer.Ordinal), closed);
        Assert.Empty(await PagesAsync(world, "state=closed&owner=texts"));
        Assert.Single(await PagesAsync(world, "order=oldest"));
    }

    [Fact]
    public async Task A_program_that_knows_the_version_hears_304_and_acts_on_no_other()
    {
        await using var world = await TestApp.StartAsync(azurite, ("Owners__Default", "service"));
        await world.AcceptAsync(MetaCall.Messages(new MetaSaid("wamid.1", "493023125017", "Hallo", world.Time.GetUtcNow())));
        await world.DrainAsync();
        var number = (await world.OnlyCaseAsync()).Head("number");
        var (first, tag) = await ShowAsync(world, number, null);
        Assert.Equal(HttpStatusCode.OK, first);
        Assert.Equal((HttpStatusCode.NotModified, tag), await ShowAsync(world, number, tag));
        Assert.Equal((HttpStatusCode.NotModified, tag), await ShowAsync(world, number, $"\"other\", W/{tag}"));

        Assert.Equal(HttpStatusCode.PreconditionFailed, await ActAsync(world, number, "\"another\""));
        Assert.Equal(HttpStatusCode.OK, await ActAsync(world, number, tag));
        Assert.Equal(HttpStatusCode.PreconditionFailed, await ActAsync(world, number, tag));
        Assert.Equal(HttpStatusCode.OK, await ActAsync(world, number, "*"));
        Assert.Equal(HttpStatusCode.NotFound, await ActAsync(world, "no-such-case", tag));
        var (again, other) = await ShowAsync(world, number, tag);
        Assert.Equal(HttpStatusCode.OK, again);
        Assert.NotEqual(tag, other);
    }

    private static async Task<List<string>> PagesAsync(TestApp world, string query, string fact = "openedAt")
    {
        List<(string Id, string Fact)> found = [];
        string? continuation = null;
        do
        {
            var page = await world.GetAsync($"/api/cases?top=2&{query}{(continuation is null ? "" : $"&continuation={continuation}")}");
            foreach (var one in page.GetProperty("cases").EnumerateArray())
            {
                var value = one.TryGetProperty(fact, out var at) ? at.GetDateTimeOffset().ToString("O", CultureInfo.InvariantCulture) : "";
                found.Add((one.GetProperty("id").GetString()!, value));
            }

            continuation = page.TryGetProperty("continuation", out var more) ? more.GetString() : null;
        }
        while (continuation is not null);
        Assert.Equal(found.Count, found.Select(f => f.Id).Distinct(StringComparer.Ordinal).Count());
        return [.. found.Select(f => f.Fact)];
    }

    private static async Task<(HttpStatusCode Status, string Tag)> ShowAsync(TestApp world, string number, string? known)
    {
        using var answer = await world.SendAsync("GET", $"/api/cases/{number}", known is null ? [] : [new("If-None-Match", known)], []);
        return (answer.StatusCode, answer.Headers.ETag!.ToString());
    }

    private static async Task<HttpStatusCode> ActAsync(TestApp world, string number, string match)
    {
        KeyValuePair<string, string>[] headers = [new("If-Match", match), new("Content-Type", "application/json")];
        using var answer = await world.SendAsync("POST", $"/api/cases/{number}/accept", headers, """{"by":"service"}"""u8.ToArray());
        return answer.StatusCode;
    }
}
