using Microsoft.Azure.Amqp;
using Microsoft.Azure.Amqp.Framing;

namespace Serverless.Local.ServiceBus;

/// <summary>
/// Messages on the wire and as the topic keeps them.
/// https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-protocol-guide#messages
/// </summary>
internal static class MessageForm
{
    /// <summary>On the Standard tier, a batch too: https://learn.microsoft.com/azure/service-bus-messaging/service-bus-quotas</summary>
    public const int MaxBytes = 256 * 1024;

    /// <summary>A transfer: one message, or a batch of messages encoded each as one data section.</summary>
    /// <exception cref="AmqpException">Its body is not of data sections.</exception>
    public static IReadOnlyList<TopicMessage> Read(string topic, AmqpMessage transfer, DateTimeOffset now) =>
        transfer.MessageFormat == AmqpConstants.AmqpBatchedMessageFormat
            ? [.. transfer.DataBody.Select(one => ReadOne(topic, Decode((ArraySegment<byte>)one.Value), now))]
            : [ReadOne(topic, transfer, now)];

    /// <summary>A copy for a receiver.</summary>
    public static AmqpMessage Write(LockedMessage locked)
    {
        var message = locked.Message;
        var wire = AmqpMessage.Create(new Data { Value = new ArraySegment<byte>(message.Body) });
        var properties = wire.Properties;
        properties.MessageId = message.MessageId;
        if (message.System.TryGetValue("correlationId", out var correlation)) properties.CorrelationId = correlation;
        if (message.System.TryGetValue("label", out var label)) properties.Subject = label;
        if (message.System.TryGetValue("to", out var to)) properties.To = to;
        if (message.System.TryGetValue("replyTo", out var replyTo)) properties.ReplyTo = replyTo;
        if (message.System.TryGetValue("sessionId", out var session)) properties.GroupId = session;
        if (message.System.TryGetValue("replyToSessionId", out var replySession)) properties.ReplyToGroupId = replySession;
        if (message.System.TryGetValue("contentType", out var type)) properties.ContentType = type;
        wire.Header.Durable = true;
        wire.Header.DeliveryCount = (uint)Math.Max(0, locked.DeliveryCount - 1);
        if (message.TimeToLive is { } live) wire.Header.Ttl = (uint)Math.Min(uint.MaxValue, live.TotalMilliseconds);
        wire.MessageAnnotations.Map["x-opt-sequence-number"] = message.SequenceNumber;
        wire.MessageAnnotations.Map["x-opt-enqueued-time"] = message.EnqueuedAt.UtcDateTime;
        wire.MessageAnnotations.Map["x-opt-locked-until"] = locked.LockedUntil.UtcDateTime;
        wire.MessageAnnotations.Map["x-opt-message-state"] = 0;
        foreach (var (name, value) in message.Properties) wire.ApplicationProperties.Map[name] = value;
        if (locked.DeadReason is not { } reason) return wire;
        wire.ApplicationProperties.Map["DeadLetterReason"] = reason;
        if (locked.DeadDescription is { } description) wire.ApplicationProperties.Map["DeadLetterErrorDescription"] = description;
        return wire;
    }

    private static AmqpMessage Decode(ArraySegment<byte> bytes) => AmqpMessage.CreateAmqpStreamMessage(new BufferListStream([bytes]), true);

    private static TopicMessage ReadOne(string topic, AmqpMessage wire, DateTimeOffset now)
    {
        if (!wire.Sections.HasFlag(SectionFlag.Data))
            throw new AmqpException(AmqpErrorCode.NotImplemented, "Only bodies of data sections are kept here.");
        var system = new Dictionary<string, string>(StringComparer.Ordinal);
        var sent = wire.Properties;
        Keep("messageId", sent.MessageId?.ToString());
        Keep("correlationId", sent.CorrelationId?.ToString());
        Keep("label", sent.Subject);
        Keep("to", sent.To?.ToString());
        Keep("replyTo", sent.ReplyTo?.ToString());
        Keep("sessionId", sent.GroupId);
        Keep("replyToSessionId", sent.ReplyToGroupId);
        Keep("contentType", sent.ContentType.Value);
        // The service gives a message without an id one of its own.
        system.TryAdd("messageId", Guid.CreateVersion7(now).ToString("N"));
        return new TopicMessage
        {
            Topic = topic,
            System = system,
            Properties = Properties(wire),
            Body = Body(wire),
            TimeToLive = wire.Header.Ttl is { } ttl ? TimeSpan.FromMilliseconds(ttl) : null,
        };

        void Keep(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value)) system[name] = value;
        }
    }

    // A map of a section that was not sent cannot be gone through: the library fails, and the link is closed.
    private static Dictionary<string, object> Properties(AmqpMessage wire) => wire.Sections.HasFlag(SectionFlag.ApplicationProperties)
        ? wire.ApplicationProperties.Map.ToDictionary(pair => $"{pair.Key}", pair => pair.Value, StringComparer.OrdinalIgnoreCase)
        : [];

    private static byte[] Body(AmqpMessage wire)
    {
        using var body = new MemoryStream();
        foreach (var part in wire.DataBody) body.Write((ArraySegment<byte>)part.Value);
        return body.ToArray();
    }
}
