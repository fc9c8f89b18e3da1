using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Serverless.ActionLinks;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.ActionLinks;

/// <summary>
/// From a card or mail a person sees the case and answers the customer: looking changes nothing, an answer goes out once, and what is shown
/// is what is included for them.
/// </summary>
public sealed class AnswerLinkTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private readonly LoopbackNetwork _pigeons = new();

    [Fact]
    public async Task The_pages_work_in_a_browser_in_both_languages_and_for_everybody()
    {
        await using var world = await WorldAsync("text");
        var id = await world.AskAsync("q1");
        var pages = await Browser.RunAsync("tests/Serverless.Tests/ActionLinks/page.mjs", new Dictionary<string, object>
        {
            ["pages"] = new object[]
            {
                new { url = Link(world, id, LinkAction.View), locale = "de-DE" },
                new { url = Link(world, id, LinkAction.View), locale = "en-GB" },
                new { url = Link(world, id, LinkAction.Incident), locale = "de-DE" },
                new { url = Link(world, id, LinkAction.Answer), locale = "de-DE",
                    fill = new { text = "Größe & <b>\"Gruß\"</b>\nzweite Zeile" }, press = "Antwort senden" },
                new { url = Link(world, id, LinkAction.Answer, "another"), locale = "en-GB", fill = new { text = "And once more" },
                    press = "Send reply" },
            },
        });
        Assert.All(pages.EnumerateArray(), page =>
        {
            Assert.Empty(page.GetProperty("accessibility").EnumerateArray());
            Assert.DoesNotContain(page.GetProperty("errors").EnumerateArray(), e =>
                e.GetString()!.Contains("Content Security Policy", StringComparison.Ordinal));
            Assert.All(page.GetProperty("requests").EnumerateArray(), r =>
                Assert.StartsWith(world.Address.ToString(), r.GetString(), StringComparison.Ordinal));
            Assert.False(page.GetProperty("wide").GetBoolean());
        });
        Assert.Equal(["de", "en", "de", "de", "en"], pages.EnumerateArray().Select(p => p.GetProperty("language").GetString()));
        Assert.Contains("Frage", pages[0].GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.Contains("wird gesendet", After(pages, 3), StringComparison.Ordinal);
        Assert.Contains("is being sent", After(pages, 4), StringComparison.Ordinal);
        Assert.Equal(0, await world.DrainAsync());
        Assert.Equal(["And once more", "Größe & <b>\"Gruß\"</b>\nzweite Zeile"], _pigeons.Flown.Select(f => f.Text)
            .Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Looking_changes_nothing_and_sends_nothing_however_often()
    {
        await using var world = await WorldAsync("text");
        var id = await world.AskAsync("q1");
        var before = (await world.CaseAsync(id)).GetRawText();
        foreach (var action in new[] { LinkAction.View, LinkAction.Answer, LinkAction.Incident })
            for (var i = 0; i < 3; i++) Assert.Equal(HttpStatusCode.OK, (await GetAsync(world, Link(world, id, action))).Status);
        // A program that presses what it sees finds nothing to press on the pages that only show.
        foreach (var action in new[] { LinkAction.View, LinkAction.Incident })
            Assert.Equal(HttpStatusCode.OK, (await PostAsync(world, Link(world, id, action), "text=x")).Status);
        Assert.Equal(0, await world.DrainAsync());
        Assert.Equal(before, (await world.CaseAsync(id)).GetRawText());
        Assert.Empty(_pigeons.Flown);
    }

    [Fact]
    public async Task An_answer_goes_out_once_whoever_presses_twice()
    {
        await using var world = await WorldAsync("");
        var id = await world.AskAsync("q1");
        var link = Link(world, id, LinkAction.Answer);
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(n => PostAsync(world, link, $"text=Antwort+{n}")));
        Assert.Single(answers, a => a.Status == HttpStatusCode.OK);
        Assert.All(answers, a => Assert.True(a.Status is HttpStatusCode.OK or HttpStatusCode.Gone));
        var (status, page) = await PostAsync(world, link, "text=Noch+eine");
        Assert.Equal(HttpStatusCode.Gone, status);
        // What was typed is not lost.
        Assert.Contains("Noch eine", page, StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.Gone, false), Form(await GetAsync(world, link)));
        Assert.Equal(0, await world.DrainAsync());
        Assert.StartsWith("Antwort ", Assert.Single(_pigeons.Flown).Text, StringComparison.Ordinal);

        // A second answer by intention: the page of the case has a link of its own for it.
        var seen = WebUtility.HtmlDecode((await GetAsync(world, Link(world, id, LinkAction.View))).Page);
        var next = seen.Split("href=\"").Select(p => p.Split('"')[0]).First(a => a.Contains("/api/links/", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.OK, (await PostAsync(world, next, "text=Nachtrag")).Status);
        Assert.Equal(0, await world.DrainAsync());
        Assert.Equal("Nachtrag", _pigeons.Flown.Last().Text);
    }

    [Theory]
    [InlineData("text=")]
    [InlineData("text=%20%0D%0A")]
    [InlineData("nothing=here")]
    public async Task An_empty_answer_is_asked_for_and_the_link_stays_good(string form)
    {
        await using var world = await WorldAsync("");
        var id = await world.AskAsync("q1");
        Assert.Equal(HttpStatusCode.BadRequest, (await PostAsync(world, Link(world, id, LinkAction.Answer), form)).Status);
        Assert.Equal(HttpStatusCode.BadRequest,
            (await PostAsync(world, Link(world, id, LinkAction.Answer), "text="
                + new string('x', ActionLinkViews.LongestText + 1))).Status);
        Assert.Equal((HttpStatusCode.OK, true), Form(await GetAsync(world, Link(world, id, LinkAction.Answer))));
    }

    [Fact]
    public async Task What_is_shown_is_what_is_included_now_and_nothing_once_a_recipient_is_gone()
    {
        await using var world = await WorldAsync("");
        await world.PigeonAsync(new { id = "q1", customer = "anna", text = "<script>alert('Geheim')</script>", at = world.Time.GetUtcNow(),
            mark = "subject=Betreffzeile" });
        var id = (await world.OnlyCaseAsync()).CaseId();
        foreach (var action in new[] { LinkAction.View, LinkAction.Answer })
        {
            var link = Link(world, id, action);
            var page = (await GetAsync(world, link)).Page;
            Assert.DoesNotContain("Geheim", page, StringComparison.Ordinal);
            Assert.DoesNotContain("Betreffzeile", page, StringComparison.Ordinal);
            world.Set(("Recipients__Entries__service__Include", "subject,text"));
            page = (await GetAsync(world, link)).Page;
            Assert.Contains("&lt;script&gt;alert(&#39;Geheim&#39;)&lt;/script&gt;", page, StringComparison.Ordinal);
            Assert.Contains("Betreffzeile", page, StringComparison.Ordinal);
            Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
            world.Set(("Recipients__Entries__service__Include", ""));
        }

        // Somebody who is not told any more holds a link of old.
        var stranger = world.Services.GetRequiredService<ActionLinkTokens>();
        foreach (var action in new[] { LinkAction.View, LinkAction.Answer, LinkAction.Incident })
            Assert.Equal(HttpStatusCode.NotFound,
                (await GetAsync(world, stranger.AddressOf(new ActionLink(id, action, "gone", "event"))!.ToString())).Status);
        Assert.Equal(HttpStatusCode.NotFound,
            (await PostAsync(world, stranger.AddressOf(new ActionLink(id, LinkAction.Answer, "gone", "event"))!.ToString(),
            "text=x")).Status);
        Assert.Equal(0, await world.DrainAsync());
        Assert.Empty(_pigeons.Flown);
    }

    [Fact]
    public async Task Where_no_answer_can_go_out_the_page_says_why_and_keeps_the_text()
    {
        await using var world = await WorldAsync("");
        var id = await world.AskAsync("q1");
        var link = Link(world, id, LinkAction.Answer);
        world.Time.Advance(TimeSpan.FromHours(25));
        var (status, page) = await PostAsync(world, link, "text=Zu+sp%C3%A4t");
        Assert.Equal(HttpStatusCode.Conflict, status);
        Assert.Contains("Die Antwortfrist ist abgelaufen", page, StringComparison.Ordinal);
        Assert.Contains("Zu sp&#228;t", page, StringComparison.Ordinal);

        await world.PigeonAsync(new { id = "q2", customer = "bert", text = "Frage", at = world.Time.GetUtcNow(), way = "none" });
        var other = (await world.CasesAsync()).Select(c => c.CaseId()).Single(c => c != id);
        Assert.Contains("Eine Antwort ist nicht m&#246;glich", (await GetAsync(world, Link(world, other, LinkAction.Answer))).Page,
            StringComparison.Ordinal);
        Assert.DoesNotContain(">Antworten<", (await GetAsync(world, Link(world, other, LinkAction.View))).Page, StringComparison.Ordinal);

        await world.CloseAsync(id);
        Assert.Equal(HttpStatusCode.Gone, (await GetAsync(world, link)).Status);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(world, Link(world, id, LinkAction.View))).Status);
        Assert.Equal(0, await world.DrainAsync());
        Assert.Empty(_pigeons.Flown);
    }

    [Fact]
    public async Task A_public_answer_warns_and_links_of_a_page_end_with_it()
    {
        await using var world = await WorldAsync("");
        await world.PigeonAsync(new { id = "q1", customer = "anna", text = "Frage", at = world.Time.GetUtcNow(), place = "Public",
            kind = "Comment" });
        var id = (await world.OnlyCaseAsync()).CaseId();
        Assert.Contains("Diese Antwort ist &#246;ffentlich", (await GetAsync(world, Link(world, id, LinkAction.Answer))).Page,
            StringComparison.Ordinal);
        var view = Link(world, id, LinkAction.View);
        world.Time.Advance(TimeSpan.FromHours(20));
        var inner = WebUtility.HtmlDecode((await GetAsync(world, view)).Page).Split("href=\"").Select(p => p.Split('"')[0])
            .First(a => a.Contains("/api/links/", StringComparison.Ordinal));
        world.Time.Advance(TimeSpan.FromHours(29));
        Assert.Equal(HttpStatusCode.Gone, (await GetAsync(world, view)).Status);
        Assert.Equal(HttpStatusCode.Gone, (await PostAsync(world, inner, "text=x")).Status);
    }

    private async Task<TestApp> WorldAsync(string include)
    {
        var world = await TestApp.StartAsync(
            azurite, _pigeons.Add, ("Owners__Default", "service"), ("Links__Secret", "links-are-signed-with-these-forty-chars!"),
                ("Links__ValidHours", "48"),
            ("Recipients__Entries__service__TeamsUrl", "http://127.0.0.1:9/"), ("Recipients__Entries__service__Include", include),
                ("AzureWebJobs.NotifyTeams.Disabled", "true"));
        world.Set(("Hooks__PublicBaseUrl", world.Address.ToString()));
        return world;
    }

    private static string Link(TestApp world, string id, LinkAction action, string cause = "event") =>
        world.Services.GetRequiredService<ActionLinkTokens>().AddressOf(new ActionLink(id, action, "service", cause))!.ToString();

    private static string After(JsonElement pages, int index) => pages[index].GetProperty("after").GetProperty("text").GetString()!;

    private static (HttpStatusCode, bool) Form((HttpStatusCode Status, string Page) answer) =>
        (answer.Status, answer.Page.Contains("<form", StringComparison.Ordinal));

    private static async Task<(HttpStatusCode Status, string Page)> GetAsync(TestApp world, string link)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, link);
        using var answer = await world.SendAsync(request);
        return (answer.StatusCode, await answer.TextAsync());
    }

    private static async Task<(HttpStatusCode Status, string Page)> PostAsync(TestApp world, string link, string form)
    {
        using var content = new StringContent(form, null, "application/x-www-form-urlencoded");
        using var request = new HttpRequestMessage(HttpMethod.Post, link) { Content = content };
        using var answer = await world.SendAsync(request);
        return (answer.StatusCode, await answer.TextAsync());
    }
}
