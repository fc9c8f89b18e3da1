using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Azure;
using Azure.Core;
using Azure.Messaging.ServiceBus;
using Serverless.Platform.Messaging;
using Serverless.Platform.Telemetry;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Platform.Messaging;

/// <summary>The sender of the app: what a topic gets, what its errors mean, and how long an outage holds a caller up.</summary>
public sealed class TopicClientTests : IAsyncLifetime
{
    private static readonly (string Name, string Value) Namespace =
        ("ServiceBusConnection__fullyQualifiedNamespace", "example.servicebus.windows.net");
    private readonly CallCount _count = new();
    private readonly FakeTime _time = new();
    private TopicBench _bench = null!;
    private TopicClient _client = null!;

    public Task InitializeAsync()
    {
        _bench = TopicBench.Start(_time);
        _client = Client(_bench.Topic.ConnectionString);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _client.DisposeAsync();
        await _bench.DisposeAsync();
    }

    [Fact]
    public async Task A_message_is_one_transfer_with_its_properties()
    {
        await _client.SendAsync(TopicBench.Name, new BusMessage("event/ü\"1", "{\"a\":\"ä\"}"u8.ToArray())
        {
            ContentType = "application/cloudevents+json",
            Properties = new Dictionary<string, string>
            {
                ["type"] = "serverless.case.opened.v1",
                ["place"] = "Köln",
                ["owner"] = "O'Brien \"Bob\"",
            },
        }, default);
        var message = Assert.Single(_bench.Topic.Active(TopicBench.Name, TopicBench.Hooks));
        Assert.Equal(("event/ü\"1", "serverless.case.opened.v1"), (message.MessageId, message.Subject));
        Assert.Equal("application/cloudevents+json", message.System["contentType"]);
        Assert.Equal(("Köln", "O'Brien \"Bob\""), (message.Text("place"), message.Text("owner")));
        Assert.Equal("{\"a\":\"ä\"}"u8.ToArray(), message.Body);
        Assert.Null(message.Text("Diagnostic-Id"));
        Assert.Equal((1L, 1L, 0L), (_bench.Topic.Calls, _count.Bus, _count.Storage));
    }

    [Theory]
    [InlineData(403, 401, false, "Azure Service Bus Data Sender")]
    [InlineData(404, 404, false, "ServiceBusConnection")]
    [InlineData(507, 403, true, "full")]
    [InlineData(503, 500, true, "refused")]
    [InlineData(429, 503, true, "busy")]
    public async Task What_is_refused_says_why_after_one_try(int refusal, int status, bool retryable, string says)
    {
        _bench.Topic.Refuse(refusal);
        var e = await Assert.ThrowsAsync<BusUnavailableException>(() => SendAsync("1"));
        Assert.Equal((status, retryable), (e.Status, e.Retryable));
        Assert.Contains(says, e.Message, StringComparison.Ordinal);
        Assert.Equal((1L, 1L), (_bench.Topic.Calls, _count.Bus));
    }

    [Fact]
    public async Task A_topic_that_is_not_there_is_named_as_such()
    {
        var e = await Assert.ThrowsAsync<BusUnavailableException>(() => SendAsync("1", "nothing"));
        Assert.Equal((404, false), (e.Status, e.Retryable));
    }

    [Fact]
    public async Task A_bus_that_is_down_is_said_within_the_bound_and_the_first_send_after_it_is_taken()
    {
        await SendAsync("1");
        await _bench.Topic.DisposeAsync();
        for (var i = 0; i < 3; i++)
        {
            var watch = Stopwatch.StartNew();
            var e = await Assert.ThrowsAsync<BusUnavailableException>(() => SendAsync("2"));
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(8), $"{watch.Elapsed}");
            Assert.True(e.Retryable);
            Assert.Contains("ServiceBusConnection", e.Message, StringComparison.Ordinal);
        }

