using System.Text.Json;

namespace Serverless.Local.Hosting;

/// <summary>A message of a topic as the broker keeps it.</summary>
public sealed record TopicMessage
{
    internal static readonly string[] SystemNames = ["messageId", "correlationId", "label", "to", "replyTo", "sessionId", "replyToSessionId", "contentType"];

    /// <summary>Given by the broker, ascending over all topics.</summary>
    public long SequenceNumber { get; init; }

    public required string Topic { get; init; }

    /// <summary>Broker properties by wire name, camel case: messageId, correlationId, label, to, replyTo, sessionId, replyToSessionId, contentType.</summary>
    public required IReadOnlyDictionary<string, string> System { get; init; }

    /// <summary>Application properties: name to JSON text of a string, number or boolean.</summary>
    public required IReadOnlyDictionary<string, string> Properties { get; init; }

    public required byte[] Body { get; init; }

    /// <summary>When it became (or becomes) available to subscriptions.</summary>
    public DateTimeOffset EnqueuedAt { get; init; }

    /// <summary>Null when it was sent to be available at once.</summary>
    public DateTimeOffset? ScheduledFor { get; init; }

    public TimeSpan? TimeToLive { get; init; }

    public string MessageId => System.GetValueOrDefault("messageId", "");

    /// <summary>By its own time to live; a subscription's may be shorter.</summary>
    public DateTimeOffset? ExpiresAt => TimeToLive is { } live && live < DateTimeOffset.MaxValue - EnqueuedAt ? EnqueuedAt + live : null;

    /// <summary>An application property as plain text, or null.</summary>
    public string? Text(string property)
    {
        if (!Properties.TryGetValue(property, out var json)) return null;
        if (json[0] != '"') return json;
        using var text = JsonDocument.Parse(json);
        return text.RootElement.GetString();
    }
}

/// <summary>A message handed to a receiver: settle it with its lock. The delivery count is 1 at the first delivery.</summary>
public sealed record LockedMessage(string Subscription, TopicMessage Message, Guid LockToken, int DeliveryCount);

/// <summary>A message no receiver could take; the reason is MaxDeliveryCountExceeded or TTLExpiredException.</summary>
public sealed record DeadLetter(TopicMessage Message, int DeliveryCount, string Reason);

/// <summary>What a subscription holds. Scheduled counts the topic's scheduled messages this subscription will take.</summary>
public sealed record BusCount(string Topic, string Subscription, int Active, int Scheduled, int DeadLetters);
