using System.Text;
using Serverless.Local.ServiceBus;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Bus;

/// <summary>The topic on this machine by itself: how messages live, wait, die and come back, on a clock moved by hand.</summary>
public sealed class LocalTopicTests : IAsyncLifetime
{
    private const string Plan = """
        { "hooks": { "lockDuration": "PT1M", "maxDeliveryCount": 3, "deadLetteringOnMessageExpiration": true,
          "filters": { "all": { "properties": { "route": "*" } }, "own": { "properties": { "route": "hooks" } }, "labelled": { "label": "urgent", "correlationId": "c" } } } }
        """;

    private readonly FakeTime _time = new();
    private TopicBench _bench = null!;

    private LocalTopic Topic => _bench.Topic;

    public async Task InitializeAsync() => _bench = await TopicBench.StartAsync(_time, Plan);

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [Fact]
    public void One_matching_filter_is_enough_and_none_leaves_nothing()
    {
        Send("1");
        _bench.Send("2", null, ("route", "hooks"));
        _bench.Send("3", null, ("route", "other"));
        _bench.Send("4");
        Topic.Send([Labelled("5", ("label", "urgent"), ("correlationId", "c")), Labelled("6", ("label", "urgent"))]);
        Assert.Equal(["1", "2", "5"], _bench.Active());
    }

    [Fact]
    public async Task The_same_id_within_the_window_is_taken_once_also_after_a_restart()
    {
        Send("1");
        Send("1");
        Assert.Equal(["1"], _bench.Active());
        _time.Advance(TimeSpan.FromMinutes(9));
        await _bench.RestartAsync();
        Send("1");
        Assert.Equal(["1"], _bench.Active());
        _time.Advance(TimeSpan.FromMinutes(1));
        Send("1");
        Assert.Equal(["1", "1"], _bench.Active());
    }

    [Fact]
    public async Task A_scheduled_message_waits_for_its_time_also_over_a_restart()
    {
        Send("1", _time.GetUtcNow().AddMinutes(5));
        Send("2", _time.GetUtcNow().AddMinutes(20));
        Assert.Empty(_bench.Active());
        Assert.Equal(2, Assert.Single(Topic.Counts()).Scheduled);
        var waiting = _bench.ReceiveAsync();
        _time.Advance(TimeSpan.FromMinutes(4.9));
        Assert.False(waiting.IsCompleted);

        _time.Advance(TimeSpan.FromMinutes(0.1));

        var received = await waiting;
        Assert.Equal(("1", _time.GetUtcNow()), (received.Message.MessageId, received.Message.EnqueuedAt));
        Assert.True(Topic.Complete(received));
        await _bench.RestartAsync();
        Assert.Equal("2", Assert.Single(Topic.Scheduled(TopicBench.Name)).MessageId);
        _time.Advance(TimeSpan.FromMinutes(15));
        Assert.Equal(["2"], _bench.Active());
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

        var dead = Assert.Single(Topic.DeadLetters(TopicBench.Name, TopicBench.Hooks));
        Assert.Equal(("MaxDeliveryCountExceeded", 3), (dead.Reason, dead.DeliveryCount));
        await _bench.RestartAsync();
        Assert.Equal(3, Assert.Single(Topic.DeadLetters(TopicBench.Name, TopicBench.Hooks)).DeliveryCount);
        Assert.True(Topic.Resubmit(TopicBench.Name, TopicBench.Hooks, dead.Message.SequenceNumber));
        Assert.Empty(Topic.DeadLetters(TopicBench.Name, TopicBench.Hooks));
        Assert.Equal(1, (await _bench.ReceiveAsync()).DeliveryCount);
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
        Topic.Send([TopicBench.Message("1", null, ("route", "*")) with { TimeToLive = TimeSpan.FromSeconds(40) }]);
        Send("2");
        _time.Advance(TimeSpan.FromSeconds(40));
        Assert.Equal("TTLExpiredException", Assert.Single(Topic.DeadLetters(TopicBench.Name, TopicBench.Hooks)).Reason);
        Assert.Equal("2", (await _bench.ReceiveAsync()).Message.MessageId);
    }

    [Fact]
    public async Task Delivery_counts_survive_and_the_last_delivery_of_a_topic_that_died_ends_in_the_dead_letters()
    {
        Send("1");
        for (var delivery = 1; delivery <= 3; delivery++)
        {
            Assert.Equal(delivery, (await _bench.ReceiveAsync()).DeliveryCount);
            await _bench.RestartAsync();
        }

        Assert.Empty(_bench.Active());
        Assert.Equal(3, Assert.Single(Topic.DeadLetters(TopicBench.Name, TopicBench.Hooks)).DeliveryCount);
    }

