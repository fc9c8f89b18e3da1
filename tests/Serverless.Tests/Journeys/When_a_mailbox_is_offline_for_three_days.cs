using System.Text.Json;
using Serverless.Tests.Channels.Email;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>Graph tells of mails and cannot give them: its servers are down, then the mailbox is on the move.</summary>
public sealed class When_a_mailbox_is_offline_for_three_days(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private readonly FakeTime _time = new();

    [Fact]
    public async Task What_was_told_of_waits_and_what_was_not_is_found()
    {
        await using var voice = await EmailSimulator.StartAsync(_time);
        await using var world = await azurite.WorldAsync(voice, _time);
        using var queue = new InboundDriver(world);
        var written = _time.GetUtcNow();
        for (var customer = 1; customer <= 3; customer++) voice.Ask(customer, 0);
        voice.Graph.Trouble = ("GET", 503, "ServiceUnavailable", int.MaxValue, null);
        var delivery = await world.TakeAsync(EmailSimulator.Notice(("inbox", "AAk1-0"), ("inbox", "AAk2-0")));
        Assert.Equal(0, await world.DrainAsync(bus: false));

        var (until, longest, tries) = (written.AddDays(3), 0, 0);
        for (; _time.GetUtcNow() < until; tries++)
        {
            longest = Math.Max(longest, await world.NextTryAsync("email", delivery));
            if (tries % 40 != 39) continue;
            Assert.Equal("open", await world.EndOfAsync(delivery, "email"));
            // A mailbox that is moved answers 404 without being gone. https://learn.microsoft.com/en-us/graph/errors
            voice.Graph.Trouble = ("GET", 404, "MailboxNotEnabledForRESTAPI", int.MaxValue, null);
            var queued = await queue.CountAsync();
            Assert.True(await world.TickAsync());
            Assert.Equal(queued, await queue.CountAsync());
            Assert.Equal(0, (await world.SummaryAsync()).GetProperty("unaccounted").GetInt32());
            Assert.Equal("green", (await world.HealthAsync("deliveries")).Status);
            Assert.Equal("yellow", (await world.HealthAsync("channel:email")).Status);
        }

        Assert.InRange(longest, 1801, 3600);
        Assert.InRange(tries, 72, 160);
        Assert.Empty(await world.CasesAsync());

        // One mail was deleted meanwhile; of another nobody ever told.
        voice.Graph.Trouble = null;
        voice.Graph.Messages.RemoveAll(m => (string)m.Message["id"]! == "AAk2-0");
        await world.NextTryAsync("email", delivery);
        Assert.Equal("ended: case, ignored:gone-at-provider", await world.EndOfAsync(delivery, "email"));
        Assert.Equal(written, Contact(await world.OnlyCaseAsync()).GetProperty("occurredAt").GetDateTimeOffset());
        Assert.False(Contact(await world.OnlyCaseAsync()).TryGetProperty("recovery", out _));

        await world.LookAsync();
        var cases = await world.CasesAsync();
        Assert.Equal(2, cases.Count);
        var late = Assert.Single(cases.Select(Contact), c => c.TryGetProperty("recovery", out _));
        Assert.Equal("<AAk3-0@mail.example.org>", late.GetProperty("externalId").GetString());
        Assert.InRange(late.GetProperty("recovery").GetProperty("gapSeconds").GetInt64(), 3 * 24 * 60 * 60, 4 * 24 * 60 * 60);
    }

    private static JsonElement Contact(JsonElement file) =>
        Assert.Single(file.GetProperty("contacts").EnumerateArray()).GetProperty("contact");
}
