using System.Net;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>
/// Telegram and Event Grid prove themselves by a word in a header or an address. Whoever reads the stored deliveries, or a nightly export
/// of them, must not be able to call us with it;
/// and what was kept under a wrong secret must still verify once the secret is right.
/// </summary>
public sealed class When_secrets_are_shown(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private const string Word = "demo-telegram-service-secret-not-real";

    [Fact]
    public async Task They_are_nowhere_in_storage_and_what_they_prove_is_worked()
    {
        await using var world = await TestApp.StartAsync(azurite, TestApp.EveryChannel);
        foreach (var seed in Seed.Of("telegram").Concat(Seed.Of("acs")).Where(s => s.Method == "POST").Take(80))
            using (await world.SendAsync(seed)) { }

        string[] words = [.. TestApp.DefaultSettings()
            .Where(s => s.Key is "Channels__Acs__Secret" or "Channels__Acs__PreviousSecret"
                || s.Key.EndsWith("SecretToken", StringComparison.Ordinal)).Select(s => s.Value!).Distinct()];
        Assert.True(words.Length >= 3);
        Assert.Equal([], await world.FindAsync(words));
        await world.DrainAsync();
        Assert.NotEmpty(await world.CasesAsync());
        Assert.Equal(0, (await world.SummaryAsync()).GetProperty("unaccounted").GetInt32());
    }

    [Fact]
    public async Task A_call_kept_under_a_wrong_setting_verifies_once_the_setting_is_right()
    {
        const string Setting = "Channels__Telegram__Bots__service__SecretToken";
        await using var world = await TestApp.StartAsync(azurite, TestApp.EveryChannel, (Setting, "not-the-word-that-telegram-was-given"));
        var seed = Seed.Of("telegram")
            .First(s => s.Method == "POST" && s.PathAndQuery.EndsWith("/service", StringComparison.Ordinal) && s.Contacts.Any());
        string id;
        using (var answer = await world.SendAsync(seed))
        {
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            id = answer.Headers.GetValues("X-Delivery-Id").Single();
        }

        world.Set((Setting, Word));
        var released = await world.ReviewAllAsync("quarantine/release", Review.One("telegram", id));
        Assert.Equal(1, released.Sum("done"));
        await world.DrainAsync();
        Assert.Single(await world.CasesAsync());
    }
}
