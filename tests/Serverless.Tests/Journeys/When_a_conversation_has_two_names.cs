using System.Text;
using System.Text.Json;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>WhatsApp knows a customer by a number and by a user id; either may be missing, and a number may get a new owner.</summary>
public sealed class When_a_conversation_has_two_names(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private const string Number = "4915112345678";

    private static int _said;

    [Theory]
    [InlineData("both number id echo", 1)]
    [InlineData("number both id", 1)]
    [InlineData("id both number", 1)]
    [InlineData("id both echo id number", 1)]
    [InlineData("echo both", 1)]
    [InlineData("both other", 2)]
    [InlineData("both other number", 2)]
    public async Task It_is_one_case_whatever_is_named_and_a_new_owner_has_their_own(string messages, int cases)
    {
        await using var world = await TestApp.StartAsync(azurite);
        foreach (var message in messages.Split(' '))
        {
            world.Time.Advance(TimeSpan.FromMinutes(1));
            await world.AcceptAsync(Message(world, message));
            Assert.Equal(0, await world.DrainAsync(bus: false));
        }

        var open = await world.CasesAsync();
        Assert.Equal(cases, open.Count);
        Assert.Equal(messages.Split(' ').Length, open.Sum(c => c.Texts().Count));
        // A number alone belongs to whom it was last seen with.
        if (messages == "both other number")
            Assert.Equal(["other", "number"], open.Single(c => c.Texts().Contains("other", StringComparer.Ordinal)).Texts());
    }

    [Fact]
    public async Task A_reopened_conversation_moves_on_with_both_names()
    {
        await using var world = await TestApp.StartAsync(azurite);
        async Task SayAsync(string message)
        {
            world.Time.Advance(TimeSpan.FromMinutes(1));
            await world.AcceptAsync(Message(world, message));
            Assert.Equal(0, await world.DrainAsync(bus: false));
        }

        await SayAsync("both");
        await world.CloseAsync((await world.OnlyCaseAsync()).CaseId());
        world.Time.Advance(TimeSpan.FromDays(30));
        await SayAsync("number");
        await SayAsync("id");
        Assert.Equal(["number", "id"], (await world.OnlyCaseAsync()).Texts());
    }

    private static byte[] Message(TestApp world, string message)
    {
        var id = message == "other" ? "DE.2" : "DE.1";
        var said = new Dictionary<string, object> { ["id"] = $"wamid.{++_said}",
            ["timestamp"] = $"{world.Time.GetUtcNow().ToUnixTimeSeconds()}", ["type"] = "text", ["text"] = new { body = message } };
        if (message == "echo") (said["from"], said["to"]) = ("493023125100", Number);
        if (message is "both" or "number" or "other") said["from"] = Number;
        if (message is "both" or "id" or "other") said["from_user_id"] = id;
        var value = new Dictionary<string, object> { ["messaging_product"] = "whatsapp",
            ["metadata"] = new { display_phone_number = "493023125100", phone_number_id = "309911223344556" },
            [message == "echo" ? "message_echoes" : "messages"] = new[] { said } };
        return Encoding.UTF8.GetBytes(
            JsonSerializer.Serialize(new { @object = "whatsapp_business_account",
                entry = new[] { new { id = "204411009988776",
                    changes = new[] { new { value, field = message == "echo" ? "smb_message_echoes" : "messages" } } } } }));
    }
}
