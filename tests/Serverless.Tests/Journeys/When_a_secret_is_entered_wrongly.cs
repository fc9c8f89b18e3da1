using System.Net;
using System.Text.Json.Nodes;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>Somebody mistypes a secret: what the provider calls meanwhile is kept in quarantine, and let out once the secret is right
/// (P6).</summary>
public sealed class When_a_secret_is_entered_wrongly(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private const int Calls = 100;
    private const string Text = "Die Spülmaschine steht noch immer still.";
    private static readonly (string, string?) Mistyped = ("Channels__Meta__AppSecret", MetaCall.Secret + "x");
    private static readonly (string, string?) Right = ("Channels__Meta__AppSecret", MetaCall.Secret);

    [Fact]
    public async Task A_hundred_calls_are_let_out_and_make_a_hundred_contacts()
    {
        await using var world = await TestApp.StartAsync(azurite, Mistyped);
        var hour = world.Time.GetUtcNow();
        for (var i = 0; i < Calls; i++) await CallAsync(world, i % 10, i);
        await CallAsync(world, 99, 1, "a stranger's secret");
        world.Time.Advance(TimeSpan.FromHours(30));
        await CallAsync(world, 98, 1);
        Assert.True(await world.TickAsync());
        Assert.Equal(0, await world.DrainAsync());
        Assert.Empty(await world.CasesAsync());

        // Before the secret is right nothing comes out, whatever anybody asks for.
        var early = await world.ReviewAllAsync("quarantine/release", Review.Hour("meta", hour));
        Assert.Equal((0, Calls + 1),
            (early.Sum("done"),
                early.Sum((System.Text.Json.JsonElement step) =>
                    step.GetProperty("stay").EnumerateArray().Sum(s => s.GetProperty("count").GetInt32()))));

        world.Set(Right);
        Assert.Equal(Calls + 1, (await ListAsync(world, hour)).Distinct().Count());
        var steps = await world.ReviewAllAsync("quarantine/release", Review.Hour("meta", hour));
        Assert.True(steps.Count > 1);
        Assert.Equal((Calls, 0), (steps.Sum("done"), steps.Sum("already")));
        Assert.Equal("signature-wrong", Assert.Single(steps.SelectMany(s => s.GetProperty("stay").EnumerateArray())).GetProperty("reason")
            .GetString());
        Assert.Equal(0, await world.DrainAsync());

        Assert.Equal(0, (await world.ReviewAllAsync("quarantine/release", Review.Hour("meta", hour))).Sum("done"));
        var cases = await world.CasesAsync();
        Assert.Equal(10, cases.Count);
        Assert.Equal(Calls, cases.SelectMany(c => c.GetProperty("contacts").EnumerateArray())
            .Select(c => c.GetProperty("contact").GetProperty("externalId").GetString()).Distinct().Count());
        var summary = await world.SummaryAsync();
        Assert.Equal((Calls, 0, 2, 0), (summary.GetProperty("contacts").GetInt32(), summary.GetProperty("duplicates").GetInt32(),
            summary.GetProperty("deliveries").GetProperty("quarantined").GetInt32(), summary.GetProperty("unaccounted").GetInt32()));

        var trail = (await world.GetAsync("/api/operations/actions?top=100")).GetProperty("actions").EnumerateArray()
            .Where(a => a.GetProperty("what").GetString() == "release").ToList();
        Assert.Equal(Calls, trail.Sum(a => a.GetProperty("counts").TryGetProperty("done", out var done) ? done.GetInt32() : 0));
    }

    [Fact]
    public async Task One_is_shown_with_what_to_check_and_without_what_it_says()
    {
        await using var world = await TestApp.StartAsync(azurite, Mistyped);
        var id = await CallAsync(world, 1, 1);
        var list = await world.GetAsync("/api/operations/quarantine?channel=meta");
        var file = await world.GetAsync($"/api/operations/quarantine/meta/{id}");
        Assert.DoesNotContain("Spülmaschine", list.GetRawText() + file.GetRawText(), StringComparison.Ordinal);
        Assert.Equal(("signature-wrong", id),
            (list.GetProperty("deliveries")[0].GetProperty("reason").GetString(), list.GetProperty("deliveries")[0].GetProperty("id")
                .GetString()));
        Assert.Contains("Compare the secret", file.GetProperty("delivery").GetProperty("check").GetString(), StringComparison.Ordinal);
        Assert.StartsWith("signature-wrong", file.GetProperty("today").GetString(), StringComparison.Ordinal);
        Assert.StartsWith("sha256=", file.GetProperty("headers").GetProperty("x-hub-signature-256").GetString(), StringComparison.Ordinal);
        Assert.Equal(64, file.GetProperty("sha256").GetString()!.Length);

        world.Set(("Channels__Meta__AppSecret", MetaCall.Secret + " "));
        Assert.Equal("blank-in-setting",
            (await world.GetAsync($"/api/operations/quarantine/meta/{id}")).GetProperty("hints")[0].GetProperty("code").GetString());
        world.Set(Right);
        Assert.Contains("can be released", (await world.GetAsync($"/api/operations/quarantine/meta/{id}")).GetProperty("today").GetString(),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dated_signature_is_judged_as_of_its_arrival()
    {
        var seed = Seed.Of("generic").First(s => s.IsGenuine);
        var right = Seed.SettingsOf("generic")["Channels__Generic__Secret"];
        await using var world = await TestApp.StartAsync(azurite.OwnAccount(), null, new FakeTime(seed.At),
            ("Channels__Generic__ToleranceMinutes", "5"),
            ("Channels__Generic__Secret", "whsec_YW5vdGhlciBzZWNyZXQgdGhhdCBzaWduZWQgbm90aGluZw=="));
        using var answer = await world.SendAsync(seed);
        var id = answer.Headers.GetValues("X-Delivery-Id").Single();
        Assert.Equal("quarantined", await world.EndOfAsync(id, "generic"));

        world.Time.Advance(TimeSpan.FromDays(5));
        world.Set(("Channels__Generic__Secret", right));
        Assert.Equal(1, (await world.ReviewAsync("quarantine/release", Review.One("generic", id))).GetProperty("done").GetInt32());
        Assert.Equal(0, await world.DrainAsync());
        Assert.Equal("ended: case", await world.EndOfAsync(id, "generic"));
    }

    [Fact]
    public async Task What_is_discarded_leaves_only_the_fact()
    {
        await using var world = await TestApp.StartAsync(azurite, Mistyped);
        var (junk, good) = (await CallAsync(world, 1, 1), await CallAsync(world, 2, 1));
        var step = await world.ReviewAsync("quarantine/discard",
            new JsonObject { ["channel"] = "meta", ["delivery"] = junk, ["by"] = "R. Beispiel" });
        Assert.Equal(1, step.GetProperty("done").GetInt32());
        Assert.Equal("refused", await world.EndOfAsync(junk));

        world.Set(Right);
        Assert.Equal((0, 1), Counts(await world.ReviewAsync("quarantine/release", Review.One("meta", junk))));
        Assert.Equal((1, 0), Counts(await world.ReviewAsync("quarantine/release", Review.One("meta", good))));
        Assert.Equal((0, 1), Counts(await world.ReviewAsync("quarantine/discard", Review.One("meta", good))));
        Assert.Equal(0, await world.DrainAsync());
        Assert.Single(await world.CasesAsync());
        var actions = (await world.GetAsync("/api/operations/actions")).GetProperty("actions");
        Assert.Contains(actions.EnumerateArray(), a => a.GetProperty("what").GetString() == "discard" && a.TryGetProperty("by", out var by)
            && by.GetString() == "R. Beispiel");
    }

    [Fact]
    public async Task Two_people_who_let_out_at_once_double_nothing()
    {
        await using var world = await TestApp.StartAsync(azurite, Mistyped);
        await using var twin = await world.TwinAsync();
        var hour = world.Time.GetUtcNow();
        for (var i = 0; i < 24; i++) await CallAsync(world, i, 1);
        world.Set(Right);
        var both = await Task.WhenAll(world.ReviewAllAsync("quarantine/release", Review.Hour("meta", hour)),
            twin.ReviewAllAsync("quarantine/release", Review.Hour("meta", hour)));
        Assert.Equal(24, both.Sum(steps => steps.Sum("done")));

        using (var queue = new InboundDriver(world)) Assert.Equal(24, await queue.CountAsync());
        Assert.Equal(0, await world.DrainAsync());
        Assert.Equal(24, (await world.CasesAsync()).Count);
    }

    [Fact]
    public async Task Whoever_dies_while_letting_out_loses_nothing()
    {
        await using var world = await TestApp.StartAsync(azurite, Mistyped);
        List<string> passed = [];
        var died = true;
        for (var steps = 0; died; steps++)
        {
            world.Set(Mistyped);
            var id = await CallAsync(world, steps, 1);
            // The watch for open deliveries has long moved on.
            world.Time.Advance(TimeSpan.FromHours(3));
            Assert.True(await world.TickAsync());
            using var gate = new StepGate();
            await using (var doomed = await world.TwinAsync(Right, ("AzureWebJobsStorage", gate.Through(world.ConnectionString))))
            {
                gate.DieAfter(steps);
                var work = doomed.ReviewAsync("quarantine/release", Review.One("meta", id));
                died = await Task.WhenAny(work, gate.Died) == gate.Died;
                if (!died) await work;
                else _ = work.ContinueWith(t => _ = t.Exception, TaskScheduler.Default);
                passed = [.. gate.Passed];
                gate.Dispose();
            }

            world.Set(Right);
            await world.ReviewAsync("quarantine/release", Review.One("meta", id));
            world.Time.Advance(TimeSpan.FromMinutes(16));
            Assert.True(await world.TickAsync());
            Assert.Equal(0, await world.DrainAsync());
            Assert.Equal("ended: case", await world.EndOfAsync(id));
        }

        Assert.Contains("PATCH deliveries202611", passed);
        Assert.Equal(0, (await world.SummaryAsync()).GetProperty("unaccounted").GetInt32());
        Assert.All(await world.CasesAsync(), file => Assert.Single(file.Texts()));
    }

    [Theory]
    [InlineData("""{"channel":"meta"}""")]
    [InlineData("""{"channel":"nobody","day":"2026-11-20"}""")]
    [InlineData("""{"channel":"meta","from":"2026-01-01","to":"2026-11-20"}""")]
    [InlineData("""{"channel":"meta","day":"2026-11-20","delivery":"0123"}""")]
    [InlineData("""{"channel":"meta","day":"2026-11-20","continuation":"nowhere"}""")]
    [InlineData("[]")]
    [InlineData("no JSON")]
    public async Task A_slip_in_the_request_is_told(string json)
    {
        await using var world = await TestApp.StartAsync(azurite);
        using var answer = await world.RawAsync(HttpMethod.Post, "/api/operations/quarantine/release", json);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("detail", await answer.TextAsync(), StringComparison.Ordinal);
    }

    private static (int Done, int Already) Counts(System.Text.Json.JsonElement step) =>
        (step.GetProperty("done").GetInt32(), step.GetProperty("already").GetInt32());

    private static async Task<string> CallAsync(TestApp world, int person, int number, string? secret = null)
    {
        var said = new MetaSaid($"wamid.{person}-{number}", $"493023125{person:d3}", Text, world.Time.GetUtcNow());
        return await world.AcceptAsync(MetaCall.Messages(said), secret);
    }

    private static async Task<List<string>> ListAsync(TestApp world, DateTimeOffset hour)
    {
        List<string> ids = [];
        string? continuation = null;
        do
        {
            var page = await world.GetAsync(
                $"/api/operations/quarantine?channel=meta&top=40&hour={hour:yyyy-MM-ddTHH}{(continuation is null ? "" : $"&continuation={continuation}")}");
            ids.AddRange(page.GetProperty("deliveries").EnumerateArray().Select(d => d.GetProperty("id").GetString()!));
            continuation = page.TryGetProperty("continuation", out var more) ? more.GetString() : null;
        }
        while (continuation is not null);
        return ids;
    }
}
