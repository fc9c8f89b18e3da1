using System.Text.Json;
using Azure.Messaging.ServiceBus;
using Serverless.Local.ServiceBus;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Bus;

/// <summary>The client that other systems use, Azure.Messaging.ServiceBus, against the topic on this machine.</summary>
public sealed class ServiceBusClientTests : IAsyncLifetime
{
    private const string Plan = """{ "hooks": { "maxDeliveryCount": 3 }, "cases": { "types": ["serverless.case.*"] } }""";
    private readonly FakeTime _time = new();
    private TopicBench _bench = null!;

    public Task InitializeAsync()
    {
        _bench = TopicBench.Start(_time, Plan);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [Fact]
    public async Task A_message_arrives_as_it_was_sent_and_is_gone_once_completed()
    {
        var client = _bench.Client();
        await client.CreateSender(TopicBench.Name).SendMessageAsync(new ServiceBusMessage("{\"a\":\"ä\"}"u8.ToArray())
        {
            MessageId = "event/ü\"1",
            Subject = "serverless.case.opened.v1",
            ContentType = "application/cloudevents+json",
            CorrelationId = "c",
            To = "t",
            TimeToLive = TimeSpan.FromMinutes(90),
            ApplicationProperties =
            {
                ["type"] = "serverless.case.opened.v1",
                ["place"] = "Köln",
                ["attempt"] = 2,
                ["urgent"] = true,
                ["weight"] = 1.5,
            },
        });
        var receiver = client.CreateReceiver(TopicBench.Name, "cases");
        var got = await receiver.ReceiveMessageAsync(TimeSpan.FromSeconds(5));
        Assert.Equal(("event/ü\"1", "serverless.case.opened.v1"), (got.MessageId, got.Subject));
        Assert.Equal("application/cloudevents+json", got.ContentType);
        Assert.Equal(("c", "t", TimeSpan.FromMinutes(90)), (got.CorrelationId, got.To, got.TimeToLive));
        Assert.Equal("{\"a\":\"ä\"}", got.Body.ToString());
        var properties = got.ApplicationProperties;
        Assert.Equal(("Köln", 2, true, 1.5), (properties["place"], properties["attempt"], properties["urgent"], properties["weight"]));
        Assert.Equal((1, 1L), (got.DeliveryCount, got.SequenceNumber));
        Assert.Equal((_time.GetUtcNow(), _time.GetUtcNow().AddMinutes(1)), (got.EnqueuedTime, got.LockedUntil));
        await receiver.CompleteMessageAsync(got);
        Assert.Empty(_bench.Active("cases"));
        Assert.Equal(1, _bench.Topic.Calls);
    }

    [Fact]
    public async Task A_filter_keeps_others_out_and_an_id_is_taken_once()
    {
        var sender = _bench.Client().CreateSender(TopicBench.Name);
        await sender.SendMessageAsync(Event("1", "serverless.case.opened.v1"));
        await sender.SendMessageAsync(Event("1", "serverless.case.opened.v1"));
        await sender.SendMessageAsync(Event("2", "serverless.reply.sent.v1"));
        Assert.Equal(["1"], _bench.Active("cases"));
        Assert.Equal(["1", "2"], _bench.Active());
    }

    [Fact]
    public async Task A_batch_is_as_many_messages()
    {
        var sender = _bench.Client().CreateSender(TopicBench.Name);
        using var batch = await sender.CreateMessageBatchAsync();
        Assert.Equal(MessageSize, batch.MaxSizeInBytes);
        for (var i = 0; i < 50; i++) Assert.True(batch.TryAddMessage(Event($"{i}", "serverless.case.opened.v1")));
        await sender.SendMessagesAsync(batch);
        Assert.Equal(50, _bench.Active("cases").Length);
        Assert.Equal(1, _bench.Topic.Calls);
    }

    [Fact]
    public async Task What_is_too_large_is_refused_and_leaves_nothing()
    {
        var sender = _bench.Client().CreateSender(TopicBench.Name);
        var tooLarge = new ServiceBusMessage(new byte[MessageSize]) { MessageId = "1" };
        var refused = await Assert.ThrowsAsync<ServiceBusException>(() => sender.SendMessageAsync(tooLarge));
        Assert.Equal(ServiceBusFailureReason.MessageSizeExceeded, refused.Reason);
        await sender.SendMessageAsync(new ServiceBusMessage(new byte[MessageSize - 1_000]) { MessageId = "2" });
        Assert.Equal(["2"], _bench.Active());
    }

    [Fact]
    public async Task What_is_abandoned_three_times_is_a_dead_letter_that_can_be_read_and_removed()
    {
        _bench.Send("1");
        var client = _bench.Client();
        var receiver = client.CreateReceiver(TopicBench.Name, TopicBench.Hooks);
        for (var delivery = 1; delivery <= 3; delivery++)
        {
            var got = await receiver.ReceiveMessageAsync(TimeSpan.FromSeconds(5));
            Assert.Equal(delivery, got.DeliveryCount);
            await receiver.AbandonMessageAsync(got);
        }

        Assert.Equal((0, 1), (Assert.Single(_bench.Topic.Counts(), c => c.Subscription == "hooks").Active, Dead()));
        var letters = client.CreateReceiver(TopicBench.Name, TopicBench.Hooks, DeadLetters);
        var letter = await letters.ReceiveMessageAsync(TimeSpan.FromSeconds(5));
        Assert.Equal("MaxDeliveryCountExceeded", letter.DeadLetterReason);
        await letters.AbandonMessageAsync(letter);
        letter = await letters.ReceiveMessageAsync(TimeSpan.FromSeconds(5));
        await letters.CompleteMessageAsync(letter);
        Assert.Equal(0, Dead());

        int Dead() => Assert.Single(_bench.Topic.Counts(), c => c.Subscription == "hooks").DeadLetters;
    }

    [Fact]
    public async Task A_receiver_says_why_it_gives_a_message_up()
    {
        _bench.Send("1");
        var client = _bench.Client();
        var receiver = client.CreateReceiver(TopicBench.Name, TopicBench.Hooks);
        var got = await receiver.ReceiveMessageAsync(TimeSpan.FromSeconds(5));
        await receiver.DeadLetterMessageAsync(got, "NoSuchCase", "It is not one of ours.");
        var letters = client.CreateReceiver(TopicBench.Name, TopicBench.Hooks, DeadLetters);
        var letter = await letters.ReceiveMessageAsync(TimeSpan.FromSeconds(5));
        Assert.Equal(("NoSuchCase", "It is not one of ours."), (letter.DeadLetterReason, letter.DeadLetterErrorDescription));
    }

    [Fact]
    public async Task A_lock_that_was_lost_settles_nothing_and_one_that_is_renewed_lasts()
    {
        _bench.Send("1");
        var client = _bench.Client();
        var receiver = client.CreateReceiver(TopicBench.Name, TopicBench.Hooks);
        var got = await receiver.ReceiveMessageAsync(TimeSpan.FromSeconds(5));
        _time.Advance(TimeSpan.FromSeconds(50));
        await receiver.RenewMessageLockAsync(got);
        Assert.Equal(_time.GetUtcNow().AddMinutes(1), got.LockedUntil);
        _time.Advance(TimeSpan.FromSeconds(61));
        var lost = await Assert.ThrowsAsync<ServiceBusException>(() => receiver.CompleteMessageAsync(got));
        Assert.Equal(ServiceBusFailureReason.MessageLockLost, lost.Reason);
        lost = await Assert.ThrowsAsync<ServiceBusException>(() => receiver.RenewMessageLockAsync(got));
        Assert.Equal(ServiceBusFailureReason.MessageLockLost, lost.Reason);
        Assert.Equal(2, (await receiver.ReceiveMessageAsync(TimeSpan.FromSeconds(5))).DeliveryCount);
    }

    [Fact]
    public async Task What_a_receiver_asked_for_and_no_longer_wants_is_there_for_the_next_uncounted()
    {
        // What comes over the credit of a call that gave up, the SDK hands back at once, released and settled.
        var client = _bench.Client();
        for (var i = 0; i < 5; i++)
        {
            await using var gone = client.CreateReceiver(TopicBench.Name, TopicBench.Hooks);
            await using var first = client.CreateReceiver(TopicBench.Name, TopicBench.Hooks);
            Assert.Null(await gone.ReceiveMessageAsync(TimeSpan.FromMilliseconds(200)));
            _bench.Send($"{i}");
            var back = await first.ReceiveMessageAsync(TimeSpan.FromSeconds(5));
            Assert.Equal(1, back.DeliveryCount);
            await first.CompleteMessageAsync(back);
        }

        Assert.Equal(0, Assert.Single(_bench.Topic.Counts(), c => c.Subscription == "hooks").DeadLetters);
    }

    [Fact]
    public async Task Two_receivers_share_a_subscription_and_each_message_goes_to_one()
    {
        var one = _bench.Client().CreateReceiver(TopicBench.Name, TopicBench.Hooks);
        var two = _bench.Client().CreateReceiver(TopicBench.Name, TopicBench.Hooks);
        _bench.Topic.Send(Enumerable.Range(0, 100).Select(i => TopicBench.Message($"{i}")));
        var taken = await Task.WhenAll(TakeAsync(one), TakeAsync(two));
        Assert.Equal(100, taken.SelectMany(t => t).Distinct().Count());
        Assert.Equal(100, taken.Sum(t => t.Count));
        Assert.Empty(_bench.Active());

        static async Task<List<string>> TakeAsync(ServiceBusReceiver receiver)
        {
            List<string> ids = [];
            while (await receiver.ReceiveMessagesAsync(10, TimeSpan.FromSeconds(1)) is { Count: > 0 } got)
            {
                foreach (var message in got) await receiver.CompleteMessageAsync(message);
                ids.AddRange(got.Select(m => m.MessageId));
            }

            return ids;
        }
    }

    [Fact]
    public async Task What_is_received_and_deleted_needs_no_answer()
    {
        _bench.Send("1");
        var options = new ServiceBusReceiverOptions { ReceiveMode = ServiceBusReceiveMode.ReceiveAndDelete };
        var receiver = _bench.Client().CreateReceiver(TopicBench.Name, TopicBench.Hooks, options);
        Assert.Equal("1", (await receiver.ReceiveMessageAsync(TimeSpan.FromSeconds(5))).MessageId);
        Assert.Empty(_bench.Active());
    }

    [Fact]
    public async Task Sender_and_receiver_find_a_topic_that_was_started_again()
    {
        var client = _bench.Client(tries: 3);
        var (sender, receiver) = (client.CreateSender(TopicBench.Name), client.CreateReceiver(TopicBench.Name, TopicBench.Hooks));
        await sender.SendMessageAsync(Event("1", "x"));
        var got = await receiver.ReceiveMessageAsync(TimeSpan.FromSeconds(5));
        await _bench.RestartAsync();
        await sender.SendMessageAsync(Event("2", "x"));
        await Assert.ThrowsAsync<ServiceBusException>(() => receiver.CompleteMessageAsync(got));
        Assert.Equal("2", (await receiver.ReceiveMessageAsync(TimeSpan.FromSeconds(5))).MessageId);
    }

    [Fact]
    public async Task What_is_not_there_is_said()
    {
        var client = _bench.Client();
        await Assert.ThrowsAsync<ServiceBusException>(() => client.CreateSender("nothing").SendMessageAsync(Event("3", "x")));
        var receiver = client.CreateReceiver(TopicBench.Name, "nobody");
        await Assert.ThrowsAsync<ServiceBusException>(() => receiver.ReceiveMessageAsync(TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public async Task A_second_process_receives_the_events_by_its_subscription()
    {
        await using var bench = TopicBench.Start(TimeProvider.System, Plan);
        var kept = Path.Combine(bench.Folder, "kept");
        await using var subscriber = SubscriberProcess.Start(bench.Topic.ConnectionString, TopicBench.Name, "cases", kept);
        var sender = bench.Client().CreateSender(TopicBench.Name);
        await sender.SendMessageAsync(Event("1", "serverless.case.opened.v1"));
        await sender.SendMessageAsync(Event("2", "serverless.reply.sent.v1"));
        await sender.SendMessageAsync(Event("3", "serverless.case.closed.v1"));
        await TopicBench.Until(() => subscriber.Lines.Count == 2 && bench.Active("cases").Length == 0);
        Assert.NotEqual(Environment.ProcessId, subscriber.ProcessId);
        var ids = subscriber.Lines.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("id").GetString());
        Assert.Equal(["1", "3"], ids.Order());
        Assert.Equal(2, Directory.GetFiles(Path.Combine(kept, "events")).Length);
    }

    private static int MessageSize => 256 * 1024;

    private static ServiceBusReceiverOptions DeadLetters => new() { SubQueue = SubQueue.DeadLetter };

    private static ServiceBusMessage Event(string id, string type) =>
        new("{}") { MessageId = id, Subject = type, ApplicationProperties = { ["type"] = type } };
}
