using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Operations;
using Serverless.Platform.Messaging;
using Serverless.Platform.Storage;
using Serverless.Platform.Telemetry;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Operations;

/// <summary>What waits for a person stands in Health with the step that mends it, in the summary, and in the gauges; counting it stays
/// cheap and needs neither storage nor bus to answer.</summary>
// Whoever exports listens for the whole process: beside it nobody can tell that nobody listens.
[Collection("telemetry")]
public sealed class BacklogTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    [Fact]
    public async Task Each_kind_is_counted_in_Health_with_its_step_in_the_summary_and_in_the_gauges()
    {
        var gauged = new ConcurrentDictionary<string, int>(StringComparer.Ordinal);
        using var listener =
            new MeterListener { InstrumentPublished = (instrument,
                l) => { if (instrument is Gauge<int> && instrument.Meter.Name == Measures.Name) l.EnableMeasurementEvents(instrument); } };
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => gauged[Line(instrument, tags)] = value);
        listener.Start();
        await using var collector = await RecordingEndpoint.StartAsync(200);
        await using var refuses = await Subscriber.StartAsync(Subscriber.Status(413));
        await using var busy = await Subscriber.StartAsync(Subscriber.Status(503));
        await using var world = await TestApp.StartAsync(
            azurite, ("Owners__Default", null), ("ServiceLevels__DefaultMinutes", "120"), ("Notification__RetrySeconds", "90000"),
            ("Registration__Expires__MetaAppSecret", "2026-12-01"), ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Address.ToString()));
        await world.SubscribeAsync("refuses", refuses.Address, """ "types":["serverless.case.opened.v1"] """);
        await world.SubscribeAsync("busy", busy.Address, """ "types":["serverless.case.opened.v1"] """);
        // Before the channel has proven itself: later they would be refused.
        foreach (var id in new[] { "f-1", "f-2" })
            (await world.SendMetaAsync(MetaCall.Messages(new MetaSaid(id, "4915112345679", "Falsch", world.Time.GetUtcNow())),
                "not the secret")).Dispose();
        foreach (var customer in new[] { "1", "2" })
            await world.AcceptAsync(
                MetaCall.Messages(new MetaSaid($"m-{customer}", $"491511234567{customer}", "Die Heizung ist aus.",
                    world.Time.GetUtcNow())));
        Assert.Equal(0, await world.DrainAsync());
        foreach (var (queue, text) in new[] { ("inbound", "one"), ("inbound", "two"), ("replies-poison", "three") })
            await world.Services.GetRequiredService<PoisonMessages>().KeepAsync(queue, text, "test", CancellationToken.None);
        Assert.True(await world.InvokeAsync("Daily", "timer", new JsonObject { ["IsPastDue"] = false }));
        world.Time.Advance(TimeSpan.FromMinutes(121));
        Assert.True(await world.TickAsync());

        await SaysAsync(world, "poison-messages", "yellow", "Poison messages: 3 (inbound: 2, replies-poison: 1)",
            "api/operations/poison-messages?queue=inbound", "resubmit", "discard");
        await SaysAsync(world, "deliveries", "green", "Deliveries without an outcome: 0.");
        await SaysAsync(world, "quarantine", "yellow", "meta: 2 calls failed verification", "api/operations/quarantine?channel=meta",
            "release");
        await SaysAsync(world, "cases", "yellow", "Open cases: 2; overdue: 2.", "api/cases?dueBefore=2026-11-20T",
            "ServiceLevels__DefaultMinutes");
        await SaysAsync(world, "owners", "red", "Owners__Default is missing");
        await SaysAsync(world, "notices", "yellow", "webhook: 2 failed notifications in the last seven days",
            "api/operations/notices/resend", "webhook: 2 notifications wait for a retry.");
        await SaysAsync(world, "upkeep", "green", "Next to expire: settings, MetaAppSecret, in 10 days. GET api/operations/channels");
        world.Set(("Owners__Default", "service"));
        await SaysAsync(world, "owners", "red", "Open cases without an owner: 2.", "api/cases?owner=(nobody)", "hand-over");
        Assert.Equal(2, (await world.GetAsync("/api/cases?owner=(nobody)")).GetProperty("cases").GetArrayLength());

        var summary = await world.SummaryAsync();
        Assert.Equal((3, 2),
            (summary.GetProperty("poisonMessages").GetInt32(), summary.GetProperty("poison").GetProperty("inbound").GetInt32()));
        Assert.Equal((2, 2, 2),
            (summary.GetProperty("openCases").GetProperty("total").GetInt32(), summary.GetProperty("openCases").GetProperty("overdue")
                .GetInt32(), summary.GetProperty("openCases").GetProperty("ownerless").GetInt32()));
        Assert.Equal((2, 0),
            (summary.GetProperty("deliveries").GetProperty("quarantined").GetInt32(), summary.GetProperty("unaccounted").GetInt32()));
        Assert.Equal("MetaAppSecret", Assert.Single(summary.GetProperty("expires").EnumerateArray()).GetProperty("name").GetString());

        foreach (var (gauge, value) in new[]
        {
            ("serverless.poison_messages queue=inbound", 2), ("serverless.poison_messages queue=attachments", 0),
            ("serverless.poison_messages queue=notify-teams-poison", 0),
            ("serverless.deliveries.quarantined channel=meta", 2), ("serverless.cases which=all", 2), ("serverless.cases which=overdue", 2),
            ("serverless.cases which=ownerless", 2),
            ("serverless.notices.standing route=webhook state=failed", 2), ("serverless.notices.standing route=webhook state=waiting", 2),
            ("serverless.expires channel=settings", 10),
        }) Assert.True(gauged.TryGetValue(gauge, out var measured) && measured == value, $"{gauge}: {measured}");
    }

    [Fact]
    public async Task A_case_that_was_answered_is_not_overdue_any_more()
    {
        await using var world = await TestApp.StartAsync(azurite, ("ServiceLevels__DefaultMinutes", "60"),
            ("Cases__EscalateMinutes", "60"));
        await world.AcceptAsync(MetaCall.Messages(new MetaSaid("m-1", "4915112345671", "Hallo?", world.Time.GetUtcNow())));
        Assert.Equal(0, await world.DrainAsync());
        foreach (var minutes in new[] { 61, 61, 61 })
        {
            world.Time.Advance(TimeSpan.FromMinutes(minutes));
            Assert.True(await world.TickAsync());
            Assert.True(await world.TickAsync());
            Assert.Equal("yellow", (await world.HealthAsync("cases")).Status);
        }

        await world.AcceptAsync(MetaCall.Echo(new MetaSaid("m-2", "4915112345671", "Wir sind dran.", world.Time.GetUtcNow())));
        Assert.Equal(0, await world.DrainAsync());
        world.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(("green", "Open cases: 1; overdue: 0."), await world.HealthAsync("cases"));
    }

    [Fact]
    public async Task While_the_bus_is_down_that_part_says_why_and_all_others_answer()
    {
        await using var world = await TestApp.StartAsync(azurite);
        world.Broker.Refuse(503);
        await world.AcceptAsync(MetaCall.Messages(new MetaSaid("m-1", "4915112345671", "Hallo?", world.Time.GetUtcNow())));
        Assert.Equal(0, await world.DrainAsync());
        await SaysAsync(world, "topic", "red", "Cases with unpublished events: 1.", "The bus refused the message",
            "no event sent by this instance yet");
        await SaysAsync(world, "deliveries", "green", "Deliveries without an outcome: 0.");
        world.Broker.Accept();
        world.Time.Advance(TimeSpan.FromMinutes(5));
        Assert.True(await world.TickAsync());
        await SaysAsync(world, "topic", "green", $"last event sent by this instance at {world.Time.GetUtcNow():O}");
    }

    [Fact]
    public async Task A_count_has_a_bound_and_says_when_it_stopped_there()
    {
        var (tables, name) = (azurite.Tables(), AzuriteFixture.UniqueName());
        for (var i = 0; i < 4; i++) await tables.InsertAsync(name, new TableRow("p", $"{i}"), CancellationToken.None);
        Assert.Equal("3 or more", (await tables.CountAsync(name, TableQuery.Partition("p"), 3, CancellationToken.None)).ToString());
        Assert.Equal("4", (await tables.CountAsync(name, TableQuery.Partition("p"), 5, CancellationToken.None)).ToString());
    }

    [Fact]
    public async Task What_costs_reads_is_read_once_in_half_a_minute_however_many_ask_and_anew_after_a_failure()
    {
        var (time, reads) = (new FakeTime(), 0);
        var reading = new Cached<int>(time, TimeSpan.FromSeconds(30), _ => ++reads == 1
            ? Task.FromException<int>(new InvalidOperationException()) : Task.FromResult(reads));
        await Assert.ThrowsAsync<InvalidOperationException>(() => reading.GetAsync(CancellationToken.None));
        Assert.All(await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => reading.GetAsync(CancellationToken.None))), n =>
            Assert.Equal(2, n));
        time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(3, await reading.GetAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Notices_that_go_together_are_counted_each()
    {
        ConcurrentBag<string> counted = [];
        using var listener =
            new MeterListener { InstrumentPublished = (instrument,
                l) => { if (instrument.Name == "serverless.notices" && instrument.Meter.Name == Measures.Name)
                    l.EnableMeasurementEvents(instrument); } };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => counted.Add($"{value} {Line(instrument, tags)}"));
        listener.Start();
        await using var anna = await Subscriber.StartAsync();
        await using var world = await TestApp.StartAsync(
            azurite, ("Owners__Default", "anna"), ("Recipients__Entries__anna__TeamsUrl", anna.Address.ToString()),
            ("Recipients__Entries__anna__DigestCount", "4"), ("Notification__BurstCount", "0"));
        foreach (var customer in "1234")
            await world.AcceptAsync(
                MetaCall.Messages(new MetaSaid($"m-{customer}", $"491511234567{customer}", "Die Heizung ist aus.",
                    world.Time.GetUtcNow())));
        Assert.Equal(0, await world.DrainAsync());
        Assert.Single(anna.Told);
        Assert.Contains("4 serverless.notices route=teams outcome=Delivered", counted);
        Assert.Contains("1 serverless.notices route=teams outcome=Later", counted);
    }

    private static async Task SaysAsync(TestApp world, string part, string status, params string[] words)
    {
        var (stands, says) = await world.HealthAsync(part);
        Assert.True(stands == status, $"{part}: {stands} {says}");
        Assert.All(words, word => Assert.True(says.Contains(word, StringComparison.Ordinal), $"{word} in {says}"));
    }

    private static string Line(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        List<string> line = [instrument.Name];
        foreach (var (name, word) in tags) line.Add(string.Create(CultureInfo.InvariantCulture, $"{name}={word}"));
        return string.Join(' ', line);
    }
}
