using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Reconciliation;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>The provider believes it delivered; the second look compares and brings in what never came.</summary>
public sealed class When_deliveries_are_dropped(AzuriteFixture azurite) : IAsyncLifetime, IClassFixture<AzuriteFixture>
{
    private SampleApi _api = null!;
    private TestApp _world = null!;

    public async Task InitializeAsync()
    {
        _api = await SampleApi.StartAsync();
        _world = await azurite.SampleWorldAsync(_api, ("Sample__Sources", "inbox"));
    }

    public async Task DisposeAsync()
    {
        await _world.DisposeAsync();
        await _api.DisposeAsync();
    }

    private DateTimeOffset Now => _world.Time.GetUtcNow();

    private int Looks => _api.Calls.Count(c => c.StartsWith("/held", StringComparison.Ordinal));

    private async Task LookAsync(TimeSpan after)
    {
        _world.Time.Advance(after);
        Assert.True(await _world.TickAsync());
        Assert.Equal(0, await _world.DrainAsync());
    }

    /// <summary>Something happens at the provider; it reaches us or not.</summary>
    private async Task HappensAsync(string id, string thread, bool dropped)
    {
        var element = SampleChannel.Element(id, Now, thread);
        _api.Held.Add(element);
        if (!dropped) await _world.SampleAsync(SampleChannel.Body(element));
    }

    /// <summary>By how much the only contact of a case was late, in seconds; null for one that was in time.</summary>
    private static long? Gap(JsonElement file) =>
        Assert.Single(file.GetProperty("contacts").EnumerateArray()).GetProperty("contact").TryGetProperty("recovery", out var recovery)
        ? recovery.GetProperty("gapSeconds").GetInt64() : null;

    private async Task<JsonElement> SourceAsync() =>
        (await _world.SummaryAsync()).GetProperty("looks").EnumerateArray().Single(l => l.GetProperty("channel").GetString() == "sample")
        .GetProperty("sources")[0];

    [Fact]
    public async Task What_was_found_is_counted_and_the_next_look_begins_behind_it()
    {
        await LookAsync(TimeSpan.Zero);
        for (var i = 0; i < 20; i++) await HappensAsync($"m{i}", $"person {i % 10}", dropped: i == 7);
        Assert.Equal(0, await _world.DrainAsync());
        await LookAsync(TimeSpan.FromMinutes(16));
        Assert.All(await _world.CasesAsync(), c => Assert.Equal(2, c.GetProperty("contacts").GetArrayLength()));

        var source = await SourceAsync();
        Assert.Equal((1, 1), (source.GetProperty("found").GetInt32(), source.GetProperty("foundInAll").GetInt32()));
        Assert.Equal(0, (await _world.SummaryAsync()).GetProperty("unaccounted").GetInt32());
        var (status, says) = await _world.HealthAsync("channel:sample");
        Assert.Equal("green", status);
        Assert.Contains("Reconciliation of inbox: last at", says, StringComparison.Ordinal);
        Assert.Contains("carrier pigeon", says, StringComparison.Ordinal);

        var looks = Looks;
        await LookAsync(TimeSpan.FromMinutes(16));
        Assert.Equal(looks + 1, Looks);
        Assert.Equal(0, (await SourceAsync()).GetProperty("found").GetInt32());
    }

    [Fact]
    public async Task What_was_recovered_counts_from_its_own_time_and_its_events_say_so()
    {
        await LookAsync(TimeSpan.Zero);
        var at = Now;
        await HappensAsync("m1", "anna", dropped: true);
        _world.Time.Advance(TimeSpan.FromDays(2));
        await LookAsync(TimeSpan.Zero);
        var file = await _world.OnlyCaseAsync();
        Assert.Equal(2 * 24 * 60 * 60, Gap(file));
        Assert.Equal(at, file.GetProperty("case").GetProperty("waitingSince").GetDateTimeOffset());
        Assert.Equal(at.AddDays(1), file.GetProperty("case").GetProperty("dueAt").GetDateTimeOffset());
        Assert.True(file.GetProperty("history")[0].GetProperty("event").GetProperty("data").GetProperty("recovered").GetBoolean());
    }

