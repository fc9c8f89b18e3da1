using System.Net;
using System.Text;
using Serverless.Local.FunctionsHost;
using Serverless.Local.Hosting;
using Xunit;

namespace Serverless.Tests.Hosting;

/// <summary>The bus by itself: what its REST door takes, and how messages live, wait, die and come back, on a clock moved by hand.</summary>
public sealed class TopicBrokerTests : IAsyncLifetime
{
    private readonly HostBench bench = HostBench.Create();
    private readonly ManualTime time = new(new DateTimeOffset(2026, 11, 20, 9, 0, 0, TimeSpan.Zero));
    private TopicBroker broker = null!;

    public async Task InitializeAsync()
    {
        bench.Messaging(
            topic: "\"duplicateDetectionWindow\": \"PT10M\",",
            subscription: """
                "lockDuration": "PT1M", "maxDeliveryCount": 3, "deadLetteringOnMessageExpiration": true,
                "filters": { "all": { "properties": { "route": "*" } }, "own": { "properties": { "route": "hooks" } }, "labelled": { "label": "urgent", "correlationId": "c" } }
                """);
        await OpenAsync();
    }

    public async Task DisposeAsync()
    {
        await broker.DisposeAsync();
        await bench.DisposeAsync();
    }

    [Fact]
    public async Task One_matching_filter_is_enough_and_none_leaves_nothing()
    {
        await SendAsync("1", properties: ("route", "\"*\""));
        await SendAsync("2", properties: ("route", "\"hooks\""));
        await SendAsync("3", properties: ("route", "\"other\""));
        await SendAsync("4");
        await SendAsync("5", """{"MessageId":"5","Label":"urgent","CorrelationId":"c"}""");
        await SendAsync("6", """{"MessageId":"6","Label":"urgent"}""");
        Assert.Equal(["1", "2", "5"], Active());
        Assert.Equal(6, broker.Calls);
    }

    [Fact]
    public async Task A_message_carries_body_type_and_properties()
    {
        await SendAsync("1", """{"MessageId":"1","SessionId":"s","To":"t"}""", properties: [("route", "\"*\""), ("attempt", "2"), ("flag", "true"), ("X-Plain", "not quoted")]);
        var message = Assert.Single(broker.Active("events", "hooks"));
        Assert.Equal("body 1", Encoding.UTF8.GetString(message.Body));
        Assert.StartsWith("application/json", message.System["contentType"], StringComparison.Ordinal);
        Assert.Equal("s", message.System["sessionId"]);
        Assert.Equal("2", message.Text("attempt"));
        Assert.Equal("true", message.Text("flag"));
        Assert.False(message.Properties.ContainsKey("X-Plain"));
    }

