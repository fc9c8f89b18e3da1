using System.Text.Json;
using Serverless.Notifications.Teams;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Notifications;

/// <summary>The card in Teams: what every route promises, and that a person can read it and act by it.</summary>
public sealed class TeamsConformance(AzuriteFixture azurite) : RouteConformance(azurite), IClassFixture<AzuriteFixture>
{
    protected override string Route => "teams";

    protected override string Function => "NotifyTeams";

    protected override (string Name, string? Value)[] Target(string name, Uri address, string events = "*") =>
    [
        ($"Recipients__Entries__{name}__TeamsUrl", address.ToString()), ($"Recipients__Entries__{name}__Owners", "*"),
        ($"Recipients__Entries__{name}__Events", events), ("Notification__BurstCount", "0"),
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
            [("Recipients__Entries__full__Language", "en"), ("Hooks__PublicBaseUrl", "https://contact.example.com"),
                ("Links__Secret", "links-are-signed-with-these-forty-chars!")]);
        await TellAsync(world);
        var number = (await world.OnlyCaseAsync()).Head("number");
        var (german, english) = (Card(plain.Told[0]), Card(full.Told[0]));
        Assert.Equal($"Neuer Vorgang {number}", german.GetProperty("body")[0].GetProperty("text").GetString());
        Assert.Equal($"New case {number}", english.GetProperty("body")[0].GetProperty("text").GetString());
        Assert.DoesNotContain("hlschrank", german.ToString(), StringComparison.Ordinal);
        Assert.Contains("hlschrank", english.ToString(), StringComparison.Ordinal);
        // The generic channel takes no answers, so none is offered.
        Assert.Equal(["Vorgang ansehen", "Annehmen", "Übergeben", "Abschließen", "Meine Meldungen ändern"],
            german.GetProperty("actions").EnumerateArray().Select(a => a.GetProperty("title").GetString()));
        Assert.All(german.GetProperty("actions").EnumerateArray().Take(4), a =>
            Assert.StartsWith("https://contact.example.com/api/links/", a.GetProperty("url").GetString(), StringComparison.Ordinal));
        Assert.Equal("1.4", german.GetProperty("version").GetString());
    }

    [Fact]
    public void A_card_is_never_larger_than_Teams_takes_and_words_are_no_markdown()
    {
        var told = new Serverless.Notifications.NotificationContent("Fall", [("Name", "x")], new string('ü', 20_000), []);
        Assert.InRange(AdaptiveCard.Of(told).Length, 1, AdaptiveCard.MostBytes);
        var lines = Enumerable.Repeat((new string('z', 500), (Uri?)null), 200);
        var many = new Serverless.Notifications.NotificationContent("200", [], null, []) { Items = [.. lines] };
        Assert.InRange(AdaptiveCard.Of(many).Length, 1, AdaptiveCard.MostBytes);
        using var card = JsonDocument.Parse(AdaptiveCard.Of(told with { Text = "[hier](https://evil.example) *fett*" }));
        Assert.Contains(@"\[hier\](https://evil.example) \*fett\*", card.RootElement.GetProperty("attachments")[0].GetProperty("content")
            .GetProperty("body").EnumerateArray().Last().GetProperty("text").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_customer_whose_channel_takes_answers_is_answered_from_the_card()
    {
        await using var anna = await Subscriber.StartAsync(Subscriber.Status(202));
        await using var world = await StartAsync(
            Target("anna", anna.Address),
            [("Hooks__PublicBaseUrl", "https://contact.example.com"), ("Links__Secret", "links-are-signed-with-these-forty-chars!")]);
        await ArriveAsync(world, Find("meta/03-messenger-german-umlauts"));
        Assert.Equal(0, await world.DrainAsync());
        var titles = Card(anna.Told[0]).GetProperty("actions").EnumerateArray().Select(a => a.GetProperty("title").GetString());
        Assert.Contains("Antworten", titles);
    }

    [Fact]
    public void Of_a_list_that_is_too_large_every_line_stays_and_links_go_first()
    {
        var link = new Uri("https://contact.example.com/api/links/" + new string('a', 250));
        var lines = Enumerable.Range(0, 100).Select(n => ($"Neuer Vorgang K{n:d3}", (Uri?)link));
        var told = new Serverless.Notifications.NotificationContent("100", [], null, []) { Items = [.. lines] };
        var card = System.Text.Encoding.UTF8.GetString(AdaptiveCard.Of(told));
        Assert.InRange(card.Length, 1, AdaptiveCard.MostBytes);
        Assert.All(Enumerable.Range(0, 100), n => Assert.Contains($"Neuer Vorgang K{n:d3}", card, StringComparison.Ordinal));
        Assert.Contains($"[Neuer Vorgang K000]({link})", card, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_card_shows_of_the_customer_what_is_included_and_a_number_can_be_called()
    {
        await using var name = await Subscriber.StartAsync(Subscriber.Status(202));
        await using var all = await Subscriber.StartAsync(Subscriber.Status(202));
        await using var none = await Subscriber.StartAsync(Subscriber.Status(202));
        await using var world = await StartAsync(
            Target("name", name.Address), Target("all", all.Address), Target("none", none.Address),
            [("Recipients__Entries__name__Include", "name,files"),
                ("Recipients__Entries__all__Include", "name, address, subject, files, text")]);
        await TellAsync(world);
        Assert.Equal([("Name", "Jürgen Weiß"), ("Anhänge", "1")], Personal(Card(name.Told[0])));
        Assert.Equal(
            [("Name", "Jürgen Weiß"), ("E-Mail", "juergen.weiss@example.com"), ("Telefon", "+493023125017"),
                ("Betreff", "Kühlschrank kühlt nicht"), ("Anhänge", "1")],
            Personal(Card(all.Told[0])));
        Assert.Equal([], Personal(Card(none.Told[0])));
        Assert.Contains("[+493023125017 anrufen](tel:+493023125017)", Card(all.Told[0]).ToString(), StringComparison.Ordinal);
        Assert.All([name, none], s => Assert.DoesNotContain("tel:", Card(s.Told[0]).ToString(), StringComparison.Ordinal));
        // As written: a number reads as itself.
        Assert.DoesNotContain("\\u", System.Text.Encoding.UTF8.GetString(all.Told[0].Body), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_recipient_whose_settings_cannot_be_read_is_named_in_health()
    {
        await using var world = await StartAsync(
            Target("anna", new Uri("http://127.0.0.1:9/")),
            [("Recipients__Entries__anna__Include", "text,adress"), ("Recipients__Entries__anna__Hours", "when the sun shines")]);
        var part = (await world.GetAsync("/api/health")).GetProperty("parts").GetProperty("route:teams");
        var says = part.GetProperty("says").EnumerateArray().Select(s => s.GetString()!).ToList();
        Assert.Contains(says, s => s.Contains("__anna__Include names adress; known: name, address", StringComparison.Ordinal));
        Assert.Contains(says, s => s.Contains("__anna__Hours", StringComparison.Ordinal));
    }

    private static List<(string, string)> Personal(JsonElement card)
    {
        string[] ours = ["Vorgang", "Anliegen", "Erforderlich", "Kanal", "Zuständig", "Fällig"];
        var facts = card.GetProperty("body").EnumerateArray().Single(b => b.GetProperty("type").GetString() == "FactSet")
            .GetProperty("facts").EnumerateArray();
        return [.. facts.Select(f =>
            (f.GetProperty("title").GetString()!, f.GetProperty("value").GetString()!.Replace("\\", "", StringComparison.Ordinal)))
            .Where(f => !ours.Contains(f.Item1))];
    }

    private static JsonElement Card(RecordedRequest request)
    {
        using var json = JsonDocument.Parse(request.Body);
        return json.RootElement.GetProperty("attachments")[0].GetProperty("content").Clone();
    }
}