    [Fact]
    public async Task A_torn_last_line_is_forgiven_and_a_damaged_one_inside_is_not()
    {
        Send("1");
        await Topic.DisposeAsync();
        var journal = Path.Combine(_bench.Folder, "bus.journal");
        await File.AppendAllTextAsync(journal, """{"kind":"sent","topic":"events","mess""");
        await _bench.OpenAsync();
        Assert.Equal(["1"], _bench.Active());

        await Topic.DisposeAsync();
        await File.WriteAllTextAsync(journal, "{torn\n" + await File.ReadAllTextAsync(journal));
        var refusal = await Assert.ThrowsAsync<Serverless.Local.CommandLine.Refusal>(() => _bench.OpenAsync());
        Assert.Contains("damaged", refusal.Message, StringComparison.Ordinal);
        File.Delete(journal);
        await _bench.OpenAsync();
    }

    [Fact]
    public async Task The_journal_is_compacted_at_start_and_numbers_go_on()
    {
        for (var n = 1; n <= 20; n++)
        {
            Send($"{n}");
            Topic.Complete(await _bench.ReceiveAsync());
        }

        _time.Advance(TimeSpan.FromMinutes(11));
        Send("21");
        await _bench.RestartAsync();
        Assert.Equal(21, Assert.Single(Topic.Active(TopicBench.Name, TopicBench.Hooks)).SequenceNumber);
        await using (var file = new FileStream(Path.Combine(_bench.Folder, "bus.journal"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite))
        using (var lines = new StreamReader(file)) Assert.True((await lines.ReadToEndAsync()).Count(c => c == '\n') <= 4);
        Send("22");
        Assert.Equal(22, Topic.Active(TopicBench.Name, TopicBench.Hooks)[1].SequenceNumber);
    }

    [Theory]
    [InlineData("""{ "topics": { "t": { "subscriptions": { "s": { "sessions": true } } } } }""", "sessions")]
    [InlineData("""{ "topics": { "t": { "subscriptions": { "s": { "sqlFilter": "a LIKE b LIKE c" } } } } }""", "filter")]
    [InlineData("""{ "topics": { "t": { "duplicateDetectionWindow": "soon" } } }""", "cannot be read")]
    public void What_messaging_json_asks_for_and_this_topic_lacks_is_one_sentence(string json, string said)
    {
        _bench.Plan(json);
        Assert.Contains(said, Assert.Throws<Serverless.Local.CommandLine.Refusal>(() => TopicPlan.ReadAll(_bench.MessagingFile)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("type LIKE 'serverless.case.%'", true)]
    [InlineData("type LIKE 'serverless.contact.%'", false)]
    [InlineData("type = 'serverless.case.opened.v1'", true)]
    [InlineData("type = 'serverless.case.opened'", false)]
    [InlineData("(type = 'a' OR type LIKE 'serverless.%') AND channel = 'mail' AND place = 'Köln'", true)]
    [InlineData("(type LIKE 'serverless.%') AND [owner] = 'O''Brien'", true)]
    [InlineData("type LIKE 'serverless.%' AND missing = 'x'", false)]
    [InlineData("NOT missing = 'x'", false)]
    [InlineData("missing IS NULL AND user.channel IS NOT NULL", true)]
    [InlineData("channel IN ('sms', 'mail')", true)]
    [InlineData("channel NOT LIKE 'ma%'", false)]
    [InlineData("attempt >= 2 AND flag = TRUE AND sys.Label = 'urgent'", true)]
    [InlineData("1=1", true)]
    public void A_filter_takes_what_its_words_say(string sql, bool takes)
    {
        var message = TopicBench.Message("1", null, ("type", "serverless.case.opened.v1"), ("channel", "mail"), ("place", "Köln"), ("owner", "O'Brien"));
        message = message with
        {
            System = new Dictionary<string, string> { ["label"] = "urgent" },
            Properties = new Dictionary<string, string>(message.Properties, StringComparer.OrdinalIgnoreCase) { ["attempt"] = "2", ["flag"] = "true" },
        };
        Assert.Equal(takes, SqlFilter.Parse(sql).Takes(message));
    }

    [Fact]
    public void Subscribers_are_read_as_the_template_reads_them()
    {
        var file = Path.Combine(_bench.Folder, "subscribers.json");
        File.WriteAllText(file, """[{ "name": "crm", "types": ["serverless.case.*", "serverless.reply.sent.v1"], "properties": { "owner": "O'Brien" } }, { "name": "all", "types": ["*"] }]""");
        var (crm, all) = (SubscriptionPlan.ReadSubscribers(file)[0], SubscriptionPlan.ReadSubscribers(file)[1]);
        Assert.Equal("(type LIKE 'serverless.case.%' OR type = 'serverless.reply.sent.v1') AND [owner] = 'O''Brien'", crm.Filter!.ToString());
        Assert.Null(all.Filter);
        Assert.Equal((10, TimeSpan.FromMinutes(1), false), (crm.MaxDeliveryCount, crm.LockDuration, crm.DeadLetterExpired));
    }

    private void Send(string id, DateTimeOffset? at = null) => _bench.Send(id, at, ("route", "*"));

    private static TopicMessage Labelled(string id, params (string Name, string Value)[] fields) => TopicBench.Message(id) with
    {
        System = fields.Append(("messageId", id)).ToDictionary(f => f.Item1, f => f.Item2),
    };
}
