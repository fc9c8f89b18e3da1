using System.Text.Json;
using Serverless.Notices.Teams;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Notices;

/// <summary>The card in Teams: what every route promises, and that a person can read it and act by it.</summary>
public sealed class TeamsConformance(AzuriteFixture azurite) : RouteConformance(azurite), IClassFixture<AzuriteFixture>
{
    protected override string Route => "teams";

    protected override string Function => "NotifyTeams";

    protected override (string Name, string? Value)[] Target(string name, Uri address, string events = "*") =>
    [
        ($"Recipients__Entries__{name}__TeamsUrl", address.ToString()), ($"Recipients__Entries__{name}__Owners", "*"), ($"Recipients__Entries__{name}__Events", events), ("Notices__BurstCount", "0"),
    ];

    protected override (string Name, string? Value)[] AskingForText(string name) => [($"Recipients__Entries__{name}__Include", "text")];

    protected override string IdOf(RecordedRequest request) => request.Headers["x-event-id"];

    [Fact]
    public async Task The_card_names_the_case_and_carries_links_and_shows_words_only_when_asked()
    {
        await using var plain = await Subscriber.StartAsync(Subscriber.Status(202));
        await using var full = await Subscriber.StartAsync(Subscriber.Status(202));
        await using var world = await StartAsync(
            Target("plain", plain.Address), Target("full", full.Address), AskingForText("full"),
            [("Recipients__Entries__full__Language", "en"), ("Hooks__PublicBaseUrl", "https://contact.example.com"), ("Links__Secret", "links-are-signed-with-these-forty-chars!")]);
        await TellAsync(world);
        var number = (await world.OnlyCaseAsync()).Head("number");
        var (german, english) = (Card(plain.Told[0]), Card(full.Told[0]));
        Assert.Equal($"Neuer Vorgang {number}", german.GetProperty("body")[0].GetProperty("text").GetString());
        Assert.Equal($"New case {number}", english.GetProperty("body")[0].GetProperty("text").GetString());
        Assert.DoesNotContain("hlschrank", german.ToString(), StringComparison.Ordinal);
        Assert.Contains("hlschrank", english.ToString(), StringComparison.Ordinal);
        Assert.Equal(["Ich kümmere mich", "Weitergeben", "Abschließen", "Meine Meldungen ändern"], german.GetProperty("actions").EnumerateArray().Select(a => a.GetProperty("title").GetString()));
        Assert.All(german.GetProperty("actions").EnumerateArray().Take(3), a => Assert.StartsWith("https://contact.example.com/api/links/", a.GetProperty("url").GetString(), StringComparison.Ordinal));
        Assert.Equal("1.4", german.GetProperty("version").GetString());
    }

    [Fact]
    public void A_card_is_never_larger_than_Teams_takes_and_words_are_no_markdown()
    {
        var told = new Serverless.Notices.Told("Fall", [("Name", "x")], new string('ü', 20_000), []);
        Assert.InRange(AdaptiveCard.Of(told).Length, 1, AdaptiveCard.MostBytes);
        Assert.InRange(AdaptiveCard.Of(new Serverless.Notices.Told("200", [], null, []), [.. Enumerable.Repeat(new string('z', 500), 200)]).Length, 1, AdaptiveCard.MostBytes);
        using var card = JsonDocument.Parse(AdaptiveCard.Of(told with { Text = "[hier](https://evil.example) *fett*" }));
        Assert.Contains(@"\[hier\](https://evil.example) \*fett\*", card.RootElement.GetProperty("attachments")[0].GetProperty("content").GetProperty("body").EnumerateArray().Last().GetProperty("text").GetString(), StringComparison.Ordinal);
    }

    private static JsonElement Card(RecordedRequest request)
    {
        using var json = JsonDocument.Parse(request.Body);
        return json.RootElement.GetProperty("attachments")[0].GetProperty("content").Clone();
    }
}
