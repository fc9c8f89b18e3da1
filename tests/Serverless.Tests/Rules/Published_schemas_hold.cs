using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Rules;

/// <summary>
/// What we publish about our HTTP functions is true: the OpenAPI document has no finding of its linter, and each answer of a small world
/// passes the schema that the document names for it.
/// They once did not: members that may be missing were required, and half of the endpoints had no schema.
/// </summary>
public sealed class Published_schemas_hold(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    // Their answers need what this world does not have: a provider that tells of registrations, a person with more deliveries than one
    // step takes.
    private static readonly string[] Unseen =
    [
        "post /api/operations/channels/{channel}/check 200", "post /api/operations/privacy/export 202",
        "post /api/operations/privacy/find 202", "post /api/operations/privacy/erase 202",
    ];

    private readonly List<object> _answers = [];

    [Fact]
    public async Task The_document_has_no_finding_of_its_linter()
    {
        await using var world = await TestApp.StartAsync(azurite);
        using var answer = await world.RawAsync(HttpMethod.Get, "/api/schema/openapi");
        var findings = await Node.RunAsync("tests/Serverless.Tests/Rules/openapi-lint.mjs", JsonNode.Parse(await answer.TextAsync())!);
        Assert.Equal([], findings.EnumerateArray().Select(f => f.GetString()));
    }

    [Fact]
    public async Task Every_schema_is_a_document_with_its_own_id()
    {
        await using var world = await TestApp.StartAsync(azurite);
        foreach (var address in (await world.GetAsync("/api/schema")).GetProperty("documents").EnumerateArray().Select(d => d.GetString()!))
        {
            var document = await world.GetAsync(address);
            if (address.EndsWith("catalogue", StringComparison.Ordinal) || address.EndsWith("openapi", StringComparison.Ordinal)) continue;
            Assert.Equal(address, document.GetProperty("$id").GetString());
            Assert.Equal("https://json-schema.org/draft/2020-12/schema", document.GetProperty("$schema").GetString());
        }
    }

    [Fact]
    public async Task Every_answer_of_a_small_world_passes_its_schema()
    {
        await using var listens = await Subscriber.StartAsync();
        await using var world = await TestApp.StartAsync(
            azurite, TestApp.EveryChannel, ("Diagnostics__Secret", "a-random-text-of-more-than-32-characters"),
            ("Owners__Others", "workshop"), ("AzureWebJobs.NotifyMail.Disabled", "true"));
        // Before the channel has proven itself, so that it is kept.
        var forged = MetaCall.Messages(new MetaSaid("wamid.forged", "493023125017", "Hallo", world.Time.GetUtcNow()));
        (await world.SendMetaAsync(forged, "not the secret")).Dispose();
        foreach (var seed in Seed.Channels.SelectMany(c => Seed.Of(c).Where(s => s.IsGenuine).Take(3)))
            (await world.SendAsync(seed)).Dispose();
        await world.DrainAsync();
        using var openapi = await world.RawAsync(HttpMethod.Get, "/api/schema/openapi");
        await CasesAsync(world);
        await SubscriptionsAsync(world, listens.Address);
        await OperationsAsync(world);
        await AskAsync(world, "get /api/schema", "/api/schema");
        var judged = await Node.RunAsync(
            "tests/Serverless.Tests/Rules/answers.mjs", new { openapi = JsonNode.Parse(await openapi.TextAsync()), answers = _answers });
        Assert.Equal([], judged.GetProperty("wrong").EnumerateArray().Select(w => w.GetString()));
        Assert.Equal([], judged.GetProperty("unseen").EnumerateArray().Select(w => w.GetString()).Except(Unseen));
    }

    private async Task CasesAsync(TestApp world)
    {
        var page = await AskAsync(world, "get /api/cases", "/api/cases?top=100");
        var ids = page.GetProperty("cases").EnumerateArray().Select(c => c.GetProperty("id").GetString()!).ToList();
        Assert.True(ids.Count > 10);
        foreach (var one in ids) await AskAsync(world, "get /api/cases/{id}", $"/api/cases/{one}");
        await AskAsync(world, "get /api/cases", "/api/cases?top=3&order=newest");
        await AskAsync(world, "get /api/cases/{id}", "/api/cases/none");
        await AskAsync(world, "post /api/cases/{id}/accept", $"/api/cases/{ids[0]}/accept", """{"by":"service-desk"}""");
        await AskAsync(world, "post /api/cases/{id}/hand-over", $"/api/cases/{ids[0]}/hand-over",
            """{"to":"workshop","why":"needs a technician"}""");
        await AskAsync(world, "post /api/cases/{id}/hand-over", $"/api/cases/{ids[0]}/hand-over", """{"to":"nobody","why":"a slip"}""");
        await AskAsync(world, "post /api/cases/{id}/classify", $"/api/cases/{ids[0]}/classify",
            """{"need":"complex","by":"anna","why":"two questions"}""");
        var due = $"{world.Time.GetUtcNow().AddDays(2):O}";
        const string Promises = "/api/cases/{id}/promises";
        var promise = await AskAsync(world, $"post {Promises}", $"/api/cases/{ids[0]}/promises", $$"""{"due":"{{due}}","by":"anna"}""");
        await AskAsync(world, "get /api/cases/{id}", $"/api/cases/{ids[0]}");
        await AskAsync(world, $"post {Promises}/{{promise}}/withdraw",
            $"/api/cases/{ids[0]}/promises/{promise.GetProperty("id").GetString()}/withdraw", """{"by":"anna","why":"a slip"}""");
        // Asked again under the same id, it is known.
        foreach (var one in ids.Take(8).Concat(ids.Take(8)))
        {
            const string Reply = """{"text":"Wir kommen morgen.","id":"r-1"}""";
            await AskAsync(world, "post /api/cases/{id}/replies", $"/api/cases/{one}/replies", Reply);
        }

        await world.DrainAsync();
        foreach (var one in ids.Take(8)) await AskAsync(world, "get /api/cases/{id}", $"/api/cases/{one}");
        await AskAsync(world, "post /api/cases/{id}/close", $"/api/cases/{ids[0]}/close", """{"cause":"unknown"}""");
        await AskAsync(world, "get /api/cases", "/api/cases?state=closed");
    }

    private async Task SubscriptionsAsync(TestApp world, Uri address)
    {
        const string One = "/api/subscriptions/{name}";
        await AskAsync(world, "post /api/subscriptions", "/api/subscriptions",
            $$"""{"name":"shop","url":"{{address}}","types":["serverless.case.*"],"include":["text"]}""");
        await AskAsync(world, "get /api/subscriptions", "/api/subscriptions");
        await AskAsync(world, $"get {One}", "/api/subscriptions/shop");
        await AskAsync(world, $"patch {One}", "/api/subscriptions/shop", """{"networks":["sms"]}""", ("If-Match", "*"));
        foreach (var act in new[] { "pause", "resume", "ping" })
            await AskAsync(world, $"post {One}/{act}", $"/api/subscriptions/shop/{act}");
        await AskAsync(world, $"post {One}/rotate", "/api/subscriptions/shop/rotate", """{"hours":1}""");
        await AskAsync(world, $"get {One}/deliveries", "/api/subscriptions/shop/deliveries");
        await AskAsync(world, $"post {One}/redeliver", "/api/subscriptions/shop/redeliver",
            """{"from":"2026-11-01T00:00:00Z","to":"2026-11-20T00:00:00Z"}""");
        await AskAsync(world, $"delete {One}", "/api/subscriptions/nobody");
    }

    private async Task OperationsAsync(TestApp world)
    {
        const string Base = "/api/operations";
        await AskAsync(world, "get /api/health", "/api/health");
        await AskAsync(world, $"get {Base}/summary", $"{Base}/summary?hours=744");
        await AskAsync(world, $"get {Base}/channels", $"{Base}/channels");
        await AskAsync(world, $"get {Base}/notices", $"{Base}/notices");
        await AskAsync(world, $"get {Base}/actions", $"{Base}/actions");
        await AskAsync(world, $"get {Base}/poison-messages", $"{Base}/poison-messages");
        const string Poison = $"{Base}/poison-messages";
        foreach (var act in new[] { "resubmit", "discard" })
            await AskAsync(world, $"post {Poison}/{act}", $"{Poison}/{act}", """{"queue":"inbound","all":true}""");
        const string Kept = $"{Base}/kept-deliveries";
        await AskAsync(world, $"get {Kept}", Kept);
        foreach (var act in new[] { "resubmit", "dismiss" })
            await AskAsync(world, $"post {Kept}/{act}", $"{Kept}/{act}", """{"channel":"meta","all":true}""");
        var day = $"{world.Time.GetUtcNow():yyyy-MM-dd}";
        await AskAsync(world, $"post {Base}/notices/resend", $"{Base}/notices/resend", $$"""{"day":"{{day}}"}""");
        await AskAsync(world, $"post {Base}/routes/{{name}}/discard", $"{Base}/routes/mail/discard");
        var kept = await AskAsync(world, $"get {Base}/quarantine", $"{Base}/quarantine?channel=meta");
        var id = kept.GetProperty("deliveries")[0].GetProperty("id").GetString();
        await AskAsync(world, $"get {Base}/quarantine/{{channel}}/{{id}}", $"{Base}/quarantine/meta/{id}");
        await AskAsync(world, $"get {Base}/deliveries/{{channel}}/{{id}}", $"{Base}/deliveries/meta/{id}");
        await AskAsync(world, $"post {Base}/quarantine/release", $"{Base}/quarantine/release", $$"""{"channel":"meta","day":"{{day}}"}""");
        await AskAsync(world, $"post {Base}/quarantine/discard", $"{Base}/quarantine/discard", $$"""{"channel":"meta","day":"{{day}}"}""");
        await AskAsync(world, $"post {Base}/replay", $"{Base}/replay", $$"""{"channel":"meta","day":"{{day}}"}""");
        var link = await AskAsync(world, $"post {Base}/diagnostics-link", $"{Base}/diagnostics-link", """{"channel":"meta"}""");
        await AskAsync(world, "get /api/diagnostics/{channel}", new Uri(link.GetProperty("url").GetString()!).PathAndQuery);
        var order = await AskAsync(world, $"post {Base}/privacy/find", $"{Base}/privacy/find", """{"address":"+493023125017"}""");
        await AskAsync(world, $"get {Base}/privacy/{{order}}", $"{Base}/privacy/{order.GetProperty("order").GetString()}");
        var first = (await world.GetAsync("/api/cases?top=1")).GetProperty("cases")[0].GetProperty("id").GetString();
        await AskAsync(world, $"post {Base}/privacy/erase", $"{Base}/privacy/erase", $$"""{"case":"{{first}}"}""");
        await AskAsync(world, $"post {Base}/privacy/erase", $"{Base}/privacy/erase", $$"""{"case":"{{first}}","dryRun":false}""");
        await AskAsync(world, $"get {Base}/privacy", $"{Base}/privacy");
        await AskAsync(world, $"get {Base}/notices", $"{Base}/notices?state=lost");
        await AskAsync(world, "get /api/rules", "/api/rules");
        await AskAsync(world, "put /api/rules", "/api/rules", """{"rules":[]}""", ("If-Match", "*"));
        await AskAsync(world, "post /api/rules/test", "/api/rules/test", """{"texts":[{"text":"Die Maschine geht nicht."}]}""");
    }

    private async Task<JsonElement> AskAsync(
        TestApp world, string operation, string path, string? body = null, (string Name, string Value)? header = null)
    {
        List<KeyValuePair<string, string>> headers = [new("Content-Type", "application/json")];
        if (header is { } one) headers.Add(new(one.Name, one.Value));
        using var answer = await world.SendAsync(operation.Split(' ')[0].ToUpperInvariant(), path, headers,
            System.Text.Encoding.UTF8.GetBytes(body ?? ""));
        var text = await answer.TextAsync();
        Assert.True(answer.StatusCode != HttpStatusCode.InternalServerError, $"{path}: {text}");
        using var json = text.Length > 0 && text[0] is '{' or '[' ? JsonDocument.Parse(text) : null;
        var root = json?.RootElement.Clone() ?? default;
        var status = ((int)answer.StatusCode).ToString(System.Globalization.CultureInfo.InvariantCulture);
        _answers.Add(new { operation, status, json = root.ValueKind == JsonValueKind.Undefined ? null : JsonNode.Parse(text) });
        return root;
    }
}