    [Fact]
    public async Task What_is_still_on_its_way_is_a_contact_like_any_other()
    {
        await LookAsync(TimeSpan.Zero);
        _world.Time.Advance(TimeSpan.FromMinutes(14));
        await HappensAsync("m1", "anna", dropped: true);
        await LookAsync(TimeSpan.FromMinutes(1));
        Assert.Null(Gap(await _world.OnlyCaseAsync()));
        var late = await _world.SampleAsync(SampleChannel.Body(_api.Held[0]));
        Assert.Equal(0, await _world.DrainAsync());
        Assert.Equal("ended: duplicate", await _world.EndOfAsync(late, "sample"));
        await _world.OnlyCaseAsync();
    }

    [Fact]
    public async Task A_source_begins_in_silence_unless_a_date_is_set()
    {
        await HappensAsync("m1", "anna", dropped: true);
        await LookAsync(TimeSpan.FromDays(1));
        await LookAsync(TimeSpan.FromHours(1));
        Assert.Empty(await _world.CasesAsync());

        _world.Set(("Reconciliation__From", "2026-11-01T00:00:00Z"));
        await LookAsync(TimeSpan.FromMinutes(5));
        Assert.Equal(25 * 60 * 60 + 5 * 60, Gap(await _world.OnlyCaseAsync()));
    }

    [Fact]
    public async Task Trouble_leaves_the_cursor_is_said_and_waits_as_long_as_asked()
    {
        await LookAsync(TimeSpan.Zero);
        await HappensAsync("m1", "anna", dropped: true);
        (_api.Trouble, _api.RetryAfter) = (429, 3600);
        await LookAsync(TimeSpan.FromMinutes(16));
        Assert.Equal("rate-limited", (await SourceAsync()).GetProperty("reason").GetString());
        Assert.Equal("yellow", (await _world.HealthAsync("channel:sample")).Status);
        (_api.Trouble, _api.RetryAfter) = (null, null);
        var looks = Looks;
        await LookAsync(TimeSpan.FromMinutes(59));
        Assert.Equal(looks, Looks);
        await LookAsync(TimeSpan.FromMinutes(2));
        await _world.OnlyCaseAsync();
        Assert.False((await SourceAsync()).TryGetProperty("reason", out _));

        // The provider forgets the cursor: all of it is looked at again, and what is known is recognised.
        await HappensAsync("m2", "boris", dropped: true);
        _api.OldestCursor = 1000;
        await LookAsync(TimeSpan.FromMinutes(16));
        Assert.Equal("restarts-for-ever", (await SourceAsync()).GetProperty("reason").GetString());
        _api.OldestCursor = 0;
        await LookAsync(TimeSpan.FromMinutes(16));
        Assert.Equal(2, (await _world.CasesAsync()).Count);
        Assert.Equal(1, (await SourceAsync()).GetProperty("found").GetInt32());
    }

    [Fact]
    public async Task A_tick_asks_for_so_many_pages_and_the_next_one_goes_on()
    {
        await LookAsync(TimeSpan.Zero);
        (_api.PageSize, var looks) = (2, Looks);
        _world.Set(("Reconciliation__PagesPerTick", "3"));
        for (var i = 0; i < 8; i++) await HappensAsync($"m{i}", $"person {i}", dropped: true);
        await LookAsync(TimeSpan.FromMinutes(16));
        Assert.Equal((3, 6), (Looks - looks, (await _world.CasesAsync()).Count));
        await LookAsync(TimeSpan.FromMinutes(5));
        Assert.Equal((4, 8), (Looks - looks, (await _world.CasesAsync()).Count));
        await LookAsync(TimeSpan.FromMinutes(5));
        Assert.Equal(4, Looks - looks);
    }

