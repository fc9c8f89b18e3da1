using System.Globalization;
using System.Net;
using System.Text.Json;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>Promises in working time, from the contact that starts them over a person's own word to their end, on real storage.</summary>
public sealed class When_a_promise_is_made(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private static readonly (string Name, string? Value)[] Office =
    [
        ("Calendars__default__Hours", "Mon-Fri 09:00-17:00"), ("Calendars__default__State", "ALL"),
            ("ServiceLevels__DefaultMinutes", "480"),
        ("Cases__AcceptHours", "8"),
    ];

    [Fact]
    public async Task A_contact_of_a_Friday_is_promised_a_Monday_and_told_before_it_breaks_when_it_breaks_and_step_by_step()
    {
        // Friday 20 November 2026, 10:00 in Berlin.
        await using var world = await TestApp.StartAsync(azurite, Office);
        await ArriveAsync(world, "m-1", "Wo bleibt mein Paket?");
        var file = await world.OnlyCaseAsync();
        Assert.Equal(Utc(23, 9), Time(file.Head("dueAt")));
        Assert.Equal([("answer", "level", "open")], Promises(file));

        var steps = new[] { (Utc(20, 14), ""), (Utc(20, 15), "due-soon"), (Utc(22, 12), ""), (Utc(23, 9), "broken overdue unaccepted"),
            (Utc(23, 10), "overdue") };
        foreach (var (at, told) in steps)
        {
            var before = Told(world).Count;
            world.Time.Set(at.AddMinutes(1));
            Assert.True(await world.TickAsync());
            Assert.True(await world.TickAsync());
            Assert.Equal(told, string.Join(' ', Told(world).Skip(before).Order(StringComparer.Ordinal)));
        }

        await AnswerAsync(world, "m-2");
        file = await world.OnlyCaseAsync();
        Assert.Equal(("", "0"), (file.Head("dueAt"), file.Head("overdue")));
        Assert.Equal([("answer", "level", "broken")], Promises(file));
    }

    [Fact]
    public async Task A_person_promises_a_time_and_takes_it_back()
    {
        await using var world = await TestApp.StartAsync(azurite, Office);
        await ArriveAsync(world, "m-1", "Wo bleibt mein Paket?");
        var id = (await world.OnlyCaseAsync()).CaseId();
        var path = $"/api/cases/{id}/promises";
        // Promises are shown in the order of their making.
        world.Time.Advance(TimeSpan.FromMinutes(1));
        await AnswersAsync(world, HttpStatusCode.BadRequest, path, """{"due":"2026-11-24T12:00:00Z"}""");
        await AnswersAsync(world, HttpStatusCode.UnprocessableEntity, path, """{"due":"2026-11-19T12:00:00Z","by":"anna"}""");
        await AnswersAsync(world, HttpStatusCode.UnprocessableEntity, path, """{"due":"2028-11-24T12:00:00Z","by":"anna"}""");
        await AnswersAsync(world, HttpStatusCode.UnprocessableEntity, path, """{"due":"2026-11-24T12:00:00Z","by":"anna","kind":"wish"}""");
        const string Right = """{"due":"2026-11-24T12:00:00Z","by":"anna"}""";
        await AnswersAsync(world, HttpStatusCode.NotFound, $"/api/cases/{new string('0', 32)}/promises", Right);
        var made = await AnswersAsync(world, HttpStatusCode.Created, path, """{"due":"2026-11-24T13:00:00+01:00","by":"anna"}""");
        var file = await world.OnlyCaseAsync();
        Assert.Equal(Utc(24, 12), Time(file.Head("dueAt")));
        Assert.Equal([("answer", "level", "replaced"), ("answer", "person", "open")], Promises(file));

        var withdraw = $"{path}/{made.GetProperty("id").GetString()}/withdraw";
        await AnswersAsync(world, HttpStatusCode.BadRequest, withdraw, """{"by":"anna"}""");
        await AnswersAsync(world, HttpStatusCode.OK, withdraw, """{"by":"anna","why":"Es hat sich erledigt."}""");
        await AnswersAsync(world, HttpStatusCode.NotFound, withdraw, """{"by":"anna","why":"Noch einmal."}""");
        Assert.Equal([("answer", "level", "replaced"), ("answer", "person", "withdrawn")], Promises(await world.OnlyCaseAsync()));
        Assert.Equal(["made", "withdrawn"], Told(world));

        await world.CloseAsync(id);
        await AnswersAsync(world, HttpStatusCode.Conflict, path, Right);
    }

    [Fact]
    public async Task A_customer_who_named_a_time_reads_that_time_and_one_who_waits_hears_the_new_one()
    {
        var pigeons = new LoopbackNetwork();
        await using var world = await TestApp.StartAsync(azurite, pigeons.Add, [.. Office, .. AcknowledgementSteps.On()]);
        await world.SaysAsync(new { id = "q1", customer = "anna", text = "Bitte Rückruf Montag 10 Uhr", at = world.Time.GetUtcNow() });
        Assert.Contains("bis 23.11.2026, 10:00 Uhr", Assert.Single(pigeons.Flown).Text, StringComparison.Ordinal);

        await world.SaysAsync(new { id = "q2", customer = "bert", text = "Wo bleibt mein Paket?", at = world.Time.GetUtcNow() });
        Assert.Contains("bis 23.11.2026, 10:00 Uhr", pigeons.Flown.Last().Text, StringComparison.Ordinal);
        world.Time.Set(Utc(20, 15).AddMinutes(5));
        Assert.True(await world.TickAsync());
        Assert.Equal(0, await world.DrainAsync());
        // A working day after Monday 10:00. Anna named her time: no later one is promised to her.
        Assert.Equal(3, pigeons.Flown.Count);
        Assert.Contains("Sie hören bis 24.11.2026, 10:00 Uhr MEZ von uns", pigeons.Flown.Last().Text, StringComparison.Ordinal);
        var bert = (await world.CasesAsync()).Single(c => Promises(c).Count == 2);
        Assert.Equal([("answer", "level", "open"), ("named", "rule", "open")], Promises(bert));
        Assert.Equal(Utc(23, 9), Time(bert.Head("dueAt")));
    }

    private static DateTimeOffset Utc(int day, int hour) => new(2026, 11, day, hour, 0, 0, TimeSpan.Zero);

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);

    private static List<(string Kind, string MadeBy, string State)> Promises(JsonElement file) =>
        [.. file.GetProperty("promises").EnumerateArray()
        .Select(p => (p.GetProperty("kind").GetString()!, p.GetProperty("madeBy").GetString()!, p.GetProperty("state").GetString()!))];

    // Last words of what was told of promises and waits.
    private static List<string> Told(TestApp world) => [.. world.Told().Select(t => t.Type)
        .Where(t => t.StartsWith("serverless.promise.", StringComparison.Ordinal)
            || t is "serverless.case.overdue.v1" or "serverless.case.unaccepted.v1")
        .Select(t => t.Split('.')[2])];

    private static async Task<JsonElement> AnswersAsync(TestApp world, HttpStatusCode status, string path, string body)
    {
        using var answer = await world.RawAsync(HttpMethod.Post, path, body);
        var text = await answer.TextAsync();
        Assert.True(status == answer.StatusCode, $"{answer.StatusCode}: {text}");
        using var json = JsonDocument.Parse(text);
        return json.RootElement.Clone();
    }

    private static async Task ArriveAsync(TestApp world, string id, string text) =>
        Assert.True(await world.WorkAsync(await world
            .AcceptAsync(MetaCall.Messages(new MetaSaid(id, "4915112345678", text, world.Time.GetUtcNow())))));

    private static async Task AnswerAsync(TestApp world, string id) =>
        Assert.True(await world.WorkAsync(await world
            .AcceptAsync(MetaCall.Echo(new MetaSaid(id, "4915112345678", "Wir sind dran.", world.Time.GetUtcNow())))));
}
