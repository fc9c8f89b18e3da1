using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>
/// A number, a name with an umlaut and an apostrophe are followed through everything that leaves the app as JSON: they are there to the
/// letter.
/// </summary>
public sealed class When_numbers_are_published(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private const string Number = "+493023125017";
    private const string Owner = "Kundendienst Köln+Süd";

    [Fact]
    public async Task They_read_in_every_JSON_as_they_read_elsewhere()
    {
        await using var crm = await Subscriber.StartAsync();
        await using var anna = await Subscriber.StartAsync(Subscriber.Status(202));
        await using var world = await TestApp.StartAsync(
            azurite, ("Owners__Default", Owner), ("Notification__BurstCount", "0"),
            ("Webhook__Subscribers__crm__Url", crm.Address.ToString()),
                ("Webhook__Subscribers__crm__Secret", "whsec_bm90IGEgc2VjcmV0OiBhIHN1YnNjcmliZXIncyBvd24="),
            ("Webhook__Subscribers__crm__Include", "text,parties,entry"), ("Recipients__Entries__anna__TeamsUrl", anna.Address.ToString()),
            ("Recipients__Entries__anna__Owners", "*"), ("Recipients__Entries__anna__Include", "name,address,text"));
        var seed = Seed.Of("generic").Single(s => s.Name == "generic/01-web-form-with-umlauts");
        world.Time.Set(seed.At);
        using (await world.SendAsync(seed)) { }
        await world.AcceptAsync(MetaCall.Messages(new MetaSaid("m-1", Number[1..], "O'Neil fragt: \"Wann?\" & 'wo' <jetzt>",
            world.Time.GetUtcNow())));
        Assert.Equal(0, await world.DrainAsync(bus: false));
        var events = world.Broker.Active("case-events", "everything").Select(m => Encoding.UTF8.GetString(m.Body)).ToList();
        Assert.Equal(0, await world.DrainAsync());

        Dictionary<string, string> published = new(StringComparer.Ordinal)
        {
            ["events"] = string.Join('\n', events),
            ["webhooks"] = string.Join('\n', crm.Told.Select(t => Encoding.UTF8.GetString(t.Body))),
            ["cards"] = string.Join('\n', anna.Told.Select(t => Encoding.UTF8.GetString(t.Body))),
            ["cases"] = await TextAsync(world, "/api/cases"),
            ["case"] = string.Join('\n',
                await Task.WhenAll((await world.CasesAsync()).Select(c => TextAsync(world, $"/api/cases/{c.CaseId()}")))),
            ["notices"] = await TextAsync(world, "/api/operations/notices?day=2026-11-20"),
            ["catalogue"] = await TextAsync(world, "/api/schema/catalogue"),
            ["openapi"] = await TextAsync(world, "/api/schema/openapi"),
            ["export"] = await ExportAsync(world),
        };
        Assert.All(published, p => Assert.DoesNotContain("\\u00", p.Value, StringComparison.OrdinalIgnoreCase));
        foreach (var with in new[] { "events", "cases", "case" }) Assert.Contains(Owner, published[with], StringComparison.Ordinal);
        foreach (var with in new[] { "webhooks", "cards", "case", "export" })
        {
            Assert.Contains(Number, published[with], StringComparison.Ordinal);
            Assert.Contains("Jürgen Weiß", published[with], StringComparison.Ordinal);
            Assert.Contains("O'Neil fragt: \\\"Wann?\\\" & 'wo' <jetzt>", published[with], StringComparison.Ordinal);
        }
    }

    private static async Task<string> TextAsync(TestApp world, string path)
    {
        using var answer = await world.RawAsync(HttpMethod.Get, path);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        return await answer.TextAsync();
    }

    private static async Task<string> ExportAsync(TestApp world)
    {
        using var found = await world.RawAsync(HttpMethod.Post, "/api/operations/privacy/find",
            $$"""{"address":"{{Number}}","by":"Ina"}""");
        var order = JsonDocument.Parse(await found.TextAsync()).RootElement.GetProperty("order").GetString();
        using var answer = await world.RawAsync(HttpMethod.Post, "/api/operations/privacy/export",
            $$"""{"order":"{{order}}","by":"Ina"}""");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await using var zip = await ZipArchive.CreateAsync(await answer.Content.ReadAsStreamAsync(), ZipArchiveMode.Read, leaveOpen: false,
            null);
        var whole = new StringBuilder();
        // Deliveries are the bytes of their senders, who write as they like.
        foreach (var entry in zip.Entries.Where(e => !e.FullName.StartsWith("deliveries/", StringComparison.Ordinal)))
        {
            using var text = new StreamReader(await entry.OpenAsync());
            whole.AppendLine(await text.ReadToEndAsync());
        }

        return whole.ToString();
    }
}
