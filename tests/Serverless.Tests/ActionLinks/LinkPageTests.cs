using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Serverless.ActionLinks;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.ActionLinks;

/// <summary>People act on a case from a card or mail, in a real browser: looking changes nothing, pressing acts once.</summary>
public sealed class LinkPageTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private const string Secret = "links-are-signed-with-these-forty-chars!";

    [Fact]
    public async Task The_pages_work_in_a_browser_in_both_languages_and_for_everybody()
    {
        await using var world = await WorldAsync();
        var (accepted, handed, closed) = (await OpenAsync(world, "1"), await OpenAsync(world, "2"), await OpenAsync(world, "3"));
        var pages = await Browser.RunAsync("tests/Serverless.Tests/ActionLinks/page.mjs", new Dictionary<string, object>
        {
            ["pages"] = new object[]
            {
                new { url = Link(world, accepted, LinkAction.Accept), locale = "de-DE", press = "Annehmen" },
                new { url = Link(world, handed, LinkAction.HandOver), locale = "en-GB",
                    fill = new { to = "workshop", why = "needs a <b>technician</b>" }, press = "Offer case" },
                new { url = Link(world, closed, LinkAction.Done), locale = "en-GB", press = "Cause unknown" },
                new { url = Link(world, accepted, LinkAction.Accept) + "x", locale = "fr-FR" },
            },
        });
        Assert.All(pages.EnumerateArray(), page =>
        {
            Assert.Empty(page.GetProperty("accessibility").EnumerateArray());
            // 404 and 410 are lines of the console; a blocked style or script would be others.
            Assert.DoesNotContain(page.GetProperty("errors").EnumerateArray(), e =>
                e.GetString()!.Contains("Content Security Policy", StringComparison.Ordinal));
            Assert.All(page.GetProperty("requests").EnumerateArray(), r =>
                Assert.StartsWith(world.Address.ToString(), r.GetString(), StringComparison.Ordinal));
            Assert.False(page.GetProperty("wide").GetBoolean());
        });
        Assert.Equal(["de", "en", "en", "en"], pages.EnumerateArray().Select(p => p.GetProperty("language").GetString()));
        Assert.Contains("Sie haben den Vorgang angenommen", After(pages, 0), StringComparison.Ordinal);
        Assert.Contains("The case has been offered", After(pages, 1), StringComparison.Ordinal);
        Assert.Contains("The case is closed", After(pages, 2), StringComparison.Ordinal);
        Assert.Contains("does not work", pages[3].GetProperty("text").GetString(), StringComparison.Ordinal);

        Assert.Equal("service", (await world.CaseAsync(accepted)).Head("acceptedBy"));
        Assert.Equal("needs a <b>technician</b>", (await world.CaseAsync(handed)).GetProperty("case").GetProperty("handOver")
            .GetProperty("why").GetString());
        Assert.Equal(("closed", "unknown"), ((await world.CaseAsync(closed)).Head("state"), (await world.CaseAsync(closed)).Head("cause")));
    }

    [Fact]
    public async Task Looking_at_a_link_changes_nothing_however_often()
    {
        await using var world = await WorldAsync();
        var id = await OpenAsync(world, "1");
        foreach (var action in new[] { LinkAction.Accept, LinkAction.HandOver, LinkAction.Done })
            for (var i = 0; i < 3; i++) Assert.Equal((HttpStatusCode.OK, true), await GetAsync(world, Link(world, id, action)));
        var head = await world.CaseAsync(id);
        Assert.Equal(("open", "", "", "1"), (head.Head("state"), head.Head("acceptedBy"), head.Head("handOver"), head.Head("version")));
    }

    [Fact]
    public async Task A_link_acts_once_and_then_says_so()
    {
        await using var world = await WorldAsync();
        var id = await OpenAsync(world, "1");
        var link = Link(world, id, LinkAction.Accept);
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => PostAsync(world, link, "")));
        Assert.Contains(HttpStatusCode.OK, answers);
        Assert.All(answers, a => Assert.True(a is HttpStatusCode.OK or HttpStatusCode.Gone));
        Assert.Equal(HttpStatusCode.Gone, await PostAsync(world, link, ""));
        Assert.Equal((HttpStatusCode.Gone, false), await GetAsync(world, link));
        Assert.Single(world.Told(), t => t.Type == "serverless.case.accepted.v1");
    }

    [Fact]
    public async Task An_expired_or_changed_link_changes_nothing()
    {
        await using var world = await WorldAsync();
        var id = await OpenAsync(world, "1");
        var link = Link(world, id, LinkAction.Done);
        for (var at = link.Length - 1; at > link.Length - 60; at -= 7)
            Assert.Equal(HttpStatusCode.NotFound,
                await PostAsync(world, $"{link[..at]}{(link[at] == 'A' ? 'B' : 'A')}{link[(at + 1)..]}", "cause=unknown"));
        world.Time.Advance(TimeSpan.FromHours(49));
        Assert.Equal(HttpStatusCode.Gone, await PostAsync(world, link, "cause=unknown"));
        Assert.Equal("open", (await world.CaseAsync(id)).Head("state"));
    }

    [Fact]
    public async Task A_rotated_secret_still_opens_older_links_and_a_forgotten_one_does_not()
    {
        await using var world = await WorldAsync();
        var id = await OpenAsync(world, "1");
        var link = Link(world, id, LinkAction.Accept);
        world.Set(("Links__Secret", Secret.ToUpperInvariant()), ("Links__PreviousSecret", Secret));
        Assert.Equal((HttpStatusCode.OK, true), await GetAsync(world, link));
        world.Set(("Links__PreviousSecret", null));
        Assert.Equal((HttpStatusCode.NotFound, false), await GetAsync(world, link));
    }

    [Theory]
    [InlineData(LinkAction.HandOver, "to=nobody-of-ours&why=because")]
    [InlineData(LinkAction.HandOver, "to=workshop&why=")]
    [InlineData(LinkAction.Done, "cause=%20")]
    public async Task A_missing_field_is_asked_for_and_the_link_stays_good(LinkAction action, string form)
    {
        await using var world = await WorldAsync();
        var id = await OpenAsync(world, "1");
        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync(world, Link(world, id, action), form));
        Assert.Equal((HttpStatusCode.OK, true), await GetAsync(world, Link(world, id, action)));
    }

    [Fact]
    public async Task Without_a_secret_there_are_no_links()
    {
        await using var world = await TestApp.StartAsync(azurite, ("Hooks__PublicBaseUrl", "https://contact.example.com"));
        Assert.Null(world.Services.GetRequiredService<ActionLinkTokens>()
            .AddressOf(new ActionLink("a", LinkAction.Accept, "service", "e")));
        Assert.Contains(world.Services.GetRequiredService<ActionLinkTokens>().Problems(), p =>
            p.Contains("Links__Secret", StringComparison.Ordinal));
    }

    private Task<TestApp> WorldAsync() => TestApp.StartAsync(
        azurite, ("Owners__Default", "service"), ("Owners__Networks__voice", "workshop"), ("Links__Secret", Secret),
        ("Links__ValidHours", "48"));

    private static async Task<string> OpenAsync(TestApp world, string customer)
    {
        world.Set(("Hooks__PublicBaseUrl", world.Address.ToString()));
        await world.WorkAsync(
            await world.AcceptAsync(
                MetaCall.Messages(new MetaSaid($"m-{customer}", $"491511234567{customer}", "Die Heizung ist aus.",
                    world.Time.GetUtcNow()))));
        return (await world.CasesAsync()).Select(c => c.CaseId()).Except(Known(world)).Single();
    }

    private static IEnumerable<string> Known(TestApp world) =>
        world.Told().Select(t => t.CaseId).Distinct(StringComparer.Ordinal).SkipLast(1);

    private static string Link(TestApp world, string id, LinkAction action) =>
        world.Services.GetRequiredService<ActionLinkTokens>()
        .AddressOf(new ActionLink(id, action, "service", $"event-{action}"))!.ToString();

    private static string After(JsonElement pages, int index) => pages[index].GetProperty("after").GetProperty("text").GetString()!;

    private static async Task<(HttpStatusCode Status, bool Form)> GetAsync(TestApp world, string link)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, link);
        using var answer = await world.SendAsync(request);
        return (answer.StatusCode, (await answer.TextAsync()).Contains("<form", StringComparison.Ordinal));
    }

    private static async Task<HttpStatusCode> PostAsync(TestApp world, string link, string form)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post,
            link) { Content = new StringContent(form, null, "application/x-www-form-urlencoded") };
        using var answer = await world.SendAsync(request);
        return answer.StatusCode;
    }
}
