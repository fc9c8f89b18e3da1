using System.Text.Json.Nodes;
using Serverless.Channels;
using Xunit;

namespace Serverless.Tests.Channels.Email;

/// <summary>Subscriptions are made, renewed, made anew and removed, but only ours, and only where repair is allowed.</summary>
public sealed class EmailUpkeepTests
{
    private static readonly RegistrationCheckRequest Repair = new("https://contact.example.com", Repair: true);
    private static readonly RegistrationCheckRequest Look = Repair with { Repair = false };

    private static async Task<Dictionary<string, Registration>> CheckAsync(EmailSetup desk, RegistrationCheckRequest upkeep) =>
        (await desk.Channel.CheckAsync(upkeep, default)).ToDictionary(r => r.Name, StringComparer.Ordinal);

    [Fact]
    public async Task A_missing_subscription_is_told_and_made_when_allowed()
    {
        await using var desk = await EmailSetup.StartAsync();
        var told = await CheckAsync(desk, Look);
        Assert.Equal(["subscription service inbox", "subscription service sentitems"], told.Keys.Order());
        Assert.All(told.Values, r => Assert.True(r is { State: RegistrationState.Drifted, Step: not null }));
        Assert.Empty(desk.Graph.Subscriptions);

        Assert.All((await CheckAsync(desk, Repair)).Values, r => Assert.Equal(RegistrationState.Repaired, r.State));
        var made = desk.Graph.Subscriptions[0];
        Assert.Equal("created", made["changeType"]!.GetValue<string>());
        Assert.Equal("users/service@example.com/mailFolders('inbox')/messages", made["resource"]!.GetValue<string>());
        Assert.StartsWith("https://contact.example.com/api/hooks/email?s=", made["notificationUrl"]!.GetValue<string>(),
            StringComparison.Ordinal);
        Assert.Equal("https://contact.example.com/api/hooks/email/lifecycle", made["lifecycleNotificationUrl"]!.GetValue<string>());
        Assert.InRange((GraphApi.Expires(made) - desk.Time.GetUtcNow()).TotalMinutes, 10_000, 10_080);
        // What it will send is genuine.
        Assert.IsType<VerificationResult.Valid>(
            desk.Channel.Verify(desk.Delivery($$"""{"value":[{"clientState":"{{made["clientState"]}}"}]}""")));

        Assert.All((await CheckAsync(desk, Look)).Values, r => Assert.True(r is { State: RegistrationState.Right, ExpiresAt: not null }));
        Assert.Equal(2, desk.Graph.Subscriptions.Count);
    }

    [Fact]
    public async Task It_is_renewed_at_half_its_life_and_made_anew_once_it_is_gone()
    {
        await using var desk = await EmailSetup.StartAsync();
        await CheckAsync(desk, Repair);
        desk.Graph.Subscriptions[0]["expirationDateTime"] = "2026-11-22T14:30:00.0000000+05:30";
        Assert.Equal(RegistrationState.Drifted, (await CheckAsync(desk, Look))["subscription service inbox"].State);
        var renewed = (await CheckAsync(desk, Repair))["subscription service inbox"];
        Assert.Equal(RegistrationState.Right, renewed.State);
        Assert.Equal(renewed.ExpiresAt, GraphApi.Expires(desk.Graph.Subscriptions[0]));
        Assert.True(renewed.ExpiresAt > desk.Time.GetUtcNow().AddDays(6));

        desk.Graph.Subscriptions.RemoveAt(0);
        Assert.Equal(RegistrationState.Repaired, (await CheckAsync(desk, Repair))["subscription service inbox"].State);
        Assert.Equal(2, desk.Graph.Subscriptions.Count);
    }

    [Fact]
    public async Task What_leads_elsewhere_stays()
    {
        await using var desk = await EmailSetup.StartAsync();
        desk.Graph.Subscriptions.Add(new JsonObject
        {
            ["id"] = "other", ["resource"] = "/users/service@example.com/mailFolders/inbox/messages",
            ["notificationUrl"] = "https://staging.example.com/api/hooks/email", ["lifecycleNotificationUrl"] = "x",
            ["expirationDateTime"] = "2026-11-22T00:00:00Z",
        });
        var found = await CheckAsync(desk, Repair);
        Assert.Equal(RegistrationState.Foreign, found["subscription service inbox"].State);
        Assert.Equal(RegistrationState.Repaired, found["subscription service sentitems"].State);
        Assert.Contains(desk.Graph.Subscriptions, s => s["id"]!.GetValue<string>() == "other");
        Assert.DoesNotContain(desk.Graph.Calls, c => c.StartsWith("DELETE", StringComparison.Ordinal)
            || c.StartsWith("PATCH", StringComparison.Ordinal));
    }

