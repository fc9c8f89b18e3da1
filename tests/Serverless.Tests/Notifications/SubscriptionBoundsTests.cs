using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Notifications.Subscriptions;
using Serverless.Platform.Storage;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Notifications;

/// <summary>What a subscription may not be: one too many, twice of a name, aimed at what lies inside, or deaf by a slip.</summary>
public sealed class SubscriptionBoundsTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    [Fact]
    public async Task There_are_two_hundred_at_most_and_one_more_when_one_is_deleted()
    {
        await using var world = await TestApp.StartAsync(azurite);
        // Rows as the desk writes them, in batches: two hundred calls would only take longer.
        await world.SubscribeAsync("s000", new Uri("https://example.com/"));
        var tables = world.Services.GetRequiredService<TableStore>();
        foreach (var names in Enumerable.Range(1, SubscriptionStore.Most - 1).Chunk(100))
            await tables.BatchAsync(SubscriptionStore.Table,
                [.. names.Select(n =>
                    (TableOperation)new TableOperation.Insert(new TableRow("webhook", $"s{n:000}") { ["Name"] = $"s{n:000}",
                        ["Url"] = "https://example.com/", ["Version"] = 1 }))], CancellationToken.None);

        var (status, says) = await MakeAsync(world, "more", "https://example.com/");
        Assert.Equal(HttpStatusCode.Conflict, status);
        Assert.Contains("The limit of 200 subscriptions is reached", says, StringComparison.Ordinal);
        Assert.Contains("delete one", says, StringComparison.Ordinal);
        using var gone = await world.RawAsync(HttpMethod.Delete, $"{SubscriptionSteps.Path}/s007");
        Assert.Equal(HttpStatusCode.NoContent, gone.StatusCode);
        Assert.Equal(HttpStatusCode.Created, (await MakeAsync(world, "more", "https://example.com/")).Status);
    }

    [Fact]
    public async Task A_name_is_there_once_whoever_asks_at_the_same_time_and_however_it_is_spelled()
    {
        await using var world = await TestApp.StartAsync(azurite);
        var made = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => MakeAsync(world, "crm", "https://example.com/")));
        Assert.Single(made, m => m.Status == HttpStatusCode.Created);
        Assert.All(made.Where(m => m.Status != HttpStatusCode.Created), m =>
            Assert.Contains("choose another", m.Says, StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.Conflict, (await MakeAsync(world, "CRM", "https://example.com/")).Status);
        Assert.Single((await world.GetAsync(SubscriptionSteps.Path)).EnumerateArray());
    }

    [Fact]
    public async Task An_address_that_lies_inside_is_refused_however_it_is_written()
    {
        await using var world = await TestApp.StartAsync(azurite, ("AZURE_FUNCTIONS_ENVIRONMENT", "Production"));
        foreach (var url in new[]
        {
            "https://127.0.0.1/", "https://localhost/", "https://app.localhost/", "https://[::1]/", "https://2130706433/",
            "https://0x7f.1/", "https://0.0.0.0/", "https://[::]/",
            "https://169.254.169.254/metadata/instance", "https://[fe80::1]/", "https://10.1.2.3/", "https://172.16.0.1/",
            "https://192.168.1.1/", "https://100.64.0.1/", "https://[fd00::1]/",
            "https://[::ffff:10.0.0.1]/", "https://[::ffff:127.0.0.1]/", "https://[::ffff:a9fe:a9fe]/", "https://[64:ff9b::a00:1]/",
            "https://[2002:a00:1::]/",
            "http://example.com/", "ftp://example.com/", "https://me@example.com/", "https://example.com/#x", "/relative", "",
        })
        {
            var (status, says) = await MakeAsync(world, "crm", url);
            Assert.True(status == HttpStatusCode.BadRequest
                && says.Contains("url must be a public https address", StringComparison.Ordinal), $"{url}: {status} {says}");
        }

        // A name is judged when it is connected to: this one leads to this machine.
        Assert.Equal(HttpStatusCode.Created, (await MakeAsync(world, "crm", "https://ip6-localhost/")).Status);
        Assert.False((await world.SubscriptionStepAsync("crm/ping")).Json.GetProperty("delivered").GetBoolean());
    }

    [Fact]
    public async Task A_filter_that_nothing_can_pass_is_refused_with_what_to_write()
    {
        await using var world = await TestApp.StartAsync(azurite);
        foreach (var (field, entry, what, step) in new[]
        {
            ("types", "serverless.case.opend.v1", "contains serverless.case.opend.v1", "api/schema/catalogue"),
            ("types", "case.*", "contains case.*", "serverless.case.*"),
            ("channels", "facebook", "contains facebook", "one of email, meta"),
            ("needs", "falt", "contains falt", "one of safety, withdrawal"),
                ("owes", "anwser", "contains anwser", "one of answer, public-answer"),
                ("include", "name", "contains name", "one of text, parties"),
            ("owners", "", "owners must be a list", "1 to 100 characters"), ("owner", "service", "Known fields", "owners"),
        })
        {
            using var answer = await world.RawAsync(HttpMethod.Post, SubscriptionSteps.Path,
                $$"""{"name":"crm","url":"https://example.com/","{{field}}":["{{entry}}"]}""");
            var says = await answer.TextAsync();
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
            Assert.Contains(what, says, StringComparison.Ordinal);
            Assert.Contains(step, says, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_filter_may_end_with_a_star()
    {
        await using var world = await TestApp.StartAsync(azurite);
        var made = await world.SubscribeAsync("crm", new Uri("https://example.com/"),
            """ "types":["serverless.*","serverless.contact.sent.v1"],"channels":["me*","twilio"],"needs":["call*"],"owes":["call*"],"owners":["*"],"networks":["pigeon"] """);
        Assert.Equal(2, made.GetProperty("types").GetArrayLength());
    }

    private static async Task<(HttpStatusCode Status, string Says)> MakeAsync(TestApp world, string name, string url)
    {
        using var answer = await world.RawAsync(HttpMethod.Post, SubscriptionSteps.Path, JsonSerializer.Serialize(new { name, url }));
        return (answer.StatusCode, await answer.TextAsync());
    }
}
