using Serverless.Local.ServiceBus;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Platform.Messaging;

/// <summary>The topic on this machine by itself: how messages live, wait, die and come back, on a clock moved by hand.</summary>
public sealed class LocalTopicTests : IAsyncLifetime
{
    private const string Plan = """
        { "hooks": { "lockDuration": "PT1M", "maxDeliveryCount": 3, "deadLetteringOnMessageExpiration": true,
          "filters": { "all": { "properties": { "route": "*" } }, "own": { "properties": { "route": "hooks" } } } } }
        """;

    private readonly FakeTime _time = new();
    private TopicBench _bench = null!;

    private LocalTopic Topic => _bench.Topic;

    public Task InitializeAsync()
    {
        _bench = TopicBench.Start(_time, Plan);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [Fact]
    public void One_matching_filter_is_enough_and_none_leaves_nothing()
    {
        Send("1");
        _bench.Send("2", ("route", "hooks"));
        _bench.Send("3", ("route", "other"));
        _bench.Send("4");
        Assert.Equal(["1", "2"], _bench.Active());
    }

    [Fact]
    public void The_same_id_within_the_window_is_taken_once()
    {
        Send("1");
        Send("1");
        Assert.Equal(["1"], _bench.Active());
        _time.Advance(TimeSpan.FromMinutes(9));
        Send("1");
        Assert.Equal(["1"], _bench.Active());
        _time.Advance(TimeSpan.FromMinutes(1));
        Send("1");
        Assert.Equal(["1", "1"], _bench.Active());
    }

    [Fact]
    public async Task A_lock_that_runs_out_gives_the_message_to_the_next_and_is_worth_nothing_then()
    {
        Send("1");
        var first = await _bench.ReceiveAsync();
        Assert.Equal(1, first.DeliveryCount);
        var second = _bench.ReceiveAsync();
        _time.Advance(TimeSpan.FromSeconds(50));
        Assert.NotNull(Topic.Renew(first));
        _time.Advance(TimeSpan.FromSeconds(50));
        Assert.False(second.IsCompleted);

        _time.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(2, (await second).DeliveryCount);
        Assert.False(Topic.Complete(first));
        Assert.Null(Topic.Renew(first));
        Assert.True(Topic.Complete(await second));
        Assert.Empty(_bench.Active());
    }

    [Fact]
    public async Task What_is_abandoned_comes_at_once_and_dies_after_the_last_delivery()
    {
        Send("1");
        for (var delivery = 1; delivery <= 3; delivery++)
        {
            var received = await _bench.ReceiveAsync();
            Assert.Equal(delivery, received.DeliveryCount);
            Assert.True(Topic.Abandon(received));
        }

        Assert.Empty(_bench.Active());
        Assert.Equal("MaxDeliveryCountExceeded", (await DeadAsync()).DeadReason);
    }

    [Fact]
    public async Task What_is_given_back_is_no_delivery()
    {
        Send("1");
        for (var i = 0; i < 10; i++)
        {
            var received = await _bench.ReceiveAsync();
            Assert.Equal(1, received.DeliveryCount);
            Assert.True(Topic.Release(received));
        }

        Assert.Equal(["1"], _bench.Active());
    }

    [Fact]
    public async Task What_nobody_took_in_its_time_is_a_dead_letter()
    {
        Topic.Send([TopicBench.Message("1", ("route", "*")) with { TimeToLive = TimeSpan.FromSeconds(40) }]);
        Send("2");
        _time.Advance(TimeSpan.FromSeconds(40));
        Assert.Equal("TTLExpiredException", (await DeadAsync()).DeadReason);
        Assert.Equal("2", (await _bench.ReceiveAsync()).Message.MessageId);
    }

    [Theory]
    [InlineData("""{ "topics": { "t": { "subscriptions": { "s": { "sessions": true } } } } }""", "sessions")]
    [InlineData("""{ "topics": { "t": { "duplicateDetectionWindow": "soon" } } }""", "cannot be read")]
    public void What_messaging_json_asks_for_and_this_topic_lacks_is_one_sentence(string json, string said)
    {
        _bench.Plan(json);
        var refusal = Assert.Throws<Serverless.Local.CommandLine.Refusal>(() => TopicPlan.ReadAll(_bench.MessagingFile));
        Assert.Contains(said, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Subscribers_are_read_as_the_template_reads_them_and_get_what_they_named()
    {
        var file = Path.Combine(_bench.Folder, "subscribers.json");
        File.WriteAllText(file, """
            [
              { "name": "crm", "types": ["serverless.case.*", "serverless.reply.sent.v1"], "properties": { "owner": "O'Brien" } },
              { "name": "all", "types": ["*"] },
              { "name": "plain", "principalId": "id" }
            ]
            """);
        var plans = SubscriptionPlan.ReadSubscribers(file);
        Assert.Equal((10, TimeSpan.FromMinutes(1), false), (plans[0].MaxDeliveryCount, plans[0].LockDuration, plans[0].DeadLetterExpired));
        Assert.Equal(["crm", "all", "plain"], Takers("serverless.case.opened.v1", "O'Brien"));
        Assert.Equal(["crm", "all", "plain"], Takers("serverless.reply.sent.v1", "O'Brien"));
        Assert.Equal(["all", "plain"], Takers("serverless.reply.sent.v2", "O'Brien"));
        Assert.Equal(["all", "plain"], Takers("serverless.case.opened.v1", "o'brien"));
        Assert.Equal(["plain"], plans.Where(plan => plan.Takes(TopicBench.Message("1"))).Select(plan => plan.Name));

        IEnumerable<string> Takers(string type, string owner) =>
            plans.Where(plan => plan.Takes(TopicBench.Message("1", ("type", type), ("owner", owner)))).Select(plan => plan.Name);
    }

    private Task<LockedMessage> DeadAsync() =>
        Topic.ReceiveAsync(TopicBench.Name, TopicBench.Hooks + "/$DeadLetterQueue", CancellationToken.None)
        .WaitAsync(TimeSpan.FromMinutes(1));

    private void Send(string id) => _bench.Send(id, ("route", "*"));
}
