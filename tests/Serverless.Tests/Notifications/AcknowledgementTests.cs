using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Notifications;

/// <summary>
/// Who gets a receipt and who does not (P9). Not under RouteConformance: its targets listen on an address and answer with a status, the
/// customer is reached through Replies, whose journeys
/// prove what becomes of 429, 5xx and broken connections.
/// </summary>
public sealed class AcknowledgementTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private readonly LoopbackNetwork _pigeons = new();

    [Theory]
    [InlineData("automatic=auto-reply", "Message", "Private", "", "void:automatic")]
    [InlineData("automatic=bounce", "Message", "Private", "", "")]
    [InlineData("automatic=list", "Message", "Private", "", "void:automatic")]
    [InlineData("automatic=generated", "Form", "Private", "", "void:automatic")]
    [InlineData("noAutoReply=true", "Message", "Private", "", "void:automatic")]
    [InlineData("", "Comment", "Public", "", "void:public")]
    [InlineData("", "Call", "Private", "", "void:no-message")]
    [InlineData("", "DeviceEvent", "Private", "", "void:no-message")]
    [InlineData("", "MissedCall", "Private", "none", "void:no-way-back")]
    [InlineData("", "Message", "Private", "none", "void:no-way-back")]
    public async Task None_is_sent(string mark, string kind, string place, string way, string stands)
    {
        await using var world = await TestApp.StartAsync(azurite, _pigeons.Add, [.. AcknowledgementSteps.On()]);
        // A machine's note joins a case that is there; of its own it opens none.
        if (mark is "automatic=auto-reply")
            await world.PigeonAsync(new { id = "q0", customer = "anna", text = "Frage", at = world.Time.GetUtcNow() });
        foreach (var _ in await world.TakeReceiptsAsync()) { }
        await world.SaysAsync(new { id = "q1", customer = "anna", text = "Frage", at = world.Time.GetUtcNow(), mark = mark.Length == 0
            ? null : mark, kind, place, way });
        Assert.Empty(_pigeons.Flown);
        Assert.Equal(stands.Length == 0 ? [] : [stands], await world.ReceiptNoticesAsync());
    }

    [Fact]
    public async Task None_is_sent_for_what_was_recovered_for_what_we_said_and_after_the_window()
    {
        await using var world = await TestApp.StartAsync(azurite, _pigeons.Add, [.. AcknowledgementSteps.On()]);
        var at = world.Time.GetUtcNow();
        await world.SaysAsync(new { id = "q1", customer = "anna", text = "Frage", at, recovered = "yes" });
        await world.SaysAsync(new { id = "o1", customer = "anna", text = "Antwort", at = at.AddSeconds(1), echo = "yes" });
        Assert.Empty(await world.ReceiptNoticesAsync());
        await world.SaysAsync(new { id = "q2", customer = "ben", text = "Frage", at = at.AddHours(-25) });
        Assert.Equal(["void:window-closed"], await world.ReceiptNoticesAsync());
        Assert.Empty(_pigeons.Flown);
    }

    [Fact]
    public async Task In_public_only_where_it_is_wished_and_without_any_fact_of_the_case()
    {
        await using var world = await TestApp.StartAsync(azurite, _pigeons.Add,
            [.. AcknowledgementSteps.On(further: ("Acknowledgement__InPublic", "true"))]);
        await world.SaysAsync(new { id = "q1", customer = "anna", text = "I want to cancel my contract 4711", at = world.Time.GetUtcNow(),
            kind = "Comment", place = "Public", language = "en-GB" });
        var text = Assert.Single(_pigeons.Flown).Text;
        Assert.StartsWith("Hello,\n\nThank you for your post.", text, StringComparison.Ordinal);
        Assert.DoesNotContain((await world.OnlyCaseAsync()).Head("number"), text, StringComparison.Ordinal);
        Assert.DoesNotContain("4711", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_called_and_reached_nobody_hears_of_their_number_by_text()
    {
        await using var world = await TestApp.StartAsync(azurite, _pigeons.Add, [.. AcknowledgementSteps.On()]);
        await world.SaysAsync(new { id = "c1", customer = "anna", at = world.Time.GetUtcNow(), kind = "MissedCall" });
        Assert.Contains("leider haben wir Ihren Anruf verpasst.", Assert.Single(_pigeons.Flown).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Settings_that_cannot_hold_are_named_in_Health_and_receipts_wait_for_the_way_to_a_person()
    {
        await using var world = await TestApp.StartAsync(azurite, _pigeons.Add,
            ("Acknowledgement__Channels__pigeon", "on"), ("Acknowledgement__Channels__raven", "on"),
            ("Acknowledgement__Channels__meta", "yes"), ("Acknowledgement__Hours", "at night"),
            ("Acknowledgement__TimeZone", "Mars"), ("Acknowledgement__Language", "fr"));
        var (status, says) = await world.HealthAsync("route:acknowledgement");
        Assert.Equal("yellow", status);
        foreach (var setting in new[] { "__Channels__raven names", "__Channels__meta must", "__Contact is missing", "__Hours is not",
            "__TimeZone is", "__Language must" }) Assert.Contains($"Acknowledgement{setting}", says, StringComparison.Ordinal);

        await world.SaysAsync(new { id = "q1", customer = "anna", text = "Frage", at = world.Time.GetUtcNow() });
        Assert.Equal(["waiting:settings-incomplete"], await world.ReceiptNoticesAsync());
        world.Set(("Acknowledgement__Contact", "030 23125 100"));
        world.Time.Set(Assert.Single(world.LaterReceipts()).Due);
        Assert.Equal(0, await world.DrainAsync());
        Assert.Single(_pigeons.Flown);
    }
}
