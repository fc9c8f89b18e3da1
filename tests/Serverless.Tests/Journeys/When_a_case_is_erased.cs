using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Cases;
using Serverless.Contacts;
using Serverless.Intake;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>Somebody's case is erased: nothing of it is left anywhere, nothing brings it back, and what they say next is heard.</summary>
public sealed class When_a_case_is_erased(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private const string Word = "Zauberwort";

    private static JsonObject Said(TestApp world, string id, string thread = "anna", params string[] files)
    {
        var element = SampleChannel.Element(id, world.Time.GetUtcNow(), thread, files);
        element["text"] = $"{Word} {id}";
        return element;
    }

    private static async Task<(int Status, JsonElement Body)> EraseAsync(TestApp world, string caseId, bool dryRun = false)
    {
        using var answer = await world.RawAsync(HttpMethod.Post, "/api/operations/privacy/erase",
            JsonSerializer.Serialize(new { @case = caseId, dryRun, by = "Ina" }));
        return ((int)answer.StatusCode, JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement);
    }

    private static async Task<JsonElement> FinishAsync(TestApp world, JsonElement order)
    {
        world.Time.Advance(TimeSpan.FromMinutes(11));
        Assert.True(await world.TickAsync());
        return await world.GetAsync($"/api/operations/privacy/{order.GetProperty("order").GetString()}");
    }

    [Fact]
    public async Task Nothing_of_it_is_left_and_nothing_brings_it_back()
    {
        await using var api = await SampleApi.StartAsync();
        await using var world = await azurite.SampleWorldAsync(api, ("Sample__Sources", "inbox"));
        Assert.True(await world.TickAsync());
        api.Files["bild.png"] = System.Text.Encoding.UTF8.GetBytes($"a picture of a {Word}");
        var first = Said(world, "m1", "anna", "bild.png");
        api.Documents["mail/2"] = Said(world, "m2").ToJsonString();
        var large = Said(world, "m3");
        large["text"] = string.Concat(Enumerable.Repeat($"{Word} ", 80_000));
        var stranger = Said(world, "m5", "bert");
        stranger["text"] = "Guten Tag";

        var quarantined = await world.SampleAsync(SampleChannel.Body(first), "bad");
        var delivery = await world.SampleAsync(SampleChannel.Body(first));
        await world.SampleAsync(SampleChannel.Body(SampleChannel.Thin("mail/2")));
        await world.SampleAsync(SampleChannel.Body(large));
        await world.DrainAsync(bus: false);
        // A copy, and a delivery that somebody else is in, too.
        var copy = await world.SampleAsync(SampleChannel.Body(first));
        var mixed = await world.SampleAsync(SampleChannel.Body(Said(world, "m4"), stranger));
        await world.DrainAsync();
        var anna = (await world.CasesAsync()).Single(c => c.GetProperty("contacts").GetArrayLength() == 4);
        Assert.Equal("stored", Assert.Single(anna.Files()).GetProperty("state").GetString());
        await world.CloseAsync(anna.CaseId());
        await world.DrainAsync();
        var before = await world.SummaryAsync();
        Assert.True((await world.FindAsync(Word)).Count > 10);

        var (planned, plan) = await EraseAsync(world, anna.Head("number"), dryRun: true);
        Assert.Equal((200, 4, 1), (planned, plan.GetProperty("contacts").GetInt32(), plan.GetProperty("files").GetInt32()));
        Assert.StartsWith("2033-01-01", plan.GetProperty("case").GetProperty("keepUntil").GetString(), StringComparison.Ordinal);
        Assert.Equal("closed", (await world.CaseAsync(anna.CaseId())).Head("state"));

        var (status, order) = await EraseAsync(world, anna.Head("number"));
        Assert.Equal((202, "again"), (status, order.GetProperty("stage").GetString()));
        Assert.Equal([], await world.FindAsync(Word));
        var told = Assert.Single(world.Told());
        Assert.Equal((CaseEvent.Erased, anna.CaseId()), (told.Type, told.CaseId));
        using (var gone = await world.RawAsync(HttpMethod.Get, $"/api/cases/{anna.Head("number")}")) Assert.Equal(HttpStatusCode.NotFound,
            gone.StatusCode);
        Assert.Empty((await world.GetAsync("/api/cases?state=closed")).GetProperty("cases").EnumerateArray());
        Assert.Equal("erased: duplicate", await world.EndOfAsync(copy, "sample"));
        Assert.Equal("erased: joined, case", await world.EndOfAsync(mixed, "sample"));
        Assert.Equal("refused", await world.EndOfAsync(quarantined, "sample"));
        Assert.Equal("Guten Tag", Assert.Single((await world.OnlyCaseAsync()).Texts()));
        Assert.Equal("done", (await FinishAsync(world, order)).GetProperty("stage").GetString());

        // The day again, the call again, the provider's own list again.
        var replayed = await world.ReviewAllAsync("replay",
            new JsonObject { ["channel"] = "sample", ["day"] = "2026-11-20", ["dryRun"] = false });
        Assert.Equal(0, replayed.Sum("queued"));
        var again = await world.SampleAsync(SampleChannel.Body(first));
        var thin = await world.SampleAsync(SampleChannel.Body(SampleChannel.Thin("mail/2")));
        api.Held.Add(first);
        world.Time.Advance(TimeSpan.FromMinutes(16));
        Assert.True(await world.TickAsync());
        await world.DrainAsync();
        Assert.Contains(api.Calls, c => c.Contains("held", StringComparison.Ordinal));
        Assert.Equal("erased: erased", await world.EndOfAsync(again, "sample"));
        Assert.Equal("erased: erased", await world.EndOfAsync(thin, "sample"));
        Assert.Equal([], await world.FindAsync(Word));

        // What they say next is a case of its own.
        var next = await world.SampleAsync(SampleChannel.Body(Said(world, "m9")));
        await world.DrainAsync();
        Assert.Equal("ended: case", await world.EndOfAsync(next, "sample"));
        var after = await world.SummaryAsync();
        Assert.Equal(before.GetProperty("deliveries").GetProperty("total").GetInt32() + 3, after.GetProperty("deliveries")
            .GetProperty("total").GetInt32());
        Assert.Equal(0, after.GetProperty("unaccounted").GetInt32());
        var actions = (await world.GetAsync("/api/operations/actions")).GetProperty("actions").EnumerateArray()
            .Single(a => a.GetProperty("what").GetString() == "erase-case");
        Assert.Equal(("Ina", anna.Head("number"), 1),
            (actions.GetProperty("by").GetString(), actions.GetProperty("on").GetString(), actions.GetProperty("counts")
                .GetProperty("cases").GetInt32()));
        Assert.Equal(404, (await EraseAsync(world, anna.Head("number"))).Status);
        Assert.NotEqual("", await world.EndOfAsync(delivery, "sample"));
    }

    [Fact]
    public async Task The_conversation_goes_on_even_where_the_pointer_still_leads_to_the_tombstone()
    {
        await using var world = await TestApp.StartAsync(azurite);
        await world.AcceptAsync(Conversations.Message(1, 1));
        await world.DrainAsync();
        var old = await world.OnlyCaseAsync();
        // A tombstone alone, as a crash leaves it: pointer, seen and events are there.
        var cases = world.Services.GetRequiredService<CaseStore>();
        var head = await cases.HeadAsync(old.CaseId(), CancellationToken.None);
        Assert.True(await cases.BuryAsync(old.CaseId(), head!.ETag, world.Time.GetUtcNow(), null, CancellationToken.None));

        var late = await world.AcceptAsync(Conversations.Message(1, 1));
        var next = await world.AcceptAsync(Conversations.Message(1, 2));
        await world.DrainAsync();
        Assert.Equal("erased: erased", await world.EndOfAsync(late));
        Assert.Equal("ended: case", await world.EndOfAsync(next));
        var file = await world.OnlyCaseAsync();
        Assert.NotEqual(old.CaseId(), file.CaseId());
        Assert.Single(file.Texts());
    }

    [Fact]
    public async Task A_contact_that_slipped_in_finds_another_case()
    {
        await using var world = await TestApp.StartAsync(azurite);
        await world.AcceptAsync(Conversations.Message(1, 1));
        await world.DrainAsync();
        var old = await world.OnlyCaseAsync();
        var (_, order) = await EraseAsync(world, old.CaseId());

        // Its worker had read the head before the tombstone was set, and commits after it.
        world.Time.Advance(TimeSpan.FromSeconds(1));
        var delivery = await world.AcceptAsync(Conversations.Message(1, 2));
        var at = world.Time.GetUtcNow();
        var e = new ContactEvent("slipped", ContactChange.Received,
            new Contact { Channel = "meta", Network = "whatsapp", Account = "1", ExternalId = "slipped", Kind = ContactKind.Message,
                OccurredAt = at, ReceivedAt = at, Text = "late" });
        Assert.Equal(Serverless.Platform.Storage.WriteState.Written,
            (await world.Services.GetRequiredService<CaseStore>()
                .CommitAsync(old.CaseId(), e, new CaseStore.Origin($"meta/{delivery}", "joined"), null, [], isNew: true,
                    CancellationToken.None)).State);
        await world.Services.GetRequiredService<DeliveryStore>()
            .EndAsync(new DeliveryKey("meta", delivery), DeliveryEnd.Ended, ["joined"], "", at, CancellationToken.None);

        Assert.Equal("done", (await FinishAsync(world, order)).GetProperty("stage").GetString());
        await world.DrainAsync();
        Assert.Equal("ended: case", await world.EndOfAsync(delivery));
        Assert.Single((await world.OnlyCaseAsync()).Texts());
    }

    [Fact]
    public async Task Whoever_dies_in_it_is_followed_by_the_next_tick()
    {
        await using var world = await TestApp.StartAsync(azurite);
        List<string> caseIds = [];
        List<StepGate> gates = [];
        List<TestApp> doomed = [];
        // Before the order, while the case goes, between its rows and its end, while deliveries are looked through.
        foreach (var steps in new[] { 4, 9, 11, 14, 17, 21, 26, 31 })
        {
            var person = steps;
            await world.AcceptAsync(Conversations.Message(person, 1));
            await world.AcceptAsync(Conversations.Message(person, 2));
            await world.DrainAsync(bus: false);
            await world.AcceptAsync(Conversations.Message(person, 2));
            await world.DrainAsync(bus: false);
            caseIds.Add((await world.CasesAsync()).Single(c => !caseIds.Contains(c.CaseId())).CaseId());
            gates.Add(new StepGate());
            doomed.Add(await world.TwinAsync(("AzureWebJobsStorage", gates[^1].Through(world.ConnectionString))));
            gates[^1].DieAfter(steps);
            var work = EraseAsync(doomed[^1], caseIds[^1]);
            if (await Task.WhenAny(work, gates[^1].Died) == work)
                Assert.Fail($"{steps}: {(await work).Status} after {string.Join(", ", gates[^1].Passed)}");
            _ = work.ContinueWith(t => _ = t.Exception, TaskScheduler.Default);
            // Died before it was written down: nothing was begun, and whoever asked had no answer.
            var begun = (await world.GetAsync("/api/operations/privacy")).EnumerateArray()
                .Any(o => o.GetProperty("cases")[0].GetProperty("id").GetString() == caseIds[^1]);
            if (!begun) Assert.Equal(202, (await EraseAsync(world, caseIds[^1])).Status);
        }

        for (var tick = 0; tick < 2; tick++)
        {
            world.Time.Advance(TimeSpan.FromMinutes(11));
            Assert.True(await world.TickAsync());
            await world.DrainAsync(bus: false);
        }

        Assert.Empty((await world.GetAsync("/api/operations/privacy")).EnumerateArray());
        Assert.Equal([], await world.FindAsync("493023125", "wamid.talk", "Spülmaschine"));
        Assert.Equal(caseIds.Order(StringComparer.Ordinal), world.Told().Where(t => t.Type == CaseEvent.Erased).Select(t => t.CaseId)
            .Order(StringComparer.Ordinal));
        Assert.Equal(0, (await world.SummaryAsync()).GetProperty("unaccounted").GetInt32());
        foreach (var gate in gates) gate.Dispose();
        await Task.WhenAll(Enumerable.Reverse(doomed).Select(d => d.DisposeAsync().AsTask()));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(6)]
    public async Task It_costs_34_calls_and_four_for_each_contact(int contacts)
    {
        await using var world = await TestApp.StartAsync(azurite);
        for (var number = 1; number <= contacts; number++) await world.AcceptAsync(Conversations.Message(1, number));
        await world.DrainAsync();
        var caseId = (await world.OnlyCaseAsync()).CaseId();
        await EraseAsync(world, caseId, dryRun: true);
        var before = world.Calls.Storage;
        var (_, order) = await EraseAsync(world, caseId);
        var once = world.Calls.Storage - before;
        Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"{34 + (4 * contacts)} for {contacts}"),
            string.Create(CultureInfo.InvariantCulture, $"{once} for {contacts}"));
        Assert.Equal("again", order.GetProperty("stage").GetString());
    }
}
