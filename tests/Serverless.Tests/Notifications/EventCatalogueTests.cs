using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Serverless.Cases;
using Serverless.Cases.Rules;
using Serverless.Contacts;
using Serverless.Notifications.Subscriptions;
using Serverless.Outbox;
using Serverless.Registrations;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Notifications;

/// <summary>What subscribers read before they build: every type with its sentence, and a schema that the events keep.</summary>
public sealed partial class EventCatalogueTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private const string Secret = "whsec_bm90IGEgc2VjcmV0OiBhIHN1YnNjcmliZXIncyBvd24=";

    // Whoever publishes a type writes it somewhere in the code.
    private static List<string> Types { get; } =
    [
        .. Directory.GetFiles(Path.Combine(Seed.RepositoryRoot, "functions"), "*.cs", SearchOption.AllDirectories)
        .Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal))
            .SelectMany(f => TypeInCode().Matches(File.ReadAllText(f)).Select(m => m.Groups["type"].Value)).Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal),
    ];

    [Fact]
    public async Task Every_type_of_the_code_is_published_with_a_sentence_its_schema_and_an_example_that_the_cloudevents_library_reads()
    {
        await using var world = await TestApp.StartAsync(azurite);
        var published = (await world.GetAsync("/api/schema/catalogue")).EnumerateObject()
            .ToDictionary(p => p.Name, p => p.Value, StringComparer.Ordinal);
        Assert.True(Types.Count >= 17, "Does this test still find the types?");
        Assert.Equal(Types, published.Keys.Order(StringComparer.Ordinal));
        Assert.All(published.Keys, type =>
            Assert.Matches(@"^serverless\.((case|promise|contact|reply|channel|credential)\.[a-z-]+|ping)\.v\d+$", type));
        Assert.All(published.Values, kind => Assert.Matches(@"^[A-Z].{20,}\.$", kind.GetProperty("says").GetString()));

        List<object> kinds = [];
        foreach (var (type, kind) in published)
        {
            using var schema = await world.RawAsync(HttpMethod.Get, kind.GetProperty("schema").GetString()!);
            Assert.Equal(HttpStatusCode.OK, schema.StatusCode);
            kinds.Add(new { type, schema = JsonNode.Parse(await schema.TextAsync()),
                example = JsonNode.Parse(kind.GetProperty("example").GetRawText()) });
        }

        // One that is not ours, so that the judge is known to judge.
        kinds.Add(new { type = "serverless.ping.v1", schema = new JsonObject { ["required"] = new JsonArray("data") },
            example = new JsonObject { ["id"] = "1", ["type"] = "serverless.ping.v1", ["Bad-Name"] = 1 } });
        var wrong = (await Node.RunAsync("tests/Serverless.Tests/Notifications/event-examples.mjs", kinds)).EnumerateArray()
            .Select(w => string.Join("; ", w.EnumerateArray().Select(e => e.GetString()))).ToList();
        Assert.All(wrong[..^1], Assert.Empty);
        Assert.Matches("extension name.*data", wrong[^1]);
    }

    [Fact]
    public async Task Every_event_keeps_the_published_schema()
    {
        await using var listens = await Subscriber.StartAsync();
        await using var world = await TestApp.StartAsync(
            azurite, ("Webhook__Subscribers__all__Url", listens.Address.ToString()), ("Webhook__Subscribers__all__Secret", Secret),
            ("Owners__Default", null));
        await ArriveAsync(world, "generic/02-app-message-with-emoji", "generic/03-app-message-edited", "meta/03-messenger-german-umlauts",
            "meta/05-messenger-echo", "twilio/18-sms", "twilio/19-sms-again");
        foreach (var one in await world.CasesAsync())
        {
            using var closed = await world.RawAsync(HttpMethod.Post,
                $"/api/cases/{one.GetProperty("case").GetProperty("id").GetString()}/close", """{"cause":"unknown"}""");
            Assert.Equal(HttpStatusCode.OK, closed.StatusCode);
        }

        await ArriveAsync(world, "meta/06-messenger-edit", "twilio/20-whatsapp-with-pictures");
        Assert.Equal(0, await world.DrainAsync());
        var events = listens.Told.Select(t => JsonNode.Parse(t.Body)!).ToList();
        var told = events.Select(e => e["type"]!.GetValue<string>()).ToHashSet(StringComparer.Ordinal);
        Assert.Empty(told.Except(Types));
        Assert.Empty(new[] { CaseEvent.Opened, CaseEvent.OwnerGap, CaseEvent.ContactChanged, CaseEvent.ContactSent,
            CaseEvent.Closed }.Except(told));

        JsonNode nameless = events[0].DeepClone(), stateless = events[0].DeepClone(), strange = events[0].DeepClone();
        nameless.AsObject().Remove("id");
        stateless["data"]!.AsObject().Remove("caseId");
        strange["data"]!["state"] = "half-open";
        using var schema = await world.RawAsync(HttpMethod.Get, "/api/schema/event");
        var wrong = await Node.RunAsync(
            "tests/Serverless.Tests/Notifications/event-schema.mjs",
            new { schema = JsonNode.Parse(await schema.Content.ReadAsStringAsync()),
                events = (JsonNode[])[.. events, nameless, stateless, strange] });
        var judged = wrong.EnumerateArray().Select(w => w.EnumerateArray().Select(e => e.GetString()).ToList()).ToList();
        Assert.All(judged[..^3], Assert.Empty);
        Assert.All(judged[^3..], Assert.NotEmpty);
    }

    // A queue message carries the event with target and counters; its queue takes 48 KiB.
    [Fact]
    public void No_event_is_larger_than_8_KB_whatever_names_people_have()
    {
        Assert.All(new[] { CaseExamples.Kinds, ChannelEvent.Kinds, SubscriptionEvent.Kinds }.SelectMany(k => k), k =>
            Assert.InRange(k.Example.Length, 100, OutboxEntry.MostBytes));
        var random = new Random(20261130);
        foreach (var type in CaseEvent.Catalogue.Keys)
        {
            for (var i = 0; i < 50; i++)
            {
                // Names as long as the API takes them, of letters that JSON escapes.
                string Name() =>
                    string.Concat(Enumerable.Range(0, CaseActions.LongestName / 2)
                        .Select(_ => char.ConvertFromUtf32(random.Next(0x1F300, 0x1FAFF))));
                var at = DateTimeOffset.UnixEpoch.AddSeconds(random.Next());
                var head = new Case
                {
                    Id = Guid.NewGuid().ToString("N"), Number = "KX-2026-000001", Owes = "public-answer", OwesRule = "", Need =
                        "privacy-request", Language = "de", Topic = "privacy", Networks = [], OpenedAt = at, DueAt = at,
                    Owner = Name(), AcceptedBy = Name(), HandOver = new HandOver(Name(), Name(), Name(), at), Overdue = int.MaxValue,
                };
                var contact = new Contact { Channel = "discourse", Network = "facebook-messenger", Account = Name(), ExternalId = Name(),
                    Kind = ContactKind.MissedCall, OccurredAt = at, ReceivedAt = at, Text = Name() };
                var entry = CaseEvent.Of(type, head, new ContactEvent("x", ContactChange.Received, contact), Name(), at);
                Assert.InRange(entry.Json.Length, 100, OutboxEntry.MostBytes);
                Assert.InRange(EventMessage.Write(entry.Json, new string('t', 50), 40, 99, 99, at).Length, 100, OutboxEntry.MostBytes
                    + 1024);
            }
        }
    }

    private static async Task ArriveAsync(TestApp world, params string[] seeds)
    {
        foreach (var seed in seeds.Select(name => Seed.Of(name.Split('/')[0]).Single(s => s.Name == name)))
        {
            if (seed.At > world.Time.GetUtcNow()) world.Time.Set(seed.At);
            (await world.SendAsync(seed)).Dispose();
            await world.DrainAsync(bus: false);
        }
    }

    [GeneratedRegex(@"""(?<type>serverless\.[a-z.-]+\.v\d+)""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex TypeInCode();
}
