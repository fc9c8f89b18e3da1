using System.Text.Json;

namespace Serverless.Local.ServiceBus;

/// <summary>A message as the topic keeps it.</summary>
public sealed record TopicMessage
{
    internal static readonly string[] SystemNames =
        ["messageId", "correlationId", "label", "to", "replyTo", "sessionId", "replyToSessionId", "contentType"];

    /// <summary>Given by the topic, ascending over all topics.</summary>
    public long SequenceNumber { get; init; }

    public required string Topic { get; init; }

    /// <summary>Properties of the broker by name, see <see cref="SystemNames"/>.</summary>
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

    /// <summary>The event type.</summary>
    public string Subject => System.GetValueOrDefault("label", "");

    /// <summary>By its own time to live; a subscription's may be shorter.</summary>
    public DateTimeOffset? ExpiresAt => TimeToLive is { } live && live < DateTimeOffset.MaxValue - EnqueuedAt ? EnqueuedAt + live : null;

    /// <summary>An application property as plain text, or null.</summary>
    public string? Text(string property) => Value(property) switch { null => null, string text => text, bool flag => flag ? "true" : "false", var number => $"{number}" };

    /// <summary>An application property as string, bool, long or double, or null.</summary>
    public object? Value(string property)
    {
        if (!Properties.TryGetValue(property, out var json)) return null;
        using var value = JsonDocument.Parse(json);
        return value.RootElement.ValueKind switch
        {
            JsonValueKind.String => value.RootElement.GetString(),
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => value.RootElement.TryGetInt64(out var whole) ? whole : value.RootElement.GetDouble(),
        };
    }
}

/// <summary>A message handed to a receiver: settle it with its lock. The delivery count is 1 at the first delivery.</summary>
/// <param name="Path">The subscription, or <c>name/$DeadLetterQueue</c>.</param>
public sealed record LockedMessage(string Path, TopicMessage Message, Guid LockToken, int DeliveryCount, DateTimeOffset LockedUntil)
{
    /// <summary>Why it is a dead letter; null for others.</summary>
    public string? DeadReason { get; init; }

    public string? DeadDescription { get; init; }
}

/// <summary>A message that no receiver could take; its reason is MaxDeliveryCountExceeded, TTLExpiredException or a receiver's own.</summary>
public sealed record DeadLetter(TopicMessage Message, int DeliveryCount, string Reason);

/// <summary>What a subscription holds. Scheduled counts the topic's scheduled messages that this subscription will take.</summary>
public sealed record SubscriptionCount(string Topic, string Subscription, int Active, int Scheduled, int DeadLetters);
