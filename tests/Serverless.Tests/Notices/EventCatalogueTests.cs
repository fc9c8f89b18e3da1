using System.Net;
using System.Reflection;
using System.Text.Json.Nodes;
using Serverless.Cases;
using Serverless.Notices;
using Serverless.Registrations;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Notices;

/// <summary>What subscribers read before they build: every type with its sentence, and a schema that the events keep.</summary>
public sealed class EventCatalogueTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private const string Secret = "whsec_bm90IGEgc2VjcmV0OiBhIHN1YnNjcmliZXIncyBvd24=";

    private static IEnumerable<string> Types => new[] { typeof(CaseEvent), typeof(ChannelEvent), typeof(SubscriptionEvent) }.SelectMany(t => t.GetFields(BindingFlags.Public | BindingFlags.Static))
        .Where(f => f.IsLiteral && f.Name != nameof(CaseEvent.Source)).Select(f => (string)f.GetRawConstantValue()!);

    [Fact]
    public async Task Every_type_is_listed_with_a_sentence_and_published()
    {
        Dictionary<string, string> catalogue = new(CaseEvent.Catalogue.Concat(ChannelEvent.Catalogue).Concat(SubscriptionEvent.Catalogue), StringComparer.Ordinal);
        Assert.Equal(Types.Order(StringComparer.Ordinal), catalogue.Keys.Order(StringComparer.Ordinal));
        Assert.All(catalogue.Keys, type => Assert.Matches(@"^serverless\.((case|contact|reply|channel|credential)\.[a-z-]+|ping)\.v\d+$", type));
        Assert.All(catalogue.Values, sentence => Assert.Matches(@"^[A-Z].{20,}\.$", sentence));
        await using var world = await World.StartAsync(azurite);
        var published = await world.GetAsync("/api/schema/catalogue");
        Assert.Equal(catalogue, published.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetString()!, StringComparer.Ordinal));
    }

    [Fact]
    public async Task Every_event_keeps_the_published_schema()
    {
        await using var listens = await Subscriber.StartAsync();
        await using var world = await World.StartAsync(
            azurite, ("Webhook__Subscribers__all__Url", listens.Address.ToString()), ("Webhook__Subscribers__all__Secret", Secret), ("Owners__Default", null));
        await ArriveAsync(world, "generic/02-app-message-with-emoji", "generic/03-app-message-edited", "meta/03-messenger-german-umlauts", "meta/05-messenger-echo", "twilio/18-sms", "twilio/19-sms-again");
        foreach (var one in await world.CasesAsync())
        {
            using var closed = await world.RawAsync(HttpMethod.Post, $"/api/cases/{one.GetProperty("case").GetProperty("id").GetString()}/close", """{"cause":"unknown"}""");
            Assert.Equal(HttpStatusCode.OK, closed.StatusCode);
        }

        await ArriveAsync(world, "meta/06-messenger-edit", "twilio/20-whatsapp-with-pictures");
        Assert.Equal(0, await world.DrainAsync());
        var events = listens.Told.Select(t => JsonNode.Parse(t.Body)!).ToList();
        var told = events.Select(e => e["type"]!.GetValue<string>()).ToHashSet(StringComparer.Ordinal);
        Assert.Empty(told.Except(Types));
        Assert.Empty(new[] { CaseEvent.Opened, CaseEvent.OwnerGap, CaseEvent.ContactChanged, CaseEvent.ContactSent, CaseEvent.Closed }.Except(told));

        JsonNode nameless = events[0].DeepClone(), stateless = events[0].DeepClone(), strange = events[0].DeepClone();
        nameless.AsObject().Remove("id");
        stateless["data"]!.AsObject().Remove("caseId");
        strange["data"]!["state"] = "half-open";
        using var schema = await world.RawAsync(HttpMethod.Get, "/api/schema/event");
        var wrong = await Node.RunAsync(
            "tests/Serverless.Tests/Notices/event-schema.mjs",
            new { schema = JsonNode.Parse(await schema.Content.ReadAsStringAsync()), events = (JsonNode[])[.. events, nameless, stateless, strange] });
        var judged = wrong.EnumerateArray().Select(w => w.EnumerateArray().Select(e => e.GetString()).ToList()).ToList();
        Assert.All(judged[..^3], Assert.Empty);
        Assert.All(judged[^3..], Assert.NotEmpty);
    }

    private static async Task ArriveAsync(World world, params string[] seeds)
    {
        foreach (var seed in seeds.Select(name => Seed.Of(name.Split('/')[0]).Single(s => s.Name == name)))
        {
            if (seed.At > world.Time.GetUtcNow()) world.Time.Set(seed.At);
            (await world.SendAsync(seed)).Dispose();
            await world.DrainAsync(bus: false);
        }
    }
}
