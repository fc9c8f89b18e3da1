using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Azure;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Intake;
using Serverless.Platform.Storage;
using Serverless.Tests.Harness;
using Xunit;
using Xunit.Abstractions;

namespace Serverless.Tests.Journeys;

/// <summary>
/// One call brings more than one turn can work: nothing is lost, nothing double, whoever dies or races. The whole proof is a command:
/// <c>BATCH=5000 dotnet test --filter When_a_batch_is_large</c> sends so
/// many signed events in one call, under the real clock and the default settings, and prints how long it took.
/// </summary>
public sealed class When_a_batch_is_large(AzuriteFixture azurite, ITestOutputHelper output) : IClassFixture<AzuriteFixture>
{
    private const int People = 12;
    private const int Each = 5;

    // Some 25 looks at the clock for each turn.
    private static readonly (string Name, string? Value)[] Small = [("Receive__WorkSeconds", "0.025")];

    [Fact]
    public async Task It_ends_after_several_turns()
    {
        await using var world = await StartAsync();
        var delivery = await world.SampleAsync(Batch(world));
        Assert.Equal(0, await world.DrainAsync(bus: false));
        Assert.InRange(Turns(world), 3, 60);
        await HoldsAsync(world, delivery);
    }

    [Fact]
    public async Task A_worker_that_dies_between_two_turns_costs_a_tick()
    {
        await using var world = await StartAsync();
        var delivery = await world.SampleAsync(Batch(world));
        Assert.True(await world.WorkAsync(delivery, "sample"));
        var done = await DoneAsync(world, delivery);
        Assert.InRange(done, 1, (People * Each) - 1);
        // It noted how far it was, and died before it put the message back; the one that it worked is lost with it.
        await world.Services.GetRequiredService<QueueStore>().ClearAsync(DeliveryMessage.Queue, CancellationToken.None);
        Assert.Equal(0, await world.DrainAsync(bus: false));
        Assert.Equal(done, await DoneAsync(world, delivery));
        world.Time.Advance(TimeSpan.FromMinutes(16));
        Assert.True(await world.TickAsync());
        Assert.Equal(0, await world.DrainAsync(bus: false));
        await HoldsAsync(world, delivery);
    }

    [Fact]
    public async Task A_turn_that_was_not_noted_is_repeated_without_doubling()
    {
        await using var world = await StartAsync();
        var delivery = await world.SampleAsync(Batch(world));
        for (var turn = 0; turn < 2; turn++)
        {
            Assert.True(await world.WorkAsync(delivery, "sample"));
            // It died after it filed and before it noted.
            var key = new DeliveryKey("sample", delivery);
            await world.Services.GetRequiredService<TableStore>()
                .MergeAsync(key.Table, new TableRow(key.Partition, key.Id) { ["Done"] = 0 }, ETag.All, CancellationToken.None);
        }

        Assert.Equal(0, await world.DrainAsync(bus: false));
        await HoldsAsync(world, delivery);
        // Its repetition by the provider is another delivery with the same events.
        var again = await world.SampleAsync(Batch(world));
        Assert.Equal(0, await world.DrainAsync(bus: false));
        Assert.Equal("ended: " + string.Join(", ", Enumerable.Repeat("duplicate", People * Each)), await world.EndOfAsync(again, "sample"));
        Assert.Equal(People * Each, world.Told().Count);
    }

    [Fact]
    public async Task Two_workers_at_once_double_nothing()
    {
        await using var world = await StartAsync();
        await using var twin = await world.TwinAsync([("Sample__ApiUrl", "http://127.0.0.1:9/"), .. Small]);
        var delivery = await world.SampleAsync(Batch(world));
        await Task.WhenAll(WorkAsync(world), WorkAsync(twin));
        Assert.Equal(0, await world.DrainAsync(bus: false));
        await HoldsAsync(world, delivery);

        async Task WorkAsync(TestApp one)
        {
            for (var turn = 0; turn < 60 && (await one.EndOfAsync(delivery, "sample")).StartsWith("open", StringComparison.Ordinal); turn++)
                await one.WorkAsync(delivery, "sample");
        }
    }

    [Fact]
    public async Task A_replay_of_it_takes_turns_too_and_changes_nothing()
    {
        await using var world = await StartAsync();
        var delivery = await world.SampleAsync(Batch(world));
        Assert.Equal(0, await world.DrainAsync(bus: false));
        var turns = Turns(world);
        using var answer = await world.RawAsync(HttpMethod.Post, "/api/operations/replay",
            $$"""{"channel":"sample","delivery":"{{delivery}}","dryRun":false}""");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(0, await world.DrainAsync(bus: false));
        Assert.InRange(Turns(world), turns + 2, 200);
        await HoldsAsync(world, delivery);
    }

