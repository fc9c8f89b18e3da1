using System.Net;
using System.Xml.Linq;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>Storage is away: no 2xx for what is not stored, except where a caller waits on the line (P1, P15).</summary>
public sealed class When_storage_is_down_while_providers_call(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private static readonly Seed Call = Twilio("01-journey-rings");
    private static readonly Seed Sms = Twilio("18-sms");

    private static Seed Twilio(string name) => Seed.Of("twilio").Single(s => s.Name == $"twilio/{name}");

    private static Seed Forged(Seed seed) => seed with
    {
        Headers = [.. seed.Headers.Select(h => h.Key == "X-Twilio-Signature"
            ? KeyValuePair.Create(h.Key, "AAAAAAAAAAAAAAAAAAAAAAAAAAA=") : h)],
    };

    [Fact]
    public async Task Who_repeats_gets_a_503_and_who_waits_on_the_line_is_rung_through()
    {
        await using var world = await TestApp.StartAsync(azurite);
        world.Gate.Shut();
        var body = MetaCall.Messages(new MetaSaid("wamid.1", "493023125017", "Hallo", world.Time.GetUtcNow()));
        using var meta = await world.SendMetaAsync(body);
        using var sms = await world.SendAsync(Sms);
        using var call = await world.SendAsync(Call);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, HttpStatusCode.ServiceUnavailable, HttpStatusCode.OK),
            (meta.StatusCode, sms.StatusCode, call.StatusCode));
        Assert.False(call.Headers.Contains("X-Delivery-Id"));
        Assert.Equal("text/xml", call.Content.Headers.ContentType?.MediaType);
        var twiml = XDocument.Parse(await call.TextAsync());
        Assert.Equal("Response", twiml.Root?.Name);
        Assert.Contains(twiml.Descendants("Number"), number => number.Value == "+442079460111");
        Assert.Contains(world.Log.Lines, line => line.StartsWith("answered-unstored twilio/", StringComparison.Ordinal));

        // Storage is back: what was refused is repeated, and the call comes back by the address its TwiML named.
        world.Gate.Reopen();
        await world.AcceptAsync(body);
        using (await world.SendAsync(Sms))
        using (await world.SendAsync(Twilio("02-journey-first-group-silent"))) Assert.Equal(0, await world.DrainAsync());
        Assert.Equal(["sms", "voice", "whatsapp"],
            (await world.CasesAsync()).Select(c => c.GetProperty("case").GetProperty("networks")[0].GetString())
            .Order(StringComparer.Ordinal));
        Assert.Equal(0, (await world.SummaryAsync()).GetProperty("unaccounted").GetInt32());
    }

    [Fact]
    public async Task A_forged_call_learns_nothing()
    {
        await using var world = await TestApp.StartAsync(azurite);
        world.Gate.Shut();
        using var answer = await world.SendAsync(Forged(Call));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.DoesNotContain("4420794601", await answer.TextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_caller_is_answered_when_storage_hangs_before_one_try_of_it_is_over()
    {
        await using var world = await TestApp.StartAsync(azurite, ("Receive__StoreSeconds", "1"));
        using (await world.SendAsync(Call)) world.Gate.Hang();
        var calls = world.Calls.Storage;
        using var answer = await world.SendAsync(Call);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains("+442079460111", await answer.TextAsync(), StringComparison.Ordinal);
        Assert.Equal(1, world.Calls.Storage - calls);
    }

    [Fact]
    public async Task Health_is_red_and_says_so()
    {
        await using var world = await TestApp.StartAsync(azurite);
        world.Gate.Shut();
        using var answer = await world.RawAsync(HttpMethod.Get, "/api/health");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Contains("Check that AzureWebJobsStorage names the right account", await answer.TextAsync(), StringComparison.Ordinal);
        Assert.Equal("red", (await world.HealthAsync("storage")).Status);
        world.Gate.Reopen();
        Assert.Equal("green", (await world.HealthAsync("storage")).Status);
    }

    /// <summary>With storage that hangs, answers once took most of a minute: a monitor or a person had long given up.</summary>
    [Fact]
    public async Task Storage_that_hangs_is_told_within_the_seconds_of_the_settings()
    {
        await using var world = await TestApp.StartAsync(azurite, ("Http__StorageSeconds", "1"), ("Health__PartSeconds", "1"));
        using (await world.SendAsync(Call)) world.Gate.Hang();
        var began = TimeProvider.System.GetTimestamp();
        using var health = await world.RawAsync(HttpMethod.Get, "/api/health");
        // By the limits, however busy the machine: without them it hangs.
        Assert.InRange(TimeProvider.System.GetElapsedTime(began).TotalSeconds, 0, 25);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, health.StatusCode);
        Assert.Contains("\"state\":\"down\"", await health.TextAsync(), StringComparison.Ordinal);
        foreach (var path in new[] { "/api/cases", "/api/operations/summary", "/api/cases/none/accept", "/api/subscriptions" })
        {
            var method = path.EndsWith("accept", StringComparison.Ordinal) ? "POST" : "GET";
            began = TimeProvider.System.GetTimestamp();
            using var answer = await world.RawAsync(new HttpMethod(method), path, method == "POST" ? """{"by":"service"}""" : null);
            Assert.InRange(TimeProvider.System.GetElapsedTime(began).TotalSeconds, 0, 25);
            if (method == "POST") continue;
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
            Assert.NotNull(answer.Headers.RetryAfter);
        }
    }

    [Fact]
    public async Task What_drifted_is_degraded_and_not_down()
    {
        await using var world = await TestApp.StartAsync(azurite, ("Owners__Default", null));
        using var answer = await world.RawAsync(HttpMethod.Get, "/api/health");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var says = await answer.TextAsync();
        Assert.Contains("\"status\":\"red\"", says, StringComparison.Ordinal);
        Assert.Contains("\"state\":\"degraded\"", says, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_that_was_answered_2xx_is_lost_and_nothing_counts_twice()
    {
        await using var world = await TestApp.StartAsync(azurite);
        await world.AcceptAsync(MetaCall.Messages(new MetaSaid("wamid.first", "493023125017", "Hallo", world.Time.GetUtcNow())));
        var bodies = Enumerable.Range(0, 30)
            .Select(i => MetaCall.Messages(new MetaSaid($"wamid.{i}", "493023125017", "Hallo", world.Time.GetUtcNow()))).ToList();
        List<string> accepted = [];
        List<byte[]> again = [];
        var sending = Parallel.ForEachAsync(bodies.Index(), new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (one, _) =>
        {
            if (one.Index == 8) world.Gate.Shut();
            if (one.Index == 16) world.Gate.Reopen();
            using var answer = await world.SendMetaAsync(one.Item);
            Assert.True(answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable, $"{answer.StatusCode}");
            lock (accepted)
            {
                if (answer.IsSuccessStatusCode) accepted.Add(answer.Headers.GetValues("X-Delivery-Id").Single());
                else again.Add(one.Item);
            }
        });
        await sending;
        Assert.NotEmpty(again);
        foreach (var body in again) accepted.Add(await world.AcceptAsync(body));

        // Whatever was stored without a pointer is queued by Tick.
        world.Time.Advance(TimeSpan.FromMinutes(16));
        Assert.True(await world.TickAsync());
        Assert.Equal(0, await world.DrainAsync());
        foreach (var id in accepted) Assert.StartsWith("ended: ", await world.EndOfAsync(id), StringComparison.Ordinal);
        Assert.Equal(31, (await world.OnlyCaseAsync()).Texts().Count);
    }
}
