using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Serverless.Cases;
using Serverless.Privacy;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>A customer asks what there is, wants it handed out, and wants it gone.</summary>
public sealed class When_a_person_asks_what_is_kept(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private const string Anna = "493023125017";
    private const string Bert = "493023125018";
    private const string AuditKey = "an audit key that is long enough for the test";

    private static async Task<JsonElement> AskAsync(TestApp world, string action, object request, int expected = 200)
    {
        using var answer = await world.RawAsync(HttpMethod.Post, $"/api/operations/privacy/{action}", JsonSerializer.Serialize(request));
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(expected == (int)answer.StatusCode, $"{action}: {answer.StatusCode} {text}");
        return JsonDocument.Parse(text).RootElement;
    }

    private static MetaSaid Said(TestApp world, string id, string customer, string text) => new(id, customer, text, world.Time.GetUtcNow());

    // Anna writes by WhatsApp, is answered, and rings; one delivery holds a message of Bert, too; one call of hers is in quarantine.
    private static async Task<(string Mixed, string Quarantined)> ArriveAsync(TestApp world)
    {
        var quarantined = await world.AcceptAsync(MetaCall.Messages(Said(world, "wamid.q", Anna, "Quarantänewort")), "another secret");
        await world.AcceptAsync(MetaCall.Messages(Said(world, "wamid.1", Anna, "Annawort eins")));
        await world.DrainAsync(bus: false);
        var mixed = await world.AcceptAsync(MetaCall.Messages(Said(world, "wamid.2", Anna, "Annawort zwei"),
            Said(world, "wamid.3", Bert, "Bertwort, meine Nummer ist +4930 231 25018")));
        await world.AcceptAsync(MetaCall.Echo(Said(world, "wamid.4", Anna, "Unsere Antwort")));
        await world.PigeonAsync(new { id = "p1", customer = Anna, text = "Annawort per Taube", at = world.Time.GetUtcNow() });
        await world.DrainAsync();
        return (mixed, quarantined);
    }

    [Fact]
    public async Task It_is_found_handed_out_and_erased()
    {
        var pigeons = new LoopbackNetwork();
        await using var world = await TestApp.StartAsync(azurite, pigeons.Add, ("Privacy__AuditKey", AuditKey));
        var (mixed, quarantined) = await ArriveAsync(world);
        var loft = (await world.CasesAsync()).Single(c => c.Texts().Contains("Annawort per Taube"));
        Assert.Equal(202, (await world.ReplyAsync(loft.CaseId(), new { text = "Antwort per Taube" })).Status);
        await world.DrainAsync();
        // What a provider says of a message that no reply of ours is.
        await world.AcceptAsync(
            Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(MetaCall.Status("wamid.other", "read", world.Time.GetUtcNow(), "x"))
                .Replace("\"status\":", $"\"recipient_id\":\"{Anna}\",\"status\":", StringComparison.Ordinal)));
        await world.DrainAsync();

        var found = await AskAsync(world, "find", new { address = "0049 30 / 23125-017", by = "Ina" });
        Assert.Equal("done", found.GetProperty("stage").GetString());
        Assert.Equal(2, found.GetProperty("cases").GetArrayLength());
        Assert.Equal($"meta/{quarantined}", Assert.Single(found.GetProperty("quarantined").EnumerateArray()).GetString());
        // Two messages and the echo, the status, the call in quarantine, the pigeon.
        Assert.Equal(6, found.GetProperty("deliveries").GetInt32());
        Assert.Equal("Bertwort, meine Nummer ist +4930 231 25018",
            Assert.Single((await world.CasesAsync()).Single(c => c.Texts().Any(t => t!.StartsWith("Bert", StringComparison.Ordinal)))
                .Texts()));

        await ExportHoldsAsync(world, found.GetProperty("order").GetString()!, mixed);
        await AskAsync(world, "export", new { order = "018f0000000070008000000000000000" }, 404);

        var dry = await AskAsync(world, "erase", new { address = Anna });
        Assert.Equal(("find", 2), (dry.GetProperty("kind").GetString(), dry.GetProperty("cases").GetArrayLength()));
        Assert.Equal(3, (await world.CasesAsync()).Count);

        var order = await AskAsync(world, "erase", new { address = Anna, dryRun = false, by = "Ina" }, 202);
        world.Time.Advance(TimeSpan.FromMinutes(11));
        Assert.True(await world.TickAsync());
        var done = await world.GetAsync($"/api/operations/privacy/{order.GetProperty("order").GetString()}");
        Assert.Equal("done", done.GetProperty("stage").GetString());
        Assert.Equal([], await world.FindAsync(Anna, "Annawort", "Antwort per Taube", "Unsere Antwort", "Quarantänewort", "wamid.q"));
        Assert.Equal(2, world.Told().Count(t => t.Type == CaseEvent.Erased));
        Assert.StartsWith("Bertwort", Assert.Single((await world.OnlyCaseAsync()).Texts()), StringComparison.Ordinal);
        Assert.Equal(0, (await world.SummaryAsync()).GetProperty("unaccounted").GetInt32());

        var trail = (await world.GetAsync("/api/operations/actions")).GetProperty("actions").EnumerateArray()
            .Where(a => a.GetProperty("channel").GetString() == "all").ToList();
        Assert.Equal(["erase-person", "export-person", "find-person", "find-person"], trail.Select(a => a.GetProperty("what").GetString()!)
            .Order(StringComparer.Ordinal));
        Assert.All(trail, a => Assert.Equal(PersonAddress.Parse("+" + Anna, out _)!.NameUnder(AuditKey), a.GetProperty("on").GetString()));
        Assert.DoesNotContain(world.Log.Lines, l => l.Contains(Anna, StringComparison.Ordinal));
    }

    private static async Task ExportHoldsAsync(TestApp world, string order, string mixed)
    {
        using var answer = await world.RawAsync(HttpMethod.Post, "/api/operations/privacy/export",
            new JsonObject { ["order"] = order, ["by"] = "Ina" }.ToJsonString());
        Assert.Equal((HttpStatusCode.OK, "application/zip"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        await using var zip = await ZipArchive.CreateAsync(await answer.Content.ReadAsStreamAsync(), ZipArchiveMode.Read, leaveOpen: false,
            null);
        Dictionary<string, string> entries = new(StringComparer.Ordinal);
        foreach (var entry in zip.Entries)
        {
            using var text = new StreamReader(await entry.OpenAsync());
            entries[entry.FullName] = await text.ReadToEndAsync();
        }

        var whole = string.Join('\n', entries.Values);
        foreach (var word in new[] { "Annawort eins", "Annawort zwei", "Annawort per Taube", "Antwort per Taube", "Unsere Antwort",
            "Quarant" }) Assert.Contains(word, whole, StringComparison.Ordinal);
        Assert.DoesNotContain("Bertwort", whole, StringComparison.Ordinal);
        Assert.DoesNotContain(Bert, whole, StringComparison.Ordinal);
        Assert.Equal(2, entries.Keys.Count(k => k.StartsWith("cases/", StringComparison.Ordinal)));
        Assert.DoesNotContain(entries.Keys, k => k.Contains(mixed, StringComparison.Ordinal));
        Assert.Equal(4, entries.Keys.Count(k => k.StartsWith("deliveries/", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("find", """{"address":"030 23125017"}""", "country code")]
    [InlineData("find", """{"address":"abc"}""", "4 to 320")]
    [InlineData("erase", """{"address":"+493023125017","case":"x"}""", "dry run")]
    [InlineData("erase", "{", "dry run")]
    public async Task What_cannot_be_meant_is_told(string action, string body, string says)
    {
        await using var world = await TestApp.StartAsync(azurite);
        using var answer = await world.RawAsync(HttpMethod.Post, $"/api/operations/privacy/{action}", body);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(says, await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }
}
