using System.Text.Json;
using System.Text.Json.Nodes;
using Serverless.Channels;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>What is registered at a provider is not what the settings ask for, or ends soon: it is seen, told once, and repaired only where
/// that is allowed.</summary>
public sealed class When_a_registration_drifts(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private readonly LoopbackNetwork _pigeons = new();

    // Real channels are off: their upkeep has tests of its own.
    private Task<TestApp> StartAsync(params (string Name, string? Value)[] settings) =>
        TestApp.StartAsync(azurite, _pigeons.Add,
            [("Hooks__PublicBaseUrl", "https://contact.example.com/"),
                .. Seed.Channels.Select(c => ($"Channels__{c}__Enabled", (string?)"false")), .. settings]);

    private static Task<bool> DailyAsync(TestApp world) => world.InvokeAsync("Daily", "timer", new JsonObject { ["IsPastDue"] = false });

    private static List<string> Told(TestApp world) => [.. world.Broker.Active("case-events", "everything").Select(m =>
    {
        using var json = JsonDocument.Parse(m.Body);
        var data = json.RootElement.GetProperty("data");
        var days = data.TryGetProperty("days", out var value) ? $" {value}" : "";
        return $"{json.RootElement.GetProperty("type").GetString()!["serverless.".Length..]} {data.GetProperty("name").GetString()}{days}";
    })];

    [Fact]
    public async Task It_is_told_once_and_health_names_the_step()
    {
        await using var world = await StartAsync();
        _pigeons.Registrations = _ =>
            [new("webhook", RegistrationState.Drifted, "No address is entered.", "Enter it."),
                new("perch", RegistrationState.ByHand, null, "Feed them.")];
        Assert.True(await DailyAsync(world));
        Assert.True(await DailyAsync(world));
        Assert.Equal(["channel.drifted.v1 webhook"], Told(world));
        Assert.Equal(("red", "pigeon, webhook: Drifted. No address is entered. Enter it."), await world.HealthAsync("upkeep"));
        Assert.All(_pigeons.Checks, c => Assert.Equal(new RegistrationCheckRequest("https://contact.example.com", false), c));

        var report = await world.GetAsync("/api/operations/channels");
        Assert.Equal(["perch: Feed them.", "webhook: Enter it."], report.GetProperty("steps").EnumerateArray()
            .Select(s => $"{s.GetProperty("name").GetString()}: {s.GetProperty("step").GetString()}"));

        // Put right by a person; the perch is gone for good.
        _pigeons.Registrations = _ => [new("webhook", RegistrationState.Right)];
        Assert.True(await DailyAsync(world));
        Assert.Equal(("green", ""), await world.HealthAsync("upkeep"));
        report = await world.GetAsync("/api/operations/channels");
        Assert.Equal(["webhook"], report.GetProperty("channels").EnumerateArray().Single(c => c.GetProperty("name").GetString() == "pigeon")
            .GetProperty("registrations").EnumerateArray().Select(r => r.GetProperty("name").GetString()));
        Assert.Equal(0, await world.DrainAsync());
    }

    [Theory]
    [InlineData("pigeon")]
    [InlineData("meta, pigeon")]
    [InlineData("*")]
    public async Task It_is_repaired_where_the_settings_allow_it(string repair)
    {
        await using var world = await StartAsync(("Registration__Repair", repair));
        _pigeons.Registrations = upkeep =>
            [new("webhook", upkeep.Repair ? RegistrationState.Repaired : RegistrationState.Drifted),
                new("other", RegistrationState.Foreign, "Leads to test.example.com.")];
        Assert.True(await DailyAsync(world));
        Assert.Equal(["channel.foreign.v1 other", "channel.repaired.v1 webhook"], Told(world).Order(StringComparer.Ordinal));
        Assert.Equal("yellow", (await world.HealthAsync("upkeep")).Status);
    }

    [Fact]
    public async Task A_person_may_have_it_checked_and_repaired_at_once()
    {
        await using var world = await StartAsync();
        _pigeons.Registrations = upkeep => [new("webhook", upkeep.Repair ? RegistrationState.Repaired : RegistrationState.Drifted)];
        async Task<string> CheckAsync(string channel, string? body)
        {
            using var answer = await world.RawAsync(HttpMethod.Post, $"/api/operations/channels/{channel}/check", body);
            if (!answer.IsSuccessStatusCode) return ((int)answer.StatusCode).ToString();
            using var json = JsonDocument.Parse(await answer.TextAsync());
            return json.RootElement.GetProperty("registrations")[0].GetProperty("status").GetString()!;
        }

        Assert.Equal("Drifted", await CheckAsync("pigeon", null));
        Assert.Equal("Drifted", await CheckAsync("pigeon", """{"repair":false}"""));
        Assert.Equal("Repaired", await CheckAsync("pigeon", """{"repair":true}"""));
        Assert.Equal("400", await CheckAsync("pigeon", """{"repair":"yes"}"""));
        Assert.Equal("404", await CheckAsync("generic", null));
    }

    [Fact]
    public async Task A_provider_that_raises_an_alarm_is_asked_by_the_next_tick_and_not_again()
    {
        await using var world = await StartAsync();
        Assert.True(await world.TickAsync());
        Assert.Empty(_pigeons.Checks);
        world.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("ended: ignored:subscription-removed",
            await world.PigeonAsync(new { attention = "subscription-removed", at = world.Time.GetUtcNow() }));
        world.Time.Advance(TimeSpan.FromMinutes(4));
        Assert.True(await world.TickAsync());
        Assert.True(await world.TickAsync());
        Assert.Single(_pigeons.Checks);
    }

    [Fact]
    public async Task What_ends_is_told_at_thirty_seven_and_one_days_once_each()
    {
        var end = new DateTimeOffset(2027, 1, 31, 0, 0, 0, TimeSpan.Zero);
        await using var world = await StartAsync(("Registration__Expires__AppSecret", "2027-01-31"),
            ("Registration__Expires__Typo", "soon"));
        _pigeons.Registrations = _ =>
            [new("subscription", RegistrationState.Right, ExpiresAt: world.Time.GetUtcNow().AddDays(6)),
                new("token", RegistrationState.Right, null, "Make a new one.", end)];
        List<string> told = [];
        foreach (var days in new[] { 40, 29.5, 29, 20, 7, 6, 1, 0.5, -1 })
        {
            world.Time.Set(end.AddDays(-days));
            Assert.True(await DailyAsync(world));
            told = Told(world);
        }

        Assert.Equal(
            ["AppSecret 1", "AppSecret 30", "AppSecret 7", "token 1", "token 30", "token 7"],
            told.Select(t => t.Replace("credential.expiring.v1 ", "", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        var (status, says) = await world.HealthAsync("upkeep");
        Assert.Equal("red", status);
        Assert.Contains("Write Registration__Expires__Typo as 2027-03-31.", says, StringComparison.Ordinal);
        var calendar = (await world.GetAsync("/api/operations/channels")).GetProperty("expires").EnumerateArray()
            .Select(e => e.GetProperty("name").GetString()).ToList();
        Assert.Equal("subscription", calendar[^1]);

        // A new token ends later: it is told anew when its time comes.
        end = end.AddDays(60);
        Assert.True(await DailyAsync(world));
        world.Time.Set(end.AddDays(-7));
        Assert.True(await DailyAsync(world));
        Assert.Equal(2, Told(world).Count(t => t == "credential.expiring.v1 token 7"));
    }

    [Fact]
    public async Task What_ends_within_a_week_is_in_the_log_every_day_for_the_alert()
    {
        await using var world = await StartAsync(("Registration__Expires__AppSecret", "2027-01-31"));
        var end = new DateTimeOffset(2027, 1, 31, 0, 0, 0, TimeSpan.Zero);
        _pigeons.Registrations = _ =>
            [new("subscription", RegistrationState.Right, ExpiresAt: end),
                new("token", RegistrationState.Right, null, "Make a new one.", end)];
        List<string> Lines() =>
            [.. world.Log.Lines.Where(l => l.Contains("expiring ", StringComparison.Ordinal))
                .Select(l => l[l.IndexOf("expiring ", StringComparison.Ordinal)..]).Order(StringComparer.Ordinal)];
        world.Time.Set(end.AddDays(-8));
        Assert.True(await DailyAsync(world));
        Assert.Empty(Lines());
        world.Time.Set(end.AddDays(-6.5));
        Assert.True(await DailyAsync(world));
        Assert.Equal(["expiring pigeon token days=6", "expiring settings AppSecret days=6"], Lines());

        // The provider is down, and what was known still ends.
        _pigeons.Registrations = _ => throw new InvalidOperationException();
        world.Time.Set(end.AddDays(0.5));
        Assert.True(await DailyAsync(world));
        Assert.Equal(["expiring pigeon subscription days=-1", "expiring pigeon token days=-1", "expiring settings AppSecret days=-1"],
            Lines().Where(l => l.EndsWith("-1", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task While_the_bus_is_down_it_is_kept_and_told_later_under_the_same_id()
    {
        await using var world =
            await StartAsync(("ServiceBusConnection",
                "Endpoint=sb://127.0.0.1:9;SharedAccessKeyName=local;SharedAccessKey=local;UseDevelopmentEmulator=true"));
        await using var twin = await world.TwinAsync();
        _pigeons.Registrations = _ => [new("webhook", RegistrationState.Drifted)];
        Assert.True(await DailyAsync(world));
        Assert.Empty(Told(world));
        Assert.True(await twin.TickAsync());
        Assert.True(await twin.TickAsync());
        Assert.Equal(["channel.drifted.v1 webhook"], Told(world));
    }

    [Fact]
    public async Task A_check_that_breaks_is_seen_and_stops_no_other()
    {
        await using var world = await StartAsync(("Registration__Expires__AppSecret", "2026-11-25"));
        _pigeons.Registrations = _ => [new("webhook", RegistrationState.Right)];
        Assert.True(await DailyAsync(world));
        _pigeons.Registrations = _ => throw new InvalidOperationException("a bug");
        Assert.True(await DailyAsync(world));
        Assert.Equal(["credential.expiring.v1 AppSecret 7"], Told(world));
        var (status, says) = await world.HealthAsync("upkeep");
        Assert.Equal("yellow", status);
        Assert.Contains("pigeon, check: Unknown. The check failed (InvalidOperationException).", says, StringComparison.Ordinal);

        _pigeons.Registrations = _ => [new("webhook", RegistrationState.Right)];
        Assert.True(await DailyAsync(world));
        Assert.DoesNotContain("pigeon", (await world.HealthAsync("upkeep")).Says, StringComparison.Ordinal);
    }
}