    [Fact]
    public async Task Thousands_end_without_a_timeout()
    {
        var count = int.TryParse(Environment.GetEnvironmentVariable("BATCH"), out var given) ? given : 60;
        await using var world = await TestApp.StartAsync(azurite, services => services.AddSingleton(TimeProvider.System));
        var body = Encoding.UTF8.GetBytes("[" + string.Join(',', Enumerable.Range(0, count).Select(i =>
            $$$"""{"specversion":"1.0","id":"e{{{i}}}","source":"https://www.example.com/app","type":"contact.form.submitted.v1","data":{"text":"Nr {{{i}}}","person":{"email":"p{{{i % (count / 2)}}}@example.com"} }}""")) + "]");
        var stamp = DateTimeOffset.UtcNow.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var key = Convert.FromBase64String(Seed.SettingsOf("generic")["Channels__Generic__Secret"]!["whsec_".Length..]);
        var signature = Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"m1.{stamp}.").Concat(body).ToArray()));
        using var answer = await world.SendAsync(
            "POST", "/api/hooks/generic",
            [new("Content-Type", "application/cloudevents-batch+json"), new("webhook-id", "m1"), new("webhook-timestamp", stamp),
                new("webhook-signature", $"v1,{signature}")], body);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        var delivery = answer.Headers.GetValues("X-Delivery-Id").Single();
        var (all, longest, turns, peak) = (Stopwatch.StartNew(), TimeSpan.Zero, 0, 0L);
        var cpu = Process.GetCurrentProcess().TotalProcessorTime;
        while ((await world.EndOfAsync(delivery, "generic")).StartsWith("open", StringComparison.Ordinal))
        {
            var turn = Stopwatch.StartNew();
            Assert.True(await world.WorkAsync(delivery, "generic"));
            if (turn.Elapsed > longest) longest = turn.Elapsed;
            peak = Math.Max(peak, Process.GetCurrentProcess().WorkingSet64);
            output.WriteLine(
                $"turn {++turns}: {turn.Elapsed.TotalSeconds:F1} s, done {await DoneAsync(world, delivery, "generic")} of {count}");
        }

        cpu = Process.GetCurrentProcess().TotalProcessorTime - cpu;
        output.WriteLine(
            $"{count} events, {body.Length / 1024} KB, {turns} turns, {all.Elapsed.TotalSeconds:F0} s in all, longest turn {longest.TotalSeconds:F1} s, "
            + $"{count / all.Elapsed.TotalSeconds:F0} a second, {cpu.TotalMilliseconds / count:F1} ms of processor each, working set {peak >> 20} MiB");
        Assert.True(longest < TimeSpan.FromMinutes(2), $"A turn took {longest}.");
        var ends = (await world.SummaryAsync()).GetProperty("ends");
        Assert.Equal(count, ends.EnumerateObject().Sum(e => e.Value.GetInt32()));
        Assert.False(ends.TryGetProperty("duplicate", out _));
    }

    private Task<TestApp> StartAsync() => TestApp.StartAsync(
        azurite,
        services =>
        {
            SampleChannel.Add(services);
            SteppingTime.Add(services);
        },
        [("Sample__ApiUrl", "http://127.0.0.1:9/"), .. Small]);

    // Messages of one person in order, those of all people mixed.
    private static byte[] Batch(TestApp world)
    {
        var at = world.Time.GetUtcNow().AddMinutes(-30);
        return SampleChannel.Body([.. Enumerable.Range(0, People * Each)
            .Select(i => SampleChannel.Element($"m{i:d3}", at.AddSeconds(i), $"person-{i % People}"))]);
    }

    private static int Turns(TestApp world) => world.Log.Lines.Count(l => l.StartsWith("turn over", StringComparison.Ordinal));

    private static async Task<int> DoneAsync(TestApp world, string delivery, string channel = "sample")
    {
        var key = new DeliveryKey(channel, delivery);
        return (await world.Services.GetRequiredService<DeliveryStore>().FindAsync(key, CancellationToken.None))?.Int("Done") ?? 0;
    }

    /// <summary>Every message once in its person's case, in order; each told once, in that order; each end counted once.</summary>
    private static async Task HoldsAsync(TestApp world, string delivery)
    {
        var end = await world.EndOfAsync(delivery, "sample");
        Assert.StartsWith("ended: ", end, StringComparison.Ordinal);
        var ends = end["ended: ".Length..].Split(", ");
        Assert.Equal((People, People * (Each - 1)), (ends.Count(e => e == "case"), ends.Count(e => e == "joined")));
        Assert.All(ends.Take(People), e => Assert.Equal("case", e));
        var cases = await world.CasesAsync();
        Assert.Equal(People, cases.Count);
        foreach (var texts in cases.Select(c => c.Texts()))
        {
            Assert.Equal(Each, texts.Count);
            Assert.Equal(texts.Order(StringComparer.Ordinal), texts);
        }

        var told = world.Told();
        Assert.Equal(People * Each, told.Select(t => t.Id).Distinct().Count());
        Assert.Equal(People * Each, told.Count);
        var order = cases.SelectMany(c => c.GetProperty("contacts").EnumerateArray())
            .ToDictionary(c => c.GetProperty("id").GetString()!, c => c.GetProperty("contact").GetProperty("text").GetString());
        foreach (var one in told.GroupBy(t => t.CaseId))
        {
            List<string?> texts = [.. one.Select(t => order[t.ContactId!])];
            Assert.Equal(texts.Order(StringComparer.Ordinal), texts);
        }

        Assert.Equal(0, (await world.SummaryAsync()).GetProperty("unaccounted").GetInt32());
    }
}
