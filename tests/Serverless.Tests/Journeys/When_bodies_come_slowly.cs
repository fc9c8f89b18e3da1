using System.Net;
using System.Xml.Linq;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Serverless.Channels;
using Serverless.Intake;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>
/// Bodies that do not come. 260 unsigned sockets once shut a channel, since the limit of calls was entered before the body was read, and
/// took gigabytes, since a buffer of the claimed length was made before a byte arrived. The whole
/// form is <see cref="When_slow_bodies_meet_a_small_heap"/>.
/// </summary>
public sealed class When_bodies_come_slowly(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private const int Sockets = 24;
    private const int Megabyte = 1024 * 1024;
    private static readonly string[] Attacked = ["/api/hooks/generic", "/api/hooks/meta", "/api/hooks/twilio/voice"];
    private static readonly Seed Call = Seed.Of("twilio").Single(s => s.Name == "twilio/01-journey-rings");

    [Fact]
    public async Task Genuine_calls_are_answered_while_each_channel_is_full_of_slow_ones()
    {
        await using var world = await TestApp.StartAsync(
            azurite, ("Receive__ConcurrentReadersPerChannel", "8"), ("Receive__ConcurrentCallsPerChannel", "4"),
            ("Channels__Generic__ToleranceMinutes", "5256000"));
        await using var slow = new SlowSockets();
        foreach (var path in Attacked) await slow.OpenManyAsync(Sockets, world.Address, path, 60_000);
        var generic = Seed.Of("generic").First(s => s.IsGenuine);
        var body = MetaCall.Messages(new MetaSaid("wamid.1", "493023125017", "Hallo", world.Time.GetUtcNow()));
        await EventuallyAsync(HttpStatusCode.OK, () => world.SendMetaAsync(body));
        await EventuallyAsync(HttpStatusCode.OK, () => world.SendAsync(Call));
        await EventuallyAsync(HttpStatusCode.Accepted, () => world.SendAsync(generic));
        await world.DrainAsync();
        Assert.Equal(3, (await world.CasesAsync()).Count);
    }

    /// <summary>Seen with 720 sockets: none was a second old yet, so none was slow, and small genuine calls heard 503.</summary>
    [Fact]
    public void A_flood_of_large_bodies_makes_room_for_a_small_one_and_not_the_other_way_round()
    {
        using var services = new ServiceCollection().Configure<ReceiveOptions>(o => o.HeldMegabytes = 8).BuildServiceProvider();
        var readers = new BodyReadLimiter(services.GetRequiredService<IOptionsMonitor<ReceiveOptions>>());
        using var first = readers.Enter("generic")!;
        using var second = readers.Enter("generic")!;
        using var small = readers.Enter("twilio")!;
        Assert.True(first.TryHold(3 * Megabyte) && second.TryHold(5 * Megabyte) && small.TryHold(4 * 1024));
        Assert.Equal((false, true), (first.Evicted.IsCancellationRequested, second.Evicted.IsCancellationRequested));
        Assert.False(small.TryHold(6 * Megabyte));
        Assert.Equal((3 * Megabyte) + (4 * 1024), readers.Held);
    }

    [Fact]
    public async Task A_claimed_length_takes_no_memory_and_what_arrived_is_given_back()
    {
        await using var world = await TestApp.StartAsync(azurite, ("Receive__HeldMegabytes", "8"));
        var readers = world.Services.GetRequiredService<BodyReadLimiter>();
        await using (var slow = new SlowSockets())
        {
            await slow.OpenManyAsync(Sockets, world.Address, "/api/hooks/generic", 8_000_000);
            await UntilAsync(() => readers.Held >= Sockets * 8 * 1024);
            Assert.InRange(readers.Held, 1, Sockets * 32 * 1024);
        }

        await UntilAsync(() => readers.Held == 0);
    }

    [Fact]
    public async Task A_whole_body_has_one_deadline()
    {
        await using var world = await TestApp.StartAsync(azurite, ("Receive__BodySeconds", "1"));
        await using var slow = new SlowSockets();
        var heard = await TooLateAsync(world, slow, "generic", "");
        Assert.True(heard.StartsWith("HTTP/1.1 408", StringComparison.Ordinal),
            $"{heard}\n{string.Join('\n', world.Log.Lines.TakeLast(6))}");
        heard = await TooLateAsync(world, slow, "twilio", "/voice");
        Assert.StartsWith("HTTP/1.1 200", heard, StringComparison.Ordinal);
        Assert.Equal("Response", XDocument.Parse(heard[heard.IndexOf("<?xml", StringComparison.Ordinal)..]).Root?.Name);
        Assert.DoesNotContain("442079460111", heard, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_is_on_the_phone_hears_call_control_when_there_is_no_room_and_others_503()
    {
        await using var world = await TestApp.StartAsync(
            azurite, ("Receive__ConcurrentCallsPerChannel", "1"), ("Receive__StoreSeconds", "3"));
        using (await world.SendAsync(Call)) world.Gate.Hang();
        var body = MetaCall.Messages(new MetaSaid("wamid.1", "493023125017", "Hallo", world.Time.GetUtcNow()));
        var (first, second) = (world.SendAsync(Call), world.SendMetaAsync(body));
        var bulkhead = world.Services.GetRequiredService<Bulkhead>();
        await UntilAsync(() => IsFull(bulkhead, "twilio") && IsFull(bulkhead, "meta"));
        using var call = await world.SendAsync(Call);
        using var meta = await world.SendMetaAsync(body);
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable), (call.StatusCode, meta.StatusCode));
        // Its signature holds, so the plan's people are rung.
        Assert.Contains("+442079460111", await call.TextAsync(), StringComparison.Ordinal);
        Assert.False(first.IsCompleted && second.IsCompleted);
        using (await first) (await second).Dispose();
    }

    [Fact]
    public async Task A_channel_takes_what_its_provider_sends_and_no_more()
    {
        await using var world = await TestApp.StartAsync(azurite);
        foreach (var (channel, kilobytes) in new[] { ("twilio/messages", 64), ("meta", 3 * 1024), ("generic", 8 * 1024) })
        {
            using var answer = await world.SendAsync("POST", $"/api/hooks/{channel}", [], new byte[(kilobytes * 1024) + 1]);
            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
            var most = (kilobytes * 1024).ToString(System.Globalization.CultureInfo.InvariantCulture);
            Assert.Contains(most, await answer.TextAsync(), StringComparison.Ordinal);
        }
    }

    /// <summary>Nothing is proven of a call that was not read: its answer names no number of ours, whatever the settings.</summary>
    [Fact]
    public async Task An_answer_to_an_unread_call_is_valid_and_gives_nothing_away()
    {
        await using var world = await TestApp.StartAsync(azurite, TestApp.EveryChannel);
        var channels = world.Services.GetRequiredService<ChannelDirectory>();
        foreach (var seed in Seed.Channels.SelectMany(Seed.Of).Where(s => s.Method == "POST"))
        {
            var channel = channels.Find(seed.Name.Split('/')[0])!;
            foreach (var begun in new[] { 0, seed.Body.Length / 2, seed.Body.Length })
            {
                if (channel.RespondUnread(seed.ToDelivery(channel) with { Body = seed.Body.AsMemory(0, begun) }) is not { } answer)
                    continue;
                Assert.Equal(200, answer.Status);
                var text = System.Text.Encoding.UTF8.GetString(answer.Body.Span);
                Assert.DoesNotContain("<Dial", text, StringComparison.Ordinal);
                Assert.DoesNotContain("<Number", text, StringComparison.Ordinal);
                Assert.DoesNotContain("connect", text, StringComparison.Ordinal);
                if (text.StartsWith('<')) Assert.Equal("Response", XDocument.Parse(text).Root?.Name);
                else if (text.Length > 0) System.Text.Json.JsonDocument.Parse(text).Dispose();
            }
        }

        string[] phones = ["twilio/voice", "vonage/voice/answer", "sipgate", "placetel"];
        Assert.All(phones, phone => Assert.NotNull(channels.Find(phone.Split('/')[0])!.RespondUnread(new Delivery
        {
            Id = DeliveryKey.NewId(world.Time.GetUtcNow()),
            Channel = phone.Split('/')[0],
            Method = "POST",
            PathAndQuery = $"/api/hooks/{phone}",
            Headers = new Dictionary<string, string>(StringComparer.Ordinal),
            Body = default,
            ReceivedAt = world.Time.GetUtcNow(),
        })));
    }

    private static async Task<string> TooLateAsync(TestApp world, SlowSockets slow, string channel, string rest)
    {
        await slow.OpenAsync(world.Address, $"/api/hooks/{channel}{rest}", 60_000);
        await UntilAsync(() => world.Log.Lines.Any(line => line.StartsWith($"not read {channel}:", StringComparison.Ordinal)));
        await slow.FinishAsync();
        return await slow.HearAsync();
    }

    private static bool IsFull(Bulkhead bulkhead, string channel)
    {
        if (!bulkhead.TryEnter(channel)) return true;
        bulkhead.Leave(channel);
        return false;
    }

    // A body counts as slow after a second.
    private static async Task EventuallyAsync(HttpStatusCode status, Func<Task<HttpResponseMessage>> call)
    {
        List<HttpStatusCode> heard = [];
        var began = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(8))
        {
            using var answer = await call();
            heard.Add(answer.StatusCode);
            if (answer.StatusCode == status && answer.Headers.Contains("X-Delivery-Id")) return;
            await Task.Delay(100);
        }

        Assert.Fail($"Still no {status}: {string.Join(", ", heard)}");
    }

    private static async Task UntilAsync(Func<bool> holds)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!holds())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(10),
                "It did not come to that within ten seconds.");
            await Task.Delay(20);
        }
    }
}
