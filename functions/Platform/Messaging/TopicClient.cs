using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Net.WebSockets;
using Azure;
using Azure.Messaging.ServiceBus;
using Serverless.Platform.Telemetry;

namespace Serverless.Platform.Messaging;

/// <summary>
/// Sends messages to topics over one connection for the process, opened by the first send, and again by the first send after it broke.
/// One attempt of at most five seconds: the outbox keeps the rest, and a message sent twice has the same id, which duplicate
/// detection removes.
/// </summary>
/// <param name="bus">The connection; null when Service Bus is off.</param>
/// <param name="count">Counts its calls.</param>
/// <param name="time">For the limit of one send.</param>
public sealed class TopicClient(BusConnection? bus, CallCount count, TimeProvider time) : IAsyncDisposable
{
    /// <summary>The most a message has on the Standard tier, body and properties, in bytes.</summary>
    public const int MaxBytes = 256 * 1024;

    // Reserve for the frame, the names of system properties and the annotations.
    private const int Overhead = 512;
    private readonly ConcurrentDictionary<string, ServiceBusSender> _senders = new(StringComparer.Ordinal);
    private readonly Lazy<ServiceBusClient> _client = new(() => bus!.CreateClient());

    /// <summary>False when there is no bus (no setting <c>ServiceBusConnection</c>): then nothing may be sent.</summary>
    public bool IsOn => bus is not null;

    /// <summary>Host name of the namespace; null when the bus is off.</summary>
    public string? Host => bus?.Host;

    /// <summary>Sends one message; returns once the topic has it. What it refuses is a <see cref="BusUnavailableException"/>.</summary>
    public async Task SendAsync(string topic, BusMessage message, CancellationToken ct)
    {
        if (bus is null) throw new InvalidOperationException("The bus is off.");
        var sent = Wire(message);
        count.CountBus();
        try
        {
            await _senders.GetOrAdd(topic, name => _client.Value.CreateSender(name)).SendMessageAsync(sent, ct)
                .WaitAsync(BusConnection.TryTimeout, time, ct); // the client counts connecting and sending each alone
        }
        catch (Exception error) when (error is ServiceBusException or UnauthorizedAccessException or RequestFailedException
            or SocketException
            or WebSocketException or IOException or TimeoutException or OperationCanceledException or InvalidOperationException
            or NotSupportedException && !ct.IsCancellationRequested)
        {
            throw bus.Refused(error, "Azure Service Bus Data Sender");
        }
    }

    /// <summary>Senders first, then the connection that they share.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var sender in _senders.Values) await sender.DisposeAsync();
        if (_client.IsValueCreated) await _client.Value.DisposeAsync();
    }

    private static ServiceBusMessage Wire(BusMessage message)
    {
        if (message.MessageId.Length is < 1 or > 128) throw new ArgumentException("A message id has 1 to 128 characters.", nameof(message));
        var sent = new ServiceBusMessage(message.Body)
        {
            MessageId = message.MessageId,
            ContentType = message.ContentType,
            Subject = message.Subject ?? message.Properties.GetValueOrDefault("type"),
        };
        var size = message.Body.Length + message.MessageId.Length + message.ContentType.Length + Overhead;
        foreach (var (name, value) in message.Properties)
        {
            if (name.Length is < 1 or > 128)
                throw new ArgumentException("The name of a property has 1 to 128 characters.", nameof(message));
            sent.ApplicationProperties[name] = value;
            size += name.Length + System.Text.Encoding.UTF8.GetByteCount(value);
        }

        // Receivers continue this trace. https://learn.microsoft.com/azure/service-bus-messaging/service-bus-end-to-end-tracing
        if (Spans.Carried is { } trace) sent.ApplicationProperties["Diagnostic-Id"] = trace;
        if (size > MaxBytes)
            throw new ArgumentException($"A message has {size} bytes with its properties; {MaxBytes} fit.", nameof(message));
        return sent;
    }
}
