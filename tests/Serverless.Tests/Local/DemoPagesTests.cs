using System.Net;
using System.Text;
using System.Text.Json;
using Serverless.Local.Demo;
using Xunit;

namespace Serverless.Tests.Local;

/// <summary>The local page: cards and mails as people see them, from what strangers wrote.</summary>
public sealed class DemoPagesTests : IDisposable
{
    private readonly Scratch _scratch = new();
    private readonly DemoFolder _folder;

    public DemoPagesTests() => _folder = new DemoFolder(Path.Combine(_scratch.Repository.Root, "outside"), TimeProvider.System);

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void A_card_is_shown_with_its_facts_and_buttons()
    {
        var html = Html("""
            {"type":"message","attachments":[{"content":{"type":"AdaptiveCard","body":[
              {"type":"TextBlock","text":"Neuer Fall A7XM9TRK","style":"heading"},
              {"type":"FactSet","facts":[{"title":"Fällig","value":"morgen"}]},
              {"type":"TextBlock","text":"Zeile 1\nmit \\*Stern\\* und **fett** und [Anruf](tel:+493012345)"},
              {"type":"Media"}],
              "actions":[{"type":"Action.OpenUrl","title":"Annehmen","url":"https://contact.example.com/api/links/x"}]}}]}
            """);

        Assert.Contains("<h2>Neuer Fall A7XM9TRK</h2>", html, StringComparison.Ordinal);
        Assert.Contains("<dt>F&#228;llig</dt><dd>morgen</dd>", html, StringComparison.Ordinal);
        Assert.Contains(
            "Zeile 1<br>mit *Stern* und <b>fett</b> und <a target=\"_blank\" rel=\"noopener\" href=\"tel:+493012345\">Anruf</a>", html,
            StringComparison.Ordinal);
        Assert.Contains("href=\"http://127.0.0.1:7071/api/links/x\">Annehmen</a>", html, StringComparison.Ordinal);
        Assert.Contains("(Media)", html, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<script>alert(1)</script>")]
    [InlineData("[a](javascript:alert(1))")]
    [InlineData("**<b onclick=x>**")]
    public void What_a_stranger_wrote_stays_text(string text)
    {
        var html = Html($$"""{"type":"AdaptiveCard","body":[{"type":"TextBlock","text":{{JsonSerializer.Serialize(text)}}}]}""");

        Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("href=\"javascript", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<b onclick", html, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Each_kind_has_a_page_and_only_what_is_kept_can_be_opened()
    {
        _folder.Keep(DemoFolder.Cards, "desk",
            JsonSerializer.SerializeToNode(new { type = "AdaptiveCard", body = new[] { new { type = "TextBlock", text = "Hallo" } } })!);
        _folder.Keep(DemoFolder.Mails, "desk", "words", [(".html", Encoding.UTF8.GetBytes("<p>Guten Tag</p>"))]);
        await File.WriteAllTextAsync(Path.Combine(_scratch.Repository.Root, "secret.json"), "{}");
        await using var outside = await DemoSubscriber.StartAsync(_folder, TimeProvider.System, CancellationToken.None);
        using var http = new HttpClient { BaseAddress = new Uri(outside.Address) };

        Assert.Contains("<a href=\"/cards\">cards</a>", await http.GetStringAsync("/"), StringComparison.Ordinal);
        Assert.Contains("<p>Hallo</p>", await http.GetStringAsync("/cards"), StringComparison.Ordinal);
        var mail = Path.GetFileName(_folder.Newest(DemoFolder.Mails, 1).Single());
        Assert.Contains($"src=\"/mails/{mail}\"", await http.GetStringAsync("/mails"), StringComparison.Ordinal);
        using var one = await http.GetAsync($"/mails/{mail}");
        Assert.Contains("sandbox", one.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.Contains("Guten Tag", await one.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        foreach (var path in new[] { "/secrets", "/cards/..%2F..%2Fsecret.json", "/mails/other.html", "/cards/a/b" })
            using (var answer = await http.GetAsync(path)) Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    private static string Html(string json)
    {
        using var message = JsonDocument.Parse(json);
        return CardHtml.Of(message.RootElement, url =>
            url.Replace("https://contact.example.com", "http://127.0.0.1:7071", StringComparison.Ordinal));
    }
}
