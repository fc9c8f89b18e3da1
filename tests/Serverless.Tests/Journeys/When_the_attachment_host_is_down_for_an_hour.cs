using System.Security.Cryptography;
using Serverless.Tests.Channels.Twilio;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>The host that a provider's files lie on is down: no contact waits for it, and each file comes once it is back.</summary>
public sealed class When_the_attachment_host_is_down_for_an_hour(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    [Theory]
    [InlineData("email", 9 * 1024 * 1024)]
    [InlineData("telegram-bot", 40_000)]
    [InlineData("twilio", 40_000)]
    public async Task The_contact_is_a_case_at_once_and_its_file_comes_after_the_hour(string way, int size)
    {
        var (time, sent) = (new FakeTime(), RandomNumberGenerator.GetBytes(size));
        await using var voice = (ISendsFiles)await SimulatorSteps.StartAsync(way, time);
        await using var world = await azurite.WorldAsync(voice, time);
        voice.IsDown = true;
        Assert.Equal("ended: case", await world.HearAsync(voice, voice.Show(sent).Call));
        var file = await world.OnlyCaseAsync();
        var (caseId, id) = (file.CaseId(), Assert.Single(file.Files()).GetProperty("id").GetString()!);
        Assert.StartsWith("waiting: ", Assert.Single(file.FileStates().Values), StringComparison.Ordinal);

        var (until, tries) = (time.GetUtcNow().AddHours(1), 0);
        for (; time.GetUtcNow() < until; tries++) await world.NextFileTryAsync(caseId, [id]);
        Assert.InRange(tries, 6, 20);
        voice.IsDown = false;
        await world.NextFileTryAsync(caseId, [id]);
        await AssertStoredAsync(world, sent);

        // The host is asked no more.
        voice.IsDown = true;
        Assert.True(await world.FetchAsync(caseId, id));
        Assert.Equal("stored", Assert.Single((await world.OnlyCaseAsync()).FileStates().Values));
    }

    [Fact]
    public async Task A_picture_of_a_message_that_was_found_late_is_fetched_too()
    {
        var (time, sent) = (new FakeTime(), RandomNumberGenerator.GetBytes(40_000));
        await using var voice = await TwilioSimulator.StartAsync(time);
        await using var world = await azurite.WorldAsync(voice, time);
        var never = voice.Show(sent);
        await world.LookAsync();
        await AssertStoredAsync(world, sent);

        // Its call comes after all, and names the same picture by its address.
        Assert.Equal("ended: duplicate", await world.HearAsync(voice, never.Call));
        Assert.Single((await world.OnlyCaseAsync()).Files());
    }

    private static async Task AssertStoredAsync(TestApp world, byte[] sent)
    {
        var kept = await world.OnlyCaseAsync();
        Assert.Equal("stored", Assert.Single(kept.FileStates().Values));
        var file = Assert.Single(kept.Files());
        Assert.Equal((sent.Length, Convert.ToHexStringLower(SHA256.HashData(sent))),
            (file.GetProperty("size").GetInt32(), file.GetProperty("sha256").GetString()));
        Assert.Equal(sent, await world.DownloadAsync(kept.CaseId(), file.GetProperty("id").GetString()!));
    }
}
