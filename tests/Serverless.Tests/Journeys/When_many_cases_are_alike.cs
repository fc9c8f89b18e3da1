using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>
/// Ten customers write the same within minutes: their cases are one incident, named and linked in one place. Ten customers write what is
/// each their own: nobody's card is kept back.
/// </summary>
public sealed class When_many_cases_are_alike(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private const string Same = "Die Heizung ist aus.";
    private int _customers;

    [Fact]
    public async Task Ordinary_traffic_is_told_one_by_one_however_much_there_is()
    {
        await using var anna = await Subscriber.StartAsync();
        await using var world = await StartAsync(anna);
        string[] texts =
        [
            "Wann kommt der Techniker am Montag?", "Die Rechnung vom Mai ist falsch", "Ich möchte meinen Vertrag ändern", "Hallo", "Hallo",
                "Hallo", "Hallo", "Guten Tag", "Guten Tag",
            "Bitte rufen Sie mich zurück", "Wo bleibt meine Lieferung?", "Die Tür klemmt seit gestern",
        ];
        await ArriveAsync(world, texts);
        Assert.Equal(texts.Length, anna.Told.Count);
        Assert.All(anna.Told, t => Assert.StartsWith("Neuer Vorgang", Title(t), StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_a_page_that_lists_them_nothing_is_grouped()
    {
        await using var anna = await Subscriber.StartAsync();
        await using var world = await StartAsync(anna, ("Links__Secret", null));
        await ArriveAsync(world, [.. Enumerable.Repeat(Same, 6)]);
        Assert.Equal(6, anna.Told.Count);
    }

    [Fact]
    public async Task Every_case_of_an_incident_is_named_and_linked_on_one_page()
    {
        await using var anna = await Subscriber.StartAsync();
        await using var world = await StartAsync(anna);
        // Two told singly, the third as an incident; the fourth is the next step, and the fifth is covered by what was told.
        await ArriveAsync(world, [Same, "Die Tür klemmt seit gestern", Same, "die heizung ist aus", Same, Same]);
        var titles = anna.Told.Select(Title).ToList();
        Assert.Equal(["Neuer", "Neuer", "Neuer", "3", "4"], titles.Select(t => t.Split(' ')[0]));
        var card = Encoding.UTF8.GetString(anna.Told[3].Body);
        Assert.Contains("Gleicher Wortlaut", card, StringComparison.Ordinal);
        var page = WebUtility.HtmlDecode(await PageAsync(world, LinkOf(anna.Told[3], "Alle 3 Vorgänge ansehen")));
        var alike = (await world.CasesAsync()).Where(c => !c.Texts().Contains("Die Tür klemmt seit gestern")).ToList();
        Assert.Equal(5, alike.Count);
        foreach (var file in alike)
        {
            var link = new Regex($"href=\"([^\"]+)\">{file.Head("number")}</a>", RegexOptions.None, TimeSpan.FromSeconds(1))
                .Match(page).Groups[1].Value;
            Assert.Contains(file.Head("number"), await PageAsync(world, link), StringComparison.Ordinal);
        }

        var other = (await world.CasesAsync()).Select(c => c.Head("number")).Except(alike.Select(c => c.Head("number"))).Single();
        Assert.DoesNotContain(other, page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_card_of_an_incident_that_failed_is_told_again_as_that_incident()
    {
        await using var anna = await Subscriber.StartAsync();
        await using var world = await StartAsync(anna);
        await ArriveAsync(world, Same, Same);
        anna.Answer = Subscriber.Status(503);
        await ArriveAsync(world, Same);
        anna.Answer = Subscriber.Status(202);
        // The window in which they were counted is over by then.
        world.Time.Advance(TimeSpan.FromMinutes(90));
        Assert.Equal(0, await world.DrainAsync());
        Assert.Equal(["Neuer", "Neuer", "3", "3"], anna.Told.Select(t => Title(t).Split(' ')[0]));
        Assert.Contains("Alle 3 Vorgänge ansehen", Encoding.UTF8.GetString(anna.Told[3].Body), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_customer_who_repeats_themselves_is_no_incident()
    {
        await using var anna = await Subscriber.StartAsync();
        await using var world = await StartAsync(anna,
            ("Recipients__Entries__anna__Events", "serverless.case.*,serverless.contact.received.v1"));
        for (var n = 0; n < 6; n++)
            await world.WorkAsync(await world.AcceptAsync(MetaCall.Messages(new MetaSaid($"r-{n}", "4915112345999", Same,
                world.Time.GetUtcNow()))));
        Assert.Equal(0, await world.DrainAsync());
        Assert.Equal(6, anna.Told.Count);
    }

    private Task<TestApp> StartAsync(Subscriber anna, params (string Name, string? Value)[] further) => TestApp.StartAsync(azurite,
    [
        ("Owners__Default", "anna"), ("Recipients__Entries__anna__TeamsUrl", anna.Address.ToString()), ("Notification__BurstCount", "2"),
        ("Notification__BurstMinutes", "60"), ("Hooks__PublicBaseUrl", "https://contact.example.com"),
        ("Links__Secret", "links-are-signed-with-these-forty-chars!"), .. further,
    ]);

    private async Task ArriveAsync(TestApp world, params string[] texts)
    {
        foreach (var text in texts)
        {
            var customer = ++_customers;
            await world.WorkAsync(await world.AcceptAsync(MetaCall.Messages(new MetaSaid($"m-{customer}", $"49151{customer:d8}", text,
                world.Time.GetUtcNow()))));
        }

        Assert.Equal(0, await world.DrainAsync());
    }

    private static async Task<string> PageAsync(TestApp world, string link)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(world.Address, new Uri(link).PathAndQuery));
        using var answer = await world.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.TextAsync();
    }

    private static JsonElement Card(RecordedRequest request)
    {
        using var json = JsonDocument.Parse(request.Body);
        return json.RootElement.GetProperty("attachments")[0].GetProperty("content").Clone();
    }

    private static string Title(RecordedRequest request) => Card(request).GetProperty("body")[0].GetProperty("text").GetString()!;

    private static string LinkOf(RecordedRequest request, string label) => Card(request).GetProperty("actions").EnumerateArray()
        .Single(a => a.GetProperty("title").GetString() == label).GetProperty("url").GetString()!;
}