    [Fact]
    public async Task A_broken_subscription_makes_it_due_at_once()
    {
        await LookAsync(TimeSpan.Zero);
        _world.Time.Advance(TimeSpan.FromMinutes(1));
        await HappensAsync("m1", "anna", dropped: true);
        await LookAsync(TimeSpan.FromMinutes(1));
        Assert.Empty(await _world.CasesAsync());
        await _world.SampleAsync(SampleChannel.Body(new JsonObject { ["attention"] = "subscription-removed" }));
        await _world.DrainAsync();
        await LookAsync(TimeSpan.FromMinutes(1));
        await _world.OnlyCaseAsync();
        var looks = Looks;
        await LookAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(looks, Looks);
    }

    [Fact]
    public async Task Two_instances_never_both_look()
    {
        await LookAsync(TimeSpan.Zero);
        for (var i = 0; i < 3; i++) await HappensAsync($"m{i}", $"person {i}", dropped: true);
        _world.Time.Advance(TimeSpan.FromMinutes(16));
        await using var twin = await TwinAsync(null);
        var looks = Looks;
        Assert.All(await Task.WhenAll(_world.TickAsync(), twin.TickAsync()), Assert.True);
        Assert.Equal(looks + 1, Looks);
        Assert.Equal(0, await _world.DrainAsync());
        Assert.Equal(3, (await _world.CasesAsync()).Count);
    }

    [Fact]
    public async Task Every_step_of_a_look_is_safe_to_die_in()
    {
        await LookAsync(TimeSpan.Zero);
        List<StepGate> gates = [];
        List<TestApp> doomed = [];
        var happened = 0;
        for (var steps = 0; ; steps++)
        {
            for (var i = 0; i < 2; i++) await HappensAsync($"m{happened}", $"person {happened++}", dropped: true);
            _world.Time.Advance(TimeSpan.FromMinutes(16));
            gates.Add(new StepGate());
            var twin = await TwinAsync(gates[^1]);
            doomed.Add(twin);
            gates[^1].DieAfter(steps);
            var look = twin.Services.GetRequiredService<Reconciler>().LookAsync(CancellationToken.None);
            var died = await Task.WhenAny(look, gates[^1].Died) == gates[^1].Died;
            if (!died) await look;
            else _ = look.ContinueWith(t => _ = t.Exception, TaskScheduler.Default);

            // The claim of the dead runs out; what it stored is not worked yet, so only the ids tell that it is there.
            _world.Time.Advance(TimeSpan.FromMinutes(7));
            Assert.True(await _world.TickAsync());
            Assert.True(steps < 40, "More than 40 steps: is something repeated for ever?");
            if (!died) break;
        }

        Assert.InRange(gates.Count, 9, 20);
        Assert.Equal(0, await _world.DrainAsync());
        var summary = await _world.SummaryAsync();
        Assert.Equal((happened, 0),
            (summary.GetProperty("deliveries").GetProperty("total").GetInt32(), summary.GetProperty("unaccounted").GetInt32()));
        Assert.Equal(happened, (await _world.CasesAsync()).Count);
        foreach (var gate in gates) gate.Dispose();
        foreach (var twin in doomed) await twin.DisposeAsync();
    }

    private Task<TestApp> TwinAsync(StepGate? gate) => _world.TwinAsync(
        ("Sample__ApiUrl", _api.Address.AbsoluteUri), ("Sample__Sources", "inbox"),
        ("AzureWebJobsStorage", gate?.Through(_world.ConnectionString) ?? _world.ConnectionString));

    [Fact]
    public async Task Nobody_outside_may_look()
    {
        var body = SampleChannel.Body(SampleChannel.Element("m1", Now));
        using var answer = await _world.SendAsync("LOOK", "/api/hooks/sample/look/message", [new("x-sample-key", "good")], body);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
        Assert.Equal(0, await _world.DrainAsync());
        Assert.Equal(0, (await _world.SummaryAsync()).GetProperty("deliveries").GetProperty("total").GetInt32());
        await LookAsync(TimeSpan.Zero);
    }
}