        _bench.Open(_bench.Topic.Endpoint.Port);
        await SendAsync("3");
        Assert.Equal(["3"], _bench.Active());
        Assert.Equal(5, _count.Bus);
    }

    [Fact]
    public async Task A_connection_that_broke_meanwhile_fails_at_most_one_send_which_the_outbox_sends_again()
    {
        await SendAsync("1");
        await _bench.RestartAsync();

        // A send may meet the dying link before the client has seen its end. One such failure is allowed: the outbox keeps what was
        // not taken and sends it again under the same id. The next one has to be taken.
        if (await Record.ExceptionAsync(() => SendAsync("2")) is { } failed)
        {
            Assert.True(Assert.IsType<BusUnavailableException>(failed).Retryable);
            await SendAsync("2");
        }

        Assert.Equal(["2"], _bench.Active());
    }

    [Fact]
    public async Task A_bus_that_accepts_and_says_nothing_holds_a_caller_up_for_five_seconds()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var port = ((IPEndPoint)silent.LocalEndpoint).Port;
        var connection = $"Endpoint=sb://127.0.0.1:{port};SharedAccessKeyName=a;SharedAccessKey=b;UseDevelopmentEmulator=true";
        await using var client = Client(connection);
        var message = new BusMessage("1", "{}"u8.ToArray());
        var watch = Stopwatch.StartNew();
        var e = await Assert.ThrowsAsync<BusUnavailableException>(() => client.SendAsync("t", message, default));
        Assert.InRange(watch.Elapsed, TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(8));
        Assert.Equal((0, true), (e.Status, e.Retryable));
    }

    [Fact]
    public async Task A_caller_who_gives_up_is_told_so()
    {
        using var giveUp = new CancellationTokenSource();
        await giveUp.CancelAsync();
        var message = new BusMessage("1", "{}"u8.ToArray());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _client.SendAsync(TopicBench.Name, message, giveUp.Token));
    }

    [Fact]
    public async Task What_a_message_cannot_be_is_refused_before_it_goes_out()
    {
        Task Refused(BusMessage message) =>
            Assert.ThrowsAsync<ArgumentException>(() => _client.SendAsync(TopicBench.Name, message, default));
        await Refused(new BusMessage("", "{}"u8.ToArray()));
        await Refused(new BusMessage(new string('x', 129), "{}"u8.ToArray()));
        await Refused(new BusMessage("1", "{}"u8.ToArray()) { Properties = new Dictionary<string, string> { [""] = "a" } });
        await Refused(new BusMessage("1", new byte[TopicClient.MaxBytes]));
        Assert.Equal((0L, 0L), (_bench.Topic.Calls, _count.Bus));
        await _client.SendAsync(TopicBench.Name, new BusMessage("1", new byte[TopicClient.MaxBytes - 1_000]), default);
    }

    [Fact]
    public void Without_a_token_the_sentence_names_the_setting()
    {
        var none = new RequestFailedException(401, "No Entra token for ServiceBusConnection: check ...");
        var e = BusConnection.From(Section(Namespace)).Refused(none, "role");
        Assert.Equal((401, true), (e.Status, e.Retryable));
        Assert.Contains("ServiceBusConnection", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("SharedAccessKey=x")]
    [InlineData("nonsense")]
    [InlineData("DefaultEndpointsProtocol=https;AccountName=a;AccountKey=b")]
    public void What_is_no_connection_string_is_refused_with_the_settings_to_use(string connection)
    {
        var e = Assert.Throws<InvalidOperationException>(() => BusConnection.From(Section(("ServiceBusConnection", connection))));
        Assert.Contains("ServiceBusConnection__fullyQualifiedNamespace", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(connection, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_namespace_is_spoken_to_as_the_settings_say()
    {
        var bus = BusConnection.From(Section(Namespace, ("ServiceBusConnection__credential", "managedidentity")));
        Assert.Equal(("example.servicebus.windows.net", ServiceBusTransportType.AmqpTcp), (bus.Host, bus.Transport));
        var sockets = BusConnection.From(Section(Namespace, ("ServiceBusConnection__transportType", "amqpWebSockets")));
        Assert.Equal(ServiceBusTransportType.AmqpWebSockets, sockets.Transport);
        Assert.Throws<InvalidOperationException>(() => BusConnection.From(Section()));
        var address = Section((Namespace.Name, "https://example.com/"));
        Assert.Throws<InvalidOperationException>(() => BusConnection.From(address));
        var transport = Section(Namespace, ("ServiceBusConnection__transportType", "http"));
        Assert.Throws<InvalidOperationException>(() => BusConnection.From(transport));
    }

    private static Microsoft.Extensions.Configuration.IConfigurationSection Section(params (string Name, string Value)[] settings) =>
        AzuriteFixture.Settings(settings).GetSection("ServiceBusConnection");

    private TopicClient Client(string connection) =>
        new(BusConnection.From(Section(("ServiceBusConnection", connection))), _count, TimeProvider.System);

    private Task SendAsync(string id, string topic = TopicBench.Name) =>
        _client.SendAsync(topic, new BusMessage(id, "{}"u8.ToArray()), default);
}
