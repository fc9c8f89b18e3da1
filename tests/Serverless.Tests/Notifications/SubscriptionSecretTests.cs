using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Platform.Signatures;
using Serverless.Platform.Storage;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Notifications;

/// <summary>Whoever reads the tables has no secret of a subscriber: a row holds what it is derived from beside a master secret of the
/// vault, which can be changed without a gap.</summary>
public sealed class SubscriptionSecretTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private const string NewMaster = "another-master-secret-of-a-world-in-a-test";

    [Fact]
    public async Task The_row_holds_no_secret_and_another_implementation_derives_the_same()
    {
        await using var world = await TestApp.StartAsync(azurite);
        var secret = (await world.SubscribeAsync("CRM", new Uri("https://example.com/"))).GetProperty("secret").GetString()!;
        var row = await world.Services.GetRequiredService<TableStore>().GetAsync("subscriptions", "webhook", "crm", CancellationToken.None);
        foreach (var property in new[] { "Secret", "PreviousSecret" }) Assert.Null(row![property]);
        foreach (var property in new[] { "Salt", "Master", "Url", "Name" })
            Assert.DoesNotContain(secret["whsec_".Length..], row!.Text(property)!, StringComparison.Ordinal);

        var derived = await Node.RunAsync("tests/Serverless.Tests/Platform/Signatures/hkdf.mjs", new[]
        {
            new { master = TestApp.MasterSecret, salt = row!.Text("Salt"), info = "webhook subscription crm", bytes = 32 },
            new { master = TestApp.MasterSecret, salt = (string?)"", info = "fingerprint", bytes = 4 },
        });
        Assert.Equal(secret["whsec_".Length..], derived[0].GetProperty("base64").GetString());
        Assert.Equal(row.Text("Master"), derived[1].GetProperty("hex").GetString());
        Assert.NotEqual(
            Convert.ToBase64String(DerivedSecret.Of(TestApp.MasterSecret, Convert.FromBase64String(row.Text("Salt")!),
                "webhook subscription shop")), secret["whsec_".Length..]);
    }

    [Fact]
    public async Task Without_a_master_secret_none_is_made_and_the_answer_names_the_setting()
    {
        await using var world = await TestApp.StartAsync(azurite, ("Webhook__MasterSecret", null));
        using var answer = await world.RawAsync(HttpMethod.Post, SubscriptionSteps.Path, """{"name":"crm","url":"https://example.com/"}""");
        Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
        Assert.Contains("Webhook__MasterSecret", await answer.TextAsync(), StringComparison.Ordinal);
        Assert.Empty((await world.GetAsync(SubscriptionSteps.Path)).EnumerateArray());
    }

    [Fact]
    public async Task When_the_master_secret_is_rotated_each_keeps_its_own_until_it_is_rotated_and_Health_says_who_is_left()
    {
        await using var crm = await Subscriber.StartAsync();
        await using var world = await TestApp.StartAsync(azurite);
        var first = (await world.SubscribeAsync("crm", crm.Address)).GetProperty("secret").GetString()!;
        Assert.Equal(("green", ""), await world.HealthAsync("subscriptions"));

        world.Set(("Webhook__PreviousMasterSecret", TestApp.MasterSecret), ("Webhook__MasterSecret", NewMaster));
        Assert.True(await IsGenuineAsync(world, crm, first));
        await world.SubscribeAsync("later", crm.Address);
        var (status, says) = await world.HealthAsync("subscriptions");
        Assert.Equal("yellow", status);
        Assert.StartsWith("The secret of crm is derived from Webhook__PreviousMasterSecret", says, StringComparison.Ordinal);

        // While the secret before still signs, its master is still needed.
        var second = (await world.SubscriptionStepAsync("crm/rotate", """{"hours":2}""")).Json.GetProperty("secret").GetString()!;
        Assert.True(await IsGenuineAsync(world, crm, first));
        Assert.True(await IsGenuineAsync(world, crm, second));
        Assert.Equal("yellow", (await world.HealthAsync("subscriptions")).Status);
        world.Time.Advance(TimeSpan.FromHours(2));
        Assert.Equal("green", (await world.HealthAsync("subscriptions")).Status);
        world.Set(("Webhook__PreviousMasterSecret", null));
        Assert.True(await IsGenuineAsync(world, crm, second));
        Assert.Equal("green", (await world.HealthAsync("subscriptions")).Status);
    }

    [Fact]
    public async Task One_whose_master_secret_is_gone_waits_and_Health_says_how_to_mend_it()
    {
        await using var crm = await Subscriber.StartAsync();
        await using var world = await TestApp.StartAsync(azurite);
        await world.SubscribeAsync("crm", crm.Address);
        world.Set(("Webhook__MasterSecret", NewMaster));
        var (status, says) = await world.HealthAsync("subscriptions");
        Assert.Equal("yellow", status);
        Assert.StartsWith("The master secret of crm is missing", says, StringComparison.Ordinal);
        Assert.Equal("settings-incomplete", (await world.SubscriptionStepAsync("crm/ping")).Json.GetProperty("reason").GetString());
        Assert.Empty(crm.Told);
        var anew = (await world.SubscriptionStepAsync("crm/rotate")).Json.GetProperty("secret").GetString()!;
        Assert.True(await IsGenuineAsync(world, crm, anew));
    }

    private static async Task<bool> IsGenuineAsync(TestApp world, Subscriber subscriber, string secret)
    {
        Assert.True((await world.SubscriptionStepAsync("crm/ping")).Json.GetProperty("delivered").GetBoolean());
        var told = subscriber.Told[^1];
        return StandardWebhook.Verify(new SecretPair(secret, null), told.Headers["webhook-id"], told.Headers["webhook-timestamp"],
            told.Headers["webhook-signature"], told.Body, world.Time.GetUtcNow(), TimeSpan.FromMinutes(5)).Kind
            == WebhookProofKind.Genuine;
    }
}
