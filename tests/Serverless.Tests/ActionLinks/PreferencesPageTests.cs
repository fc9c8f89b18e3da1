using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Notifications;
using Serverless.Notifications.Preferences;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.ActionLinks;

/// <summary>A person sees and changes what they are told, by the link of each card and mail, and nobody else's.</summary>
public sealed class PreferencesPageTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private const string Secret = "links-are-signed-with-these-forty-chars!";

    [Fact]
    public async Task The_page_works_in_a_browser_in_both_languages_and_for_everybody()
    {
        await using var world = await WorldAsync("http://127.0.0.1:9/");
        var pages = await Browser.RunAsync("tests/Serverless.Tests/ActionLinks/page.mjs", new Dictionary<string, object>
        {
            ["pages"] = new object[]
            {
                new { url = Link(world, "anna"), locale = "de-DE",
                    fill = new { hours = "Mon-Fri 09:00-15:00", language = "en", digestCount = "10" }, press = "Speichern" },
                new { url = Link(world, "anna"), locale = "de-DE", press = "Restore defaults" },
                new { url = Link(world, "bert"), locale = "en-GB", fill = new { hours = "when the sun shines" }, press = "Save" },
                new { url = Link(world, "anna") + "x", locale = "en-GB" },
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
            Assert.DoesNotContain("example.com", page.GetProperty("text").GetString(), StringComparison.Ordinal);
        });
        Assert.Equal(["de", "en", "en", "de"], pages.EnumerateArray().Select(p => p.GetProperty("language").GetString()));
        Assert.Contains("Your changes have been saved", After(pages, 0), StringComparison.Ordinal);
        Assert.Contains("Ihre Änderungen sind gespeichert", After(pages, 1), StringComparison.OrdinalIgnoreCase);
        Assert.Contains("Nothing was changed", After(pages, 2), StringComparison.Ordinal);
        Assert.Equal(404, pages[3].GetProperty("status").GetInt32());
    }

    [Fact]
    public async Task What_was_chosen_holds_and_goes_back_to_the_settings()
    {
        await using var anna = await Subscriber.StartAsync();
        await using var world = await WorldAsync(anna.Address.ToString());
        var link = Link(world, "anna");
        Assert.Equal(HttpStatusCode.OK,
            await PostAsync(world, link, "events=serverless.case.closed.v1&hours=always&language=en&digestCount=0&digestMinutes=60"));
        await ArriveAsync(world, "1");
        Assert.Empty(anna.Told);
        Assert.Equal(HttpStatusCode.OK, await PostAsync(world, link, "reset=yes"));
        await ArriveAsync(world, "2");
        var card = Encoding.UTF8.GetString(Assert.Single(anna.Told).Body);
        Assert.Contains("Neuer Vorgang", JsonDocument.Parse(card).RootElement.GetProperty("attachments")[0].GetProperty("content")
            .GetProperty("body")[0].GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.Contains("/api/recipients/", card, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_changed_an_expired_and_anothers_link_change_nothing()
    {
        await using var world = await WorldAsync("http://127.0.0.1:9/");
        var link = Link(world, "anna");
        const string Form = "events=serverless.case.closed.v1&hours=never&language=en";
        for (var at = link.Length - 1; at > link.Length - 40; at -= 7)
            Assert.Equal(HttpStatusCode.NotFound,
                await PostAsync(world, $"{link[..at]}{(link[at] == 'A' ? 'B' : 'A')}{link[(at + 1)..]}", Form));
        Assert.Equal(HttpStatusCode.NotFound, await PostAsync(world, Link(world, "nobody"), Form));
        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync(world, link, "hours=always&language=en"));
        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync(world, link, "events=serverless.case.closed.v1&hours=sometimes"));
        world.Time.Advance(TimeSpan.FromHours(49));
        Assert.Equal(HttpStatusCode.Gone, await PostAsync(world, link, Form));
        var recipient = await world.Services.GetRequiredService<Recipients>().FindAsync("anna", CancellationToken.None);
        Assert.Equal((Recipient.StepsThatMatter, "always", "de"), (recipient!.Events, recipient.Hours, recipient.Language));
    }

    private async Task<TestApp> WorldAsync(string teams)
    {
        var world = await TestApp.StartAsync(
            azurite, ("Owners__Default", "service"), ("Links__Secret", Secret), ("Links__ValidHours", "48"),
            ("Recipients__Entries__anna__TeamsUrl", teams), ("Recipients__Entries__anna__Owners", "*"),
            ("Recipients__Entries__bert__Email", "bert@example.com"), ("Recipients__Entries__bert__Language", "en"));
        world.Set(("Hooks__PublicBaseUrl", world.Address.ToString()));
        return world;
    }

    private static async Task ArriveAsync(TestApp world, string customer)
    {
        await world.WorkAsync(
            await world.AcceptAsync(
                MetaCall.Messages(new MetaSaid($"m-{customer}", $"491511234567{customer}", "Die Heizung ist aus.",
                    world.Time.GetUtcNow()))));
        Assert.Equal(0, await world.DrainAsync());
    }

    private static string Link(TestApp world, string name) =>
        world.Services.GetRequiredService<NotificationPreferences>().AddressOf(name)!.ToString();

    private static string After(JsonElement pages, int index) => pages[index].GetProperty("after").GetProperty("text").GetString()!;

    private static async Task<HttpStatusCode> PostAsync(TestApp world, string link, string form)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post,
            link) { Content = new StringContent(form, null, "application/x-www-form-urlencoded") };
        using var answer = await world.SendAsync(request);
        return answer.StatusCode;
    }
}
