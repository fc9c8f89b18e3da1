using System.Text.Json;
using Serverless.Platform.Messaging;
using Serverless.Telemetry;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Bus;

/// <summary>What goes over the wire to a topic, and what its answers mean.</summary>
public sealed class TopicClientTests
{
    private readonly CallCount _count = new();

    [Fact]
    public async Task A_message_is_one_request_with_its_properties_as_headers()
    {
        await using var bus = await RecordingEndpoint.StartAsync(201);
        var message = new BusMessage("event/ü\"1", "{\"a\":\"ä\"}"u8.ToArray())
        {
            Properties = new Dictionary<string, string>(StringComparer.Ordinal) { ["route"] = "*", ["event-type"] = "case.opened" },
            ScheduledFor = new DateTimeOffset(2026, 11, 20, 10, 15, 0, 500, TimeSpan.FromHours(1)),
            SessionId = "s1",
            TimeToLive = TimeSpan.FromMinutes(90),
        };
        await Client(bus).SendAsync("case-events", message, default);

        var request = Assert.Single(bus.Requests);
        Assert.Equal(("POST", "/case-events/messages"), (request.Method, request.Target));
        Assert.Equal(("\"*\"", "\"case.opened\"", "application/json"), (request.Headers["route"], request.Headers["event-type"], request.Headers["Content-Type"]));
        Assert.Equal("{\"a\":\"ä\"}"u8.ToArray(), request.Body);
        Assert.False(request.Headers.ContainsKey("Authorization"));
        using var properties = JsonDocument.Parse(request.Headers["BrokerProperties"]);
        var root = properties.RootElement;
        Assert.Equal("event/ü\"1", root.GetProperty("MessageId").GetString());
        Assert.Equal("s1", root.GetProperty("SessionId").GetString());
        Assert.Equal(5400, root.GetProperty("TimeToLive").GetDouble());
        Assert.Equal("Fri, 20 Nov 2026 09:15:01 GMT", root.GetProperty("ScheduledEnqueueTimeUtc").GetString());
        Assert.Equal(1, _count.Bus);
        Assert.Equal(0, _count.Storage);
    }

    [Fact]
    public async Task A_plain_message_names_only_its_id()
    {
        await using var bus = await RecordingEndpoint.StartAsync(201);
        await Client(bus).SendAsync("t", new BusMessage("1", "{}"u8.ToArray()), default);
        Assert.Equal("{\"MessageId\":\"1\"}", Assert.Single(bus.Requests).Headers["BrokerProperties"]);
    }

    [Theory]
    [InlineData(400, false)]
    [InlineData(401, false)]
    [InlineData(403, false)]
    [InlineData(404, false)]
    [InlineData(410, false)]
    [InlineData(413, false)]
    public async Task What_somebody_must_change_is_said_at_once(int status, bool retryable)
    {
        await using var bus = await RecordingEndpoint.StartAsync(status);
        var e = await Assert.ThrowsAsync<BusUnavailableException>(() => Client(bus).SendAsync("t", new BusMessage("1", "{}"u8.ToArray()), default));
        Assert.Equal((status, retryable), (e.Status, e.Retryable));
        Assert.Equal(1, _count.Bus);
    }

    [Theory]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task What_may_pass_is_tried_four_times(int status)
    {
        await using var bus = await RecordingEndpoint.StartAsync(status);
        var e = await Assert.ThrowsAsync<BusUnavailableException>(() => Client(bus).SendAsync("t", new BusMessage("1", "{}"u8.ToArray()), default));
        Assert.Equal((status, true), (e.Status, e.Retryable));
        Assert.Equal(4, bus.Requests.Count);
        Assert.Equal(4, _count.Bus);
    }