    [Fact]
    public async Task One_made_with_another_secret_or_without_lifecycle_or_twice_is_made_anew()
    {
        await using var desk = await EmailSetup.StartAsync(("Mailboxes__service__Folders", "inbox"));
        JsonObject Of(string id, string url, string? lifecycle) =>
            new() { ["id"] = id, ["resource"] = "users/service@example.com/mailFolders('inbox')/messages", ["notificationUrl"] = url,
                ["lifecycleNotificationUrl"] = lifecycle, ["expirationDateTime"] = "2026-11-26T00:00:00Z" };
        foreach (var (url, lifecycle) in new[] { ("https://contact.example.com/api/hooks/email?s=older", "x"),
            ("https://contact.example.com/api/hooks/email", null) })
        {
            desk.Graph.Subscriptions.Clear();
            desk.Graph.Subscriptions.Add(Of("old", url, lifecycle));
            Assert.Equal(RegistrationState.Drifted, (await CheckAsync(desk, Look))["subscription service inbox"].State);
            Assert.Equal(RegistrationState.Repaired, (await CheckAsync(desk, Repair))["subscription service inbox"].State);
            Assert.NotEqual("old", Assert.Single(desk.Graph.Subscriptions)["id"]!.GetValue<string>());
        }

        desk.Graph.Subscriptions.Add(Of("twice", desk.Graph.Subscriptions[0]["notificationUrl"]!.GetValue<string>(), "x"));
        Assert.Equal(RegistrationState.Repaired, (await CheckAsync(desk, Repair))["subscription service inbox"].State);
        Assert.Single(desk.Graph.Subscriptions);
    }

    [Fact]
    public async Task One_that_the_settings_ask_for_no_more_is_removed()
    {
        await using var desk = await EmailSetup.StartAsync(("Mailboxes__service__Folders", "inbox"));
        desk.Graph.Subscriptions.Add(new JsonObject { ["id"] = "stray",
            ["resource"] = "users/former@example.com/mailFolders('inbox')/messages",
            ["notificationUrl"] = "https://contact.example.com/api/hooks/email?s=1", ["expirationDateTime"] = "2026-11-26T00:00:00Z" });
        Assert.Equal(RegistrationState.Drifted, (await CheckAsync(desk, Look))["subscription stray"].State);
        Assert.Equal(RegistrationState.Repaired, (await CheckAsync(desk, Repair))["subscription stray"].State);
        Assert.DoesNotContain(desk.Graph.Subscriptions, s => s["id"]!.GetValue<string>() == "stray");
    }

    [Fact]
    public async Task A_rich_one_lives_a_day_and_takes_a_new_certificate()
    {
        var settings = Harness.Seed.SettingsOf("email");
        var certificate = settings["Channels__Email__Certificate"];
        await using var desk = await EmailSetup.StartAsync(("Mailboxes__service__Folders", "inbox"), ("Rich", "true"), ("AppId", "a"),
            ("CertificateId", "new"), ("Certificate", certificate));
        var found = await CheckAsync(desk, Repair);
        Assert.True(found["encryption certificate"] is { State: RegistrationState.Right, ExpiresAt: not null });
        var made = Assert.Single(desk.Graph.Subscriptions);
        Assert.True(made["includeResourceData"]!.GetValue<bool>());
        Assert.DoesNotContain("PRIVATE", made["encryptionCertificate"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.InRange((GraphApi.Expires(made) - desk.Time.GetUtcNow()).TotalMinutes, 1_400, 1_440);
        made["encryptionCertificateId"] = "old";
        Assert.Equal(RegistrationState.Repaired, (await CheckAsync(desk, Repair))["subscription service inbox"].State);
        Assert.Equal("new", made["encryptionCertificateId"]!.GetValue<string>());
    }

    [Fact]
    public async Task Without_an_answer_nothing_is_known_and_without_an_address_nothing_is_repaired()
    {
        await using var desk = await EmailSetup.StartAsync();
        Assert.All((await CheckAsync(desk, Repair with { PublicBaseUrl = null })).Values, r =>
            Assert.Contains("Hooks__PublicBaseUrl", r.Step, StringComparison.Ordinal));
        desk.Graph.Trouble = ("POST", 403, "ExtensionError", 2, null);
        Assert.All((await CheckAsync(desk, Repair)).Values, r =>
            Assert.True(r.State == RegistrationState.Drifted && r.Step!.Contains("Mail.ReadWrite", StringComparison.Ordinal)));
        desk.Graph.Trouble = ("GET", 503, "ServiceUnavailable", 1, null);
        Assert.All((await CheckAsync(desk, Repair)).Values, r => Assert.Equal(RegistrationState.Unknown, r.State));
    }
}
