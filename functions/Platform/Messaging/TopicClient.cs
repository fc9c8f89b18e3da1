using System.Buffers;
using System.Collections.Frozen;
using System.Text;
using System.Text.Json;
using Azure.Core;
using Serverless.Telemetry;

namespace Serverless.Platform.Messaging;

/// <summary>
/// Sends messages to topics by REST. A retry whose first answer was lost sends the same message id again, which duplicate detection swallows.
/// Source: https://learn.microsoft.com/en-us/rest/api/servicebus/send-message-and-send-message-batch
/// </summary>
public sealed class TopicClient
{
    /// <summary>The most a message has on the Standard tier, body and properties, in bytes.</summary>
    public const int MaxBytes = 256 * 1024;

    // A property travels as an HTTP header; these names mean something else on the way.
    private static readonly FrozenSet<string> TakenNames = new[]
    {
        "Accept", "Authorization", "BrokerProperties", "Connection", "Content-Length", "Content-Type", "Date", "Expect", "Host", "Transfer-Encoding", "Upgrade", "User-Agent", "Via",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private readonly BusCalls? _calls;

    /// <param name="bus">Null: the bus is off.</param>
    /// <param name="count">Counts its calls.</param>
    public TopicClient(BusNamespace? bus, CallCount count) => (_calls, Host) = (bus is null ? null : new BusCalls(bus, count), bus?.Endpoint.Host);

    /// <summary>False when there is no bus (no setting <c>ServiceBusConnection</c>): then nothing may be sent.</summary>
    public bool IsOn => _calls is not null;

    /// <summary>Host of the namespace; null when the bus is off.</summary>
    public string? Host { get; }

    /// <summary>Sends one message; returns once the topic has it. What it refuses is a <see cref="BusUnavailableException"/>.</summary>
    public async Task SendAsync(string topic, BusMessage message, CancellationToken ct)
    {
        if (_calls is null) throw new InvalidOperationException("The bus is off.");
        using var call = _calls.Create(RequestMethod.Post, $"{topic}/messages");
        var size = message.Body.Length;
        Add(call.Request, "BrokerProperties", BrokerProperties(message), ref size);
        Add(call.Request, "Content-Type", message.ContentType, ref size);
        foreach (var (name, value) in message.Properties)
        {
            CheckProperty(name, value);
            Add(call.Request, name, $"\"{value}\"", ref size); // without quotes the service would read a number or a date
        }

        // The host's own telemetry goes on under it. Source: https://learn.microsoft.com/azure/service-bus-messaging/service-bus-end-to-end-tracing
        if (Spans.Carried is { } trace) Add(call.Request, "Diagnostic-Id", $"\"{trace}\"", ref size);
        if (size > MaxBytes) throw new ArgumentException($"A message has {size} bytes with its properties; {MaxBytes} fit.", nameof(message));
        call.Request.Content = RequestContent.Create(message.Body);
        await _calls.SendAsync(call, ct);
        if (call.Response.Status != 201) throw _calls.Refused(call.Response.Status, "Azure Service Bus Data Sender");
    }

    private static void Add(Request request, string name, string value, ref int size)
    {
        request.Headers.Add(name, value);
        size += name.Length + value.Length;
    }

    private static string BrokerProperties(BusMessage message)
    {
        if (message.MessageId.Length is < 1 or > 128) throw new ArgumentException("A message id has 1 to 128 characters.", nameof(message));
        if (message.SessionId is { Length: > 128 }) throw new ArgumentException("A session id has at most 128 characters.", nameof(message));
        var buffer = new ArrayBufferWriter<byte>(256);
        // The default encoder on purpose: a header holds ASCII only.
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("MessageId"u8, message.MessageId);
            if (message.SessionId is { } session) json.WriteString("SessionId"u8, session);
            if (message.TimeToLive is { } life) json.WriteNumber("TimeToLive"u8, life.TotalSeconds);
            if (message.ScheduledFor is { } time) json.WriteString("ScheduledEnqueueTimeUtc"u8, RoundUp(time).ToString("R"));
            json.WriteEndObject();
        }

        return Encoding.ASCII.GetString(buffer.WrittenSpan);
    }

    // The wire has whole seconds; never earlier than asked.
    private static DateTimeOffset RoundUp(DateTimeOffset time)
    {
        var over = time.UtcTicks % TimeSpan.TicksPerSecond;
        return over == 0 ? time : time.AddTicks(TimeSpan.TicksPerSecond - over);
    }

    private static void CheckProperty(string name, string value)
    {
        if (name.Length == 0 || TakenNames.Contains(name) || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
            throw new ArgumentException($"'{name}' cannot be the name of a property.", nameof(name));
        if (!value.All(c => c is >= ' ' and <= '~' and not '"' and not '\\'))
            throw new ArgumentException($"The value of property {name} must be printable ASCII without quotes.", nameof(value));
    }
}