    [Fact]
    public async Task A_retry_sends_the_same_message_again()
    {
        await using var bus = await RecordingEndpoint.StartAsync(503, 201);
        await Client(bus).SendAsync("t", new BusMessage("1", "{\"a\":1}"u8.ToArray()), default);
        Assert.Equal(2, bus.Requests.Count);
        Assert.All(bus.Requests, r => Assert.Equal("{\"a\":1}"u8.ToArray(), r.Body));
        Assert.Single(bus.Requests.Select(r => r.Headers["BrokerProperties"]).Distinct(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_bus_that_asks_to_wait_long_is_not_waited_for()
    {
        await using var bus = await RecordingEndpoint.StartAsync((_, context) =>
        {
            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = "3600";
            return Task.CompletedTask;
        });
        var e = await Assert.ThrowsAsync<BusUnavailableException>(() => Client(bus).SendAsync("t", new BusMessage("1", "{}"u8.ToArray()), default));
        Assert.True(e.Retryable);
        Assert.Single(bus.Requests);
    }

    [Fact]
    public async Task A_bus_that_is_down_may_be_tried_later()
    {
        var bus = await RecordingEndpoint.StartAsync(201);
        var client = Client(bus);
        await bus.DisposeAsync();
        var e = await Assert.ThrowsAsync<BusUnavailableException>(() => client.SendAsync("t", new BusMessage("1", "{}"u8.ToArray()), default));
        Assert.Equal((0, true), (e.Status, e.Retryable));
        Assert.Contains("ServiceBusConnection", e.Message, StringComparison.Ordinal);
        Assert.Equal(4, _count.Bus);
    }

    [Fact]
    public async Task A_caller_who_gives_up_is_told_so()
    {
        await using var bus = await RecordingEndpoint.StartAsync((_, context) => Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default));
        using var giveUp = new CancellationTokenSource();
        var sending = Client(bus).SendAsync("t", new BusMessage("1", "{}"u8.ToArray()), giveUp.Token);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
    }

    [Fact]
    public async Task What_a_header_cannot_carry_is_refused()
    {
        await using var bus = await RecordingEndpoint.StartAsync(201);
        Task Refused(BusMessage message) => Assert.ThrowsAsync<ArgumentException>(() => Client(bus).SendAsync("t", message, default));
        BusMessage With(string name, string value) => new("1", "{}"u8.ToArray()) { Properties = new Dictionary<string, string>(StringComparer.Ordinal) { [name] = value } };
        await Refused(With("route", "a\r\nHost: evil"));
        await Refused(With("route", "ü"));
        await Refused(With("route", "a\"b"));
        await Refused(With("Host", "a"));
        await Refused(With("na me", "a"));
        await Refused(new BusMessage("", "{}"u8.ToArray()));
        await Refused(new BusMessage(new string('x', 129), "{}"u8.ToArray()));
        await Refused(new BusMessage("1", new byte[TopicClient.MaxBytes]));
        Assert.Empty(bus.Requests);
    }

    [Theory]
    [InlineData("Endpoint=sb://bus.example.com;UseDevelopmentEmulator=true")]
    [InlineData("Endpoint=sb://127.0.0.1:5000")]
    [InlineData("SharedAccessKey=x")]
    public void A_connection_string_that_leaves_this_machine_is_refused(string connection)
    {
        var e = Assert.Throws<InvalidOperationException>(() => BusNamespace.From(AzuriteFixture.Settings(("ServiceBusConnection", connection)).GetSection("ServiceBusConnection")));
        Assert.Contains("ServiceBusConnection__fullyQualifiedNamespace", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_namespace_is_spoken_to_by_https_with_a_token()
    {
        var settings = AzuriteFixture.Settings(("ServiceBusConnection__fullyQualifiedNamespace", "example.servicebus.windows.net"), ("ServiceBusConnection__credential", "managedidentity"));
        var bus = BusNamespace.From(settings.GetSection("ServiceBusConnection"));
        Assert.Equal("https://example.servicebus.windows.net/", bus.Endpoint.AbsoluteUri);
        Assert.IsType<Azure.Core.Pipeline.BearerTokenAuthenticationPolicy>(bus.Authentication());
        Assert.Throws<InvalidOperationException>(() => BusNamespace.From(AzuriteFixture.Settings().GetSection("ServiceBusConnection")));
    }

    private TopicClient Client(RecordingEndpoint bus)
    {
        var connection = $"Endpoint=sb://127.0.0.1:{bus.Address.Port};SharedAccessKeyName=x;SharedAccessKey=y;UseDevelopmentEmulator=true";
        return new TopicClient(BusNamespace.From(AzuriteFixture.Settings(("ServiceBusConnection", connection)).GetSection("ServiceBusConnection")), _count);
    }
}