    [Fact]
    public async Task A_batch_is_as_many_messages()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(broker.Endpoint, "events/messages"))
        {
            Content = new StringContent("""
                [ { "Body": "a", "BrokerProperties": { "MessageId": "b1", "TimeToLiveTimeSpan": "00:00:40" }, "UserProperties": { "route": "*" } },
                  { "Body": "b", "BrokerProperties": { "MessageId": "b2" }, "UserProperties": { "route": "hooks" } } ]
                """, Encoding.UTF8, "application/vnd.microsoft.servicebus.json"),
        };
        using var answer = await HostBench.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        Assert.Equal(["b1", "b2"], Active());
        Assert.Equal(TimeSpan.FromSeconds(40), broker.Active("events", "hooks")[0].TimeToLive);
    }

    [Fact]
    public async Task What_cannot_be_taken_is_refused_by_status()
    {
        Assert.Equal(HttpStatusCode.NotFound, await PostAsync("unknown", "x", "{}"));
        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync("events", "x", "{no json"));
        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync("events", "x", """{"ScheduledEnqueueTimeUtc":"soon"}"""));
        Assert.Equal(HttpStatusCode.Forbidden, await PostAsync("events", new string('x', 256 * 1024), "{}"));
        Assert.Equal(HttpStatusCode.Forbidden, await PostAsync("events", new string('x', 2 * 1024 * 1024), "{}"));
        Assert.Empty(Active());
    }

    [Fact]
    public async Task Unavailable_is_what_a_test_asked_for_and_counts_as_a_call()
    {
        broker.Refuse(503);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await PostAsync("events", "x", "{}"));
        broker.Accept();
        Assert.Equal(HttpStatusCode.Created, await PostAsync("events", "x", "{}"));
        Assert.Equal(2, broker.Calls);
    }

    [Fact]
    public async Task The_same_id_within_the_window_is_taken_once_also_after_a_restart()
    {
        await SendAsync("1", properties: ("route", "\"*\""));
        await SendAsync("1", properties: ("route", "\"*\""));
        Assert.Equal(["1"], Active());
        time.Advance(TimeSpan.FromMinutes(9));
        await RestartAsync();
        await SendAsync("1", properties: ("route", "\"*\""));
        Assert.Equal(["1"], Active());
        time.Advance(TimeSpan.FromMinutes(1));
        await SendAsync("1", properties: ("route", "\"*\""));
        Assert.Equal(["1", "1"], Active());
    }

    [Fact]
    public async Task A_scheduled_message_waits_for_its_time_also_over_a_restart()
    {
        await SendAsync("1", """{"MessageId":"1","ScheduledEnqueueTimeUtc":"Fri, 20 Nov 2026 09:05:00 GMT"}""", ("route", "\"*\""));
        await SendAsync("2", """{"MessageId":"2","ScheduledEnqueueTimeUtc":"2026-11-20T09:20:00Z"}""", ("route", "\"*\""));
        Assert.Empty(Active());
        Assert.Equal(2, Assert.Single(broker.Counts()).Scheduled);
        var waiting = broker.ReceiveAsync("events", "hooks", CancellationToken.None);
        time.Advance(TimeSpan.FromMinutes(4.9));
        Assert.False(waiting.IsCompleted);

        time.Advance(TimeSpan.FromMinutes(0.1));

        var received = await waiting;
        Assert.Equal("1", received.Message.MessageId);
        Assert.Equal(time.GetUtcNow(), received.Message.EnqueuedAt);
        Assert.True(broker.Complete(received));
        await RestartAsync();
        Assert.Equal("2", Assert.Single(broker.Scheduled("events")).MessageId);
        time.Advance(TimeSpan.FromMinutes(15));
        Assert.Equal(["2"], Active());
    }

    [Fact]
    public async Task A_lock_that_runs_out_gives_the_message_to_the_next_and_is_worth_nothing_then()
    {
        await SendAsync("1", properties: ("route", "\"*\""));
        var first = await ReceiveAsync();
        Assert.Equal(1, first.DeliveryCount);
        var second = broker.ReceiveAsync("events", "hooks", CancellationToken.None);
        time.Advance(TimeSpan.FromSeconds(50));
        Assert.True(broker.Renew(first));
        time.Advance(TimeSpan.FromSeconds(50));
        Assert.False(second.IsCompleted);

        time.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(2, (await second).DeliveryCount);
        Assert.False(broker.Complete(first));
        Assert.False(broker.Renew(first));
        Assert.True(broker.Complete(await second));
        Assert.Empty(Active());
    }

    [Fact]
    public async Task An_abandoned_message_comes_again_at_once_before_younger_ones_and_is_dead_after_the_last_delivery()
    {
        await SendAsync("1", properties: ("route", "\"*\""));
        await SendAsync("2", properties: ("route", "\"*\""));
        for (var delivery = 1; delivery <= 3; delivery++)
        {
            var message = await ReceiveAsync();
            Assert.Equal(("1", delivery), (message.Message.MessageId, message.DeliveryCount));
            Assert.True(broker.Abandon(message));
        }

        Assert.Equal(["2"], Active());
        var dead = Assert.Single(broker.DeadLetters("events", "hooks"));
        Assert.Equal(("1", "MaxDeliveryCountExceeded", 3), (dead.Message.MessageId, dead.Reason, dead.DeliveryCount));

        await RestartAsync();
        Assert.Equal(3, Assert.Single(broker.DeadLetters("events", "hooks")).DeliveryCount);
        Assert.True(broker.Resubmit("events", "hooks", dead.Message.SequenceNumber));
        Assert.False(broker.Resubmit("events", "hooks", dead.Message.SequenceNumber));
        Assert.Empty(broker.DeadLetters("events", "hooks"));
        Assert.Equal(1, (await ReceiveAsync()).DeliveryCount);
    }

    [Fact]
    public async Task A_message_past_its_time_to_live_is_a_dead_letter()
    {
        await SendAsync("1", """{"MessageId":"1","TimeToLive":40}""", ("route", "\"*\""));
        time.Advance(TimeSpan.FromSeconds(39));
        Assert.Equal(["1"], Active());
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Empty(Active());
        Assert.Equal("TTLExpiredException", Assert.Single(broker.DeadLetters("events", "hooks")).Reason);
    }

    [Fact]
    public async Task Delivery_counts_survive_and_the_last_delivery_of_a_broker_that_died_ends_in_the_dead_letters()
    {
        await SendAsync("1", properties: ("route", "\"*\""));
        for (var delivery = 1; delivery <= 3; delivery++)
        {
            Assert.Equal(delivery, (await ReceiveAsync()).DeliveryCount);
            await RestartAsync();
        }

        Assert.Empty(Active());
        Assert.Equal(3, Assert.Single(broker.DeadLetters("events", "hooks")).DeliveryCount);
    }

    [Fact]
    public async Task A_torn_last_line_is_forgiven_and_a_damaged_one_inside_is_not()
    {
        await SendAsync("1", properties: ("route", "\"*\""));
        await broker.DisposeAsync();
        var journal = Path.Combine(bench.Data, "bus.journal");
        await File.AppendAllTextAsync(journal, """{"kind":"sent","topic":"events","mess""");
        await OpenAsync();
        Assert.Equal(["1"], Active());

        await broker.DisposeAsync();
        await File.WriteAllTextAsync(journal, "{torn\n" + await File.ReadAllTextAsync(journal));
        var refusal = await Assert.ThrowsAsync<HostStartException>(OpenAsync);
        Assert.Contains("damaged", refusal.Message, StringComparison.Ordinal);
        File.Delete(journal);
        await OpenAsync();
    }

    [Fact]
    public async Task The_journal_is_compacted_at_start_and_numbers_go_on()
    {
        for (var n = 1; n <= 20; n++)
        {
            await SendAsync($"{n}", properties: ("route", "\"*\""));
            broker.Complete(await ReceiveAsync());
        }

        time.Advance(TimeSpan.FromMinutes(11));
        await SendAsync("21", properties: ("route", "\"*\""));
        await RestartAsync();
        Assert.Equal(21, Assert.Single(broker.Active("events", "hooks")).SequenceNumber);
        Assert.True((await File.ReadAllLinesAsync(Path.Combine(bench.Data, "bus.journal"))).Length <= 4);
        await SendAsync("22", properties: ("route", "\"*\""));
        Assert.Equal(22, broker.Active("events", "hooks")[1].SequenceNumber);
    }

    [Theory]
    [InlineData("""{ "topics": { "t": { "sessions": true } } }""", "sessions")]
    [InlineData("""{ "topics": { "t": { "subscriptions": { "s": { "filters": { "f": { "sql": "1=1" } } } } } } }""", "sql")]
    [InlineData("""{ "topics": { "t": { "duplicateDetectionWindow": "soon" } } }""", "cannot be read")]
    public void What_messaging_json_asks_for_and_this_broker_lacks_is_one_sentence(string json, string said)
    {
        File.WriteAllText(bench.MessagingFile, json);
        Assert.Contains(said, Assert.Throws<HostStartException>(() => Messaging.Read(bench.MessagingFile)).Message, StringComparison.Ordinal);
    }

    private async Task OpenAsync() => broker = await TopicBroker.StartAsync(bench.MessagingFile, bench.Data, time, 0, CancellationToken.None);

    private async Task RestartAsync()
    {
        await broker.DisposeAsync();
        await OpenAsync();
    }

    private string[] Active() => [.. broker.Active("events", "hooks").Select(message => message.MessageId)];

    private Task<LockedMessage> ReceiveAsync() => broker.ReceiveAsync("events", "hooks", CancellationToken.None).WaitAsync(TimeSpan.FromMinutes(1));

    private async Task SendAsync(string id, string? brokerProperties = null, params (string Name, string Value)[] properties)
    {
        using var request = HostBench.Message(broker.Endpoint, "events", "body " + id, brokerProperties ?? $$"""{"MessageId":"{{id}}"}""", properties);
        using var answer = await HostBench.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
    }

    private async Task<HttpStatusCode> PostAsync(string topic, string body, string brokerProperties)
    {
        using var request = HostBench.Message(broker.Endpoint, topic, body, brokerProperties);
        // A body that is refused unread is cut off by the server: whoever sends on meets a broken pipe and not the answer.
        request.Headers.ExpectContinue = true;
        using var answer = await HostBench.Http.SendAsync(request);
        return answer.StatusCode;
    }
}
