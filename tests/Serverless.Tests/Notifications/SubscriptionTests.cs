using System.Net;
using System.Text.Json;
using Serverless.Notifications.Subscriptions;
using Serverless.Platform.Signatures;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Notifications;

/// <summary>Subscribers look after their own subscriptions: made, filtered, tried, rotated, paused, told again, without a deployment and
/// without us.</summary>
public sealed class SubscriptionTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private const string Path = SubscriptionSteps.Path;
    private const string SettingsSecret = "whsec_bm90IGEgc2VjcmV0OiBhIHN1YnNjcmliZXIncyBvd24=";

    [Fact]
    public async Task A_subscription_made_by_the_API_is_told_signed_with_the_secret_shown_once()
    {
        await using var crm = await Subscriber.StartAsync();
        await using var world = await TestApp.StartAsync(azurite);
        var made = await MakeAsync(world, "crm", crm.Address);
        var secret = made.GetProperty("secret").GetString()!;
        Assert.Equal(32, Convert.FromBase64String(secret["whsec_".Length..]).Length);
        Assert.DoesNotContain("secret", (await world.GetAsync($"{Path}/crm")).GetRawText(), StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("secret", (await world.GetAsync(Path)).GetRawText(), StringComparison.OrdinalIgnoreCase);

        await ArriveAsync(world, "1");
        Assert.Equal(WebhookProofKind.Genuine, Judge(Assert.Single(crm.Told), secret, world));
        Assert.DoesNotContain(world.Log.Lines, line => line.Contains(secret, StringComparison.Ordinal));
        Assert.Equal("delivered", Assert.Single((await DeliveriesAsync(world, "crm")).EnumerateArray()).GetProperty("state").GetString());
    }

    [Fact]
    public async Task Each_filter_holds_and_a_field_is_there_only_when_asked_for()
    {
        await using var heard = await Subscriber.StartAsync();
        await using var deaf = await Subscriber.StartAsync();
        await using var world = await TestApp.StartAsync(azurite, ("Owners__Default", "service"));
        await MakeAsync(world, "all-hold", heard.Address,
            """ "types":["serverless.case.opened.v1"],"channels":["meta"],"networks":["whatsapp","sms"],"owes":["answer"],"owners":["service"],"include":["text"] """);
        foreach (var (name, filter) in new[] { ("types", "serverless.case.closed.*"), ("channels", "twilio"), ("networks", "sms"),
            ("needs", "press"), ("owes", "repair"), ("owners", "workshop") })
            await MakeAsync(world, $"not-{name}", deaf.Address, $"\"{name}\":[\"{filter}\"]");
        await ArriveAsync(world, "1");
        Assert.Empty(deaf.Told);
        using var body = JsonDocument.Parse(Assert.Single(heard.Told).Body);
        Assert.Equal("text", Assert.Single(body.RootElement.GetProperty("data").GetProperty("contact").EnumerateObject()).Name);
    }

    [Fact]
    public async Task What_cannot_be_is_said_in_a_sentence_and_changes_nothing()
    {
        await using var world = await TestApp.StartAsync(azurite, ("Webhook__Subscribers__set__Url", "http://127.0.0.1:9/"),
            ("Webhook__Subscribers__set__Secret", SettingsSecret));
        foreach (var (json, says) in new[]
        {
            ("nonsense", "name"), ("""{"name":"a b","url":"https://example.com/"}""", "name"), ("""{"name":"a"}""", "url"),
            ("""{"name":"a","url":"http://example.com/"}""", "url"),
            ("""{"name":"a","url":"https://10.0.0.1/"}""", "url"), ("""{"name":"a","url":"https://[::ffff:169.254.169.254]/"}""", "url"),
            ("""{"name":"a","url":"https://me:you@example.com/"}""", "url"),
            ("""{"name":"a","url":"https://example.com/","types":"x"}""", "types"),
            ("""{"name":"a","url":"https://example.com/","types":["made.up"]}""", "types"),
            ("""{"name":"a","url":"https://example.com/","include":["everything"]}""", "include"),
            ("""{"name":"a","url":"https://example.com/","owners":["a,b"]}""", "owners"),
            ("""{"name":"a","url":"https://example.com/","secret":"mine"}""", "Known"),
        })
        {
            using var answer = await world.RawAsync(HttpMethod.Post, Path, json);
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
            Assert.Contains(says, await answer.TextAsync(), StringComparison.Ordinal);
        }

        Assert.Equal(HttpStatusCode.Conflict,
            await StatusAsync(world, HttpMethod.Post, Path, """{"name":"SET","url":"https://example.com/"}"""));
        foreach (var (method, path) in new[] { (HttpMethod.Delete, "/set"), (HttpMethod.Post, "/set/pause"),
            (HttpMethod.Post, "/set/rotate") }) Assert.Equal(HttpStatusCode.Conflict, await StatusAsync(world, method, Path + path));
        foreach (var (method, path) in new[] { (HttpMethod.Get, "/none"), (HttpMethod.Delete, "/none"), (HttpMethod.Post, "/none/ping"),
            (HttpMethod.Get, "/none/deliveries"), (HttpMethod.Post, "/none/dance") })
            Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(world, method, Path + path));
        Assert.Equal("settings", Assert.Single((await world.GetAsync(Path)).EnumerateArray()).GetProperty("from").GetString());
    }

    [Fact]
    public async Task A_change_needs_the_version_it_was_made_for()
    {
        await using var world = await TestApp.StartAsync(azurite);
        await MakeAsync(world, "crm", new Uri("https://example.com/one"), """ "networks":["sms"] """);
        Assert.Equal((HttpStatusCode)428, (await PatchAsync(world, "crm", null, """{"networks":null}""")).Status);
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await PatchAsync(world, "crm", "\"7\"", """{"networks":null}""")).Status);
        var (status, etag, view) = await PatchAsync(world, "crm", "\"1\"", """{"networks":null,"types":["serverless.case.*"]}""");
        Assert.Equal((HttpStatusCode.OK, "\"2\""), (status, etag));
        Assert.Equal(("*", "serverless.case.*"), (view.GetProperty("networks")[0].GetString(), view.GetProperty("types")[0].GetString()));
        Assert.Equal(HttpStatusCode.PreconditionFailed,
            (await PatchAsync(world, "crm", "\"1\"", """{"url":"https://example.com/two"}""")).Status);
        Assert.Equal(HttpStatusCode.NoContent, await StatusAsync(world, HttpMethod.Delete, $"{Path}/crm"));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(world, HttpMethod.Get, $"{Path}/crm"));
    }

    [Fact]
    public async Task A_ping_is_sent_at_once_signed_and_its_outcome_told()
    {
        await using var crm = await Subscriber.StartAsync();
        await using var world = await TestApp.StartAsync(azurite);
        var secret = (await MakeAsync(world, "crm", crm.Address,
            """ "include":["text"],"types":["serverless.case.closed.v1"] """)).GetProperty("secret").GetString()!;
        var (well, _) = await PostAsync(world, "crm/ping");
        Assert.Equal((true, "204"), (well.GetProperty("delivered").GetBoolean(), well.GetProperty("reason").GetString()));
        Assert.Equal(WebhookProofKind.Genuine, Judge(Assert.Single(crm.Told), secret, world));
        using var body = JsonDocument.Parse(crm.Told[0].Body);
        Assert.Equal((SubscriptionEvent.Ping, well.GetProperty("eventId").GetString()),
            (body.RootElement.GetProperty("type").GetString(), body.RootElement.GetProperty("id").GetString()));
        crm.Answer = Subscriber.Status(500);
        Assert.Equal("500", (await PostAsync(world, "crm/ping")).Json.GetProperty("reason").GetString());
    }

    [Fact]
    public async Task A_secret_rotated_under_load_refuses_nothing_and_the_old_one_ends_when_it_was_said()
    {
        await using var crm = await Subscriber.StartAsync();
        await using var world = await TestApp.StartAsync(azurite);
        var old = (await MakeAsync(world, "crm", crm.Address)).GetProperty("secret").GetString()!;
        foreach (var customer in Enumerable.Range(0, 30))
            await world.WorkAsync(
                await world.AcceptAsync(
                    MetaCall.Messages(new MetaSaid($"m-{customer}", $"4915112345{customer:000}", "Die Heizung ist aus.",
                        world.Time.GetUtcNow()))));
        // While the tenth of thirty waits for its answer, the secret changes.
        var changed = new TaskCompletionSource();
        crm.Answer = async context =>
        {
            if (crm.Told.Count == 10) await changed.Task;
            context.Response.StatusCode = 204;
        };
        var draining = world.DrainAsync();
        while (crm.Told.Count < 10) await crm.ReachedAsync();
        var rotated = (await PostAsync(world, "crm/rotate", """{"hours":2}""")).Json.GetProperty("secret").GetString()!;
        changed.SetResult();
        Assert.Equal(0, await draining);
        Assert.Equal(30, crm.Told.Count);
        Assert.NotEqual(old, rotated);
        // Whoever still has the old secret accepts every call; whoever has the new one, every call since.
        Assert.All(crm.Told, t => Assert.Equal(WebhookProofKind.Genuine, Judge(t, old, world)));
        Assert.All(crm.Told.Take(10), t => Assert.Equal(WebhookProofKind.SignatureWrong, Judge(t, rotated, world)));
        Assert.All(crm.Told.Skip(10), t => Assert.Equal(WebhookProofKind.Genuine, Judge(t, rotated, world)));
        world.Time.Advance(TimeSpan.FromHours(2));
        await PostAsync(world, "crm/ping");
        Assert.Equal((WebhookProofKind.SignatureWrong, WebhookProofKind.Genuine),
            (Judge(crm.Told[^1], old, world), Judge(crm.Told[^1], rotated, world)));
        Assert.Equal(HttpStatusCode.BadRequest, (await PostAsync(world, "crm/rotate", """{"hours":9999}""")).Status);
    }

    [Fact]
    public async Task What_came_during_a_pause_is_told_after_it_with_its_whole_schedule()
    {
        await using var crm = await Subscriber.StartAsync();
        await using var other = await Subscriber.StartAsync();
        await using var world = await TestApp.StartAsync(azurite, ("Notification__RetrySeconds", "5,5"));
        await MakeAsync(world, "crm", crm.Address);
        await MakeAsync(world, "other", other.Address);
        Assert.Equal("paused", (await PostAsync(world, "crm/pause")).Json.GetProperty("state").GetString());
        await ArriveAsync(world, "1");
        Assert.Empty(crm.Told);
        Assert.Single(other.Told);
        for (var hour = 0; hour < 5; hour++)
        {
            world.Time.Advance(TimeSpan.FromMinutes(73));
            Assert.Equal(0, await world.DrainAsync());
        }

        Assert.Equal("paused", Assert.Single((await DeliveriesAsync(world, "crm", "&state=waiting")).EnumerateArray()).GetProperty("reason")
            .GetString());
        Assert.Equal("active", (await PostAsync(world, "crm/resume")).Json.GetProperty("state").GetString());
        crm.Answer = Subscriber.Status(503);
        world.Time.Advance(TimeSpan.FromMinutes(73));
        Assert.Equal(0, await world.DrainAsync());
        crm.Answer = Subscriber.Status(204);
        world.Time.Advance(TimeSpan.FromSeconds(7));
        Assert.Equal(0, await world.DrainAsync());
        Assert.Equal(2, crm.Told.Count);
        Assert.Equal("delivered", Assert.Single((await DeliveriesAsync(world, "crm")).EnumerateArray()).GetProperty("state").GetString());
        Assert.Single(other.Told);
    }

    [Fact]
    public async Task A_410_switches_it_off_until_it_is_resumed()
    {
        await using var crm = await Subscriber.StartAsync(Subscriber.Status(410));
        await using var world = await TestApp.StartAsync(azurite);
        await MakeAsync(world, "crm", crm.Address);
        await ArriveAsync(world, "1");
        Assert.Equal("off", (await world.GetAsync($"{Path}/crm")).GetProperty("state").GetString());
        Assert.Equal(HttpStatusCode.Conflict, (await PostAsync(world, "crm/redeliver", """{"event":"x"}""")).Status);
        crm.Answer = Subscriber.Status(204);
        Assert.Equal("active", (await PostAsync(world, "crm/resume")).Json.GetProperty("state").GetString());
        var id = (await DeliveriesAsync(world, "crm"))[0].GetProperty("eventId").GetString();
        Assert.Equal(1, (await PostAsync(world, "crm/redeliver", $"{{\"event\":\"{id}\"}}")).Json.GetProperty("queued").GetInt32());
        Assert.Equal(0, await world.DrainAsync());
        Assert.Equal(2, crm.Told.Count);
        Assert.Equal([id], crm.Told.Select(t => t.Headers["webhook-id"]).Distinct());
    }

    [Fact]
    public async Task A_span_is_told_again_in_steps_and_only_what_was_asked_for()
    {
        await using var crm = await Subscriber.StartAsync(Subscriber.Status(413));
        await using var other = await Subscriber.StartAsync();
        await using var world = await TestApp.StartAsync(azurite);
        await MakeAsync(world, "crm", crm.Address);
        await MakeAsync(world, "other", other.Address);
        foreach (var customer in new[] { "1", "2", "3" }) await ArriveAsync(world, customer);
        crm.Answer = Subscriber.Status(204);
        var (from, to) = (world.Time.GetUtcNow().AddHours(-1).ToString("O"), world.Time.GetUtcNow().AddHours(1).ToString("O"));
        Assert.Equal((3, 6), (await SpanAsync(world, from, to, "failed"), crm.Told.Count));
        Assert.Equal((0, 6), (await SpanAsync(world, from, to, "failed"), crm.Told.Count));
        Assert.Equal((0, 6), (await SpanAsync(world, to, world.Time.GetUtcNow().AddHours(2).ToString("O"), "all"), crm.Told.Count));
        world.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal((3, 9), (await SpanAsync(world, from, to, "delivered"), crm.Told.Count));
        Assert.Equal(3, crm.Told.Select(t => t.Headers["webhook-id"]).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(3, other.Told.Count);
        Assert.Equal(HttpStatusCode.BadRequest,
            (await PostAsync(world, "crm/redeliver", """{"from":"2026-01-01","to":"2026-12-31"}""")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await PostAsync(world, "crm/redeliver", """{"event":"never-heard-of"}""")).Status);
    }

    [Fact]
    public async Task Another_instance_hears_of_a_subscription_within_ten_seconds_and_reads_once_however_many_notices()
    {
        await using var crm = await Subscriber.StartAsync();
        await using var world = await TestApp.StartAsync(azurite);
        await using var twin = await world.TwinAsync();
        var seen = twin.Services.GetService(typeof(SubscriptionStore)) as SubscriptionStore;
        Assert.Empty(await seen!.AllAsync(CancellationToken.None));
        await MakeAsync(world, "crm", crm.Address);
        Assert.Empty(await seen.AllAsync(CancellationToken.None));
        world.Time.Advance(TimeSpan.FromSeconds(10));
        var before = twin.Calls.Storage;
        foreach (var _ in Enumerable.Range(0, 50)) Assert.Single(await seen.AllAsync(CancellationToken.None));
        Assert.Equal(1, twin.Calls.Storage - before);
    }

    private static async Task<int> SpanAsync(TestApp world, string from, string to, string state)
    {
        var queued = 0;
        string? continuation = null;
        do
        {
            var step = (await PostAsync(world, "crm/redeliver", JsonSerializer.Serialize(new { from, to, state, continuation }))).Json;
            queued += step.GetProperty("queued").GetInt32();
            continuation = step.TryGetProperty("continuation", out var more) ? more.GetString() : null;
        }
        while (continuation is not null);
        Assert.Equal(0, await world.DrainAsync());
        return queued;
    }

    private static async Task ArriveAsync(TestApp world, string customer)
    {
        await world.WorkAsync(
            await world.AcceptAsync(
                MetaCall.Messages(new MetaSaid($"m-{customer}", $"491511234567{customer}", "Die Heizung ist aus.",
                    world.Time.GetUtcNow()))));
        Assert.Equal(0, await world.DrainAsync());
    }

    private static Task<JsonElement> MakeAsync(TestApp world, string name, Uri url, string fields = "") =>
        world.SubscribeAsync(name, url, fields);

    private static Task<(JsonElement Json, HttpStatusCode Status)> PostAsync(TestApp world, string path, string? json = null) =>
        world.SubscriptionStepAsync(path, json);

    private static Task<(HttpStatusCode Status, string? ETag, JsonElement View)> PatchAsync(TestApp world, string name, string? match,
        string json) => world.ChangeSubscriptionAsync(name, match, json);

    private static async Task<HttpStatusCode> StatusAsync(TestApp world, HttpMethod method, string path, string? json = null)
    {
        using var answer = await world.RawAsync(method, path, json);
        return answer.StatusCode;
    }

    private static async Task<JsonElement> DeliveriesAsync(TestApp world, string name, string query = "") =>
        (await world.GetAsync($"{Path}/{name}/deliveries?day={world.Time.GetUtcNow():yyyy-MM-dd}{query}")).GetProperty("notices");

    private static WebhookProofKind Judge(RecordedRequest request, string secret, TestApp world) => StandardWebhook.Verify(
        new SecretPair(secret, null), request.Headers["webhook-id"], request.Headers["webhook-timestamp"],
        request.Headers["webhook-signature"], request.Body, world.Time.GetUtcNow(), TimeSpan.FromMinutes(5)).Kind;
}
