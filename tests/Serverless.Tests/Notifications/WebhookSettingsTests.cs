using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Serverless.Operations;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Notifications;

/// <summary>Settings of subscribers: a mistake costs its own subscriber time and a sentence, a value out of bounds stops the start with
/// one.</summary>
public sealed class WebhookSettingsTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private const string Secret = "whsec_bm90IGEgc2VjcmV0OiBhIHN1YnNjcmliZXIncyBvd24=";

    [Fact]
    public async Task A_subscriber_with_a_mistake_is_named_waits_and_stops_no_other()
    {
        await using var listens = await Subscriber.StartAsync();
        var url = listens.Address.ToString();
        await using var world = await TestApp.StartAsync(
            azurite,
            ("Webhook__Subscribers__good__Url", url), ("Webhook__Subscribers__good__Secret", Secret),
            ("Webhook__Subscribers__nowhere__Url", "crm.example.com/hook"), ("Webhook__Subscribers__nowhere__Secret", Secret),
            ("Webhook__Subscribers__bare__Url", "http://crm.example.com/hook"), ("Webhook__Subscribers__bare__Secret", Secret),
            ("Webhook__Subscribers__user__Url", "https://me:word@crm.example.com/hook"), ("Webhook__Subscribers__user__Secret", Secret),
            ("Webhook__Subscribers__open__Url", url),
            ("Webhook__Subscribers__short__Url", url), ("Webhook__Subscribers__short__Secret", "whsec_c2hvcnQ="),
            ("Webhook__Subscribers__old__Url", url), ("Webhook__Subscribers__old__Secret", Secret),
            ("Webhook__Subscribers__old__PreviousSecret", "not one"),
            ("Webhook__Subscribers__asks__Url", url), ("Webhook__Subscribers__asks__Secret", Secret),
            ("Webhook__Subscribers__asks__Include", "text, shoe size"));
        world.Services.GetRequiredService<StartCheck>().Tell();
        var health = (await world.GetAsync("/api/health")).GetProperty("parts").GetProperty("route:webhook");
        Assert.Equal("yellow", health.GetProperty("status").GetString());
        var says = health.GetProperty("says").EnumerateArray().Select(s => s.GetString()!).ToList();
        string[] named = ["nowhere__Url", "bare__Url", "user__Url", "open__Secret", "short__Secret", "old__PreviousSecret",
            "asks__Include"];
        foreach (var setting in named) Assert.Single(says, s => s.StartsWith($"Webhook__Subscribers__{setting}", StringComparison.Ordinal));
        Assert.Equal(named.Length, says.Count);
        Assert.DoesNotContain(says, s => s.Contains("c2hvcnQ=", StringComparison.Ordinal)
            || s.Contains("me:word", StringComparison.Ordinal));
        Assert.Empty(says.Except(world.Log.Of(LogLevel.Error), StringComparer.Ordinal));

        var form = Seed.Of("generic")[0];
        world.Time.Set(form.At);
        (await world.SendAsync(form)).Dispose();
        Assert.Equal(0, await world.DrainAsync());
        var stands = (await world.GetAsync("/api/operations/notices?day=2026-11-20")).EnumerateArray()
            .ToDictionary(n => n.GetProperty("target").GetString()!, n =>
                $"{n.GetProperty("state").GetString()}:{n.GetProperty("reason").GetString()}", StringComparer.Ordinal);
        foreach (var told in new[] { "good", "old", "asks" }) Assert.Equal("delivered:204", stands[told]);
        foreach (var waits in new[] { "nowhere", "bare", "user", "open", "short" })
            Assert.Equal("waiting:settings-incomplete", stands[waits]);
        Assert.Equal(3, listens.Told.Count);

        // What happened before the mistake was mended is told once it is.
        world.Set(("Webhook__Subscribers__open__Secret", Secret));
        world.Time.Advance(TimeSpan.FromSeconds(7));
        Assert.Equal(0, await world.DrainAsync());
        Assert.Equal(4, listens.Told.Count);
    }

    [Fact]
    public async Task A_subscriber_that_is_taken_out_of_the_settings_is_not_tried_for_ever()
    {
        await using var down = await Subscriber.StartAsync(Subscriber.Status(503));
        var (account, time) = (azurite.OwnAccount(), new FakeTime());
        await using var world = await TestApp.StartAsync(
            account, null, time, ("Webhook__Subscribers__gone__Url", down.Address.ToString()),
            ("Webhook__Subscribers__gone__Secret", Secret));
        var form = Seed.Of("generic")[0];
        world.Time.Set(form.At);
        (await world.SendAsync(form)).Dispose();
        Assert.Equal(0, await world.DrainAsync());

        await using var restarted = await TestApp.StartAsync(account, world.Broker, time);
        time.Advance(TimeSpan.FromSeconds(7));
        Assert.Equal(0, await restarted.DrainAsync());
        Assert.Single(down.Told);
        Assert.Empty(world.Later.Waiting);
        var failed = Assert.Single((await restarted.GetAsync("/api/operations/notices?day=2026-11-20&state=failed")).EnumerateArray());
        Assert.Equal("not-configured-any-more", failed.GetProperty("reason").GetString());
    }

    [Theory]
    [InlineData("Notification__RetrySeconds", "")]
    [InlineData("Notification__RetrySeconds", "5,soon")]
    [InlineData("Notification__RetrySeconds", "5,-1")]
    [InlineData("Notification__RetrySeconds", "99999999999999999999")]
    [InlineData("Notification__LongestWaitHours", "0")]
    [InlineData("Webhook__TimeoutSeconds", "0")]
    [InlineData("Webhook__TimeoutSeconds", "61")]
    public async Task A_value_out_of_bounds_stops_the_start_with_a_sentence(string setting, string value)
    {
        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => TestApp.StartAsync(azurite, (setting, value)));
        Assert.Contains($"{setting} must be", error.Message, StringComparison.Ordinal);
    }
}
