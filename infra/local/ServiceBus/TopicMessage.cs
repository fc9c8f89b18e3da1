namespace Serverless.Local.ServiceBus;

/// <summary>A message as the topic keeps it.</summary>
public sealed record TopicMessage
{
    /// <summary>Given by the topic, ascending over all topics.</summary>
    public long SequenceNumber { get; init; }

    public required string Topic { get; init; }

    /// <summary>Properties of the broker: messageId, correlationId, label, to, replyTo, sessionId, replyToSessionId, contentType.</summary>
    public required IReadOnlyDictionary<string, string> System { get; init; }

    /// <summary>Application properties as they were sent.</summary>
    public required IReadOnlyDictionary<string, object> Properties { get; init; }

    public required byte[] Body { get; init; }

    /// <summary>When it became available to subscriptions.</summary>
    public DateTimeOffset EnqueuedAt { get; init; }

    public TimeSpan? TimeToLive { get; init; }

    public string MessageId => System.GetValueOrDefault("messageId", "");

    /// <summary>The event type.</summary>
    public string Subject => System.GetValueOrDefault("label", "");

    /// <summary>By its own time to live; null for never.</summary>
    public DateTimeOffset? ExpiresAt => TimeToLive is { } live && live < DateTimeOffset.MaxValue - EnqueuedAt ? EnqueuedAt + live : null;

    /// <summary>An application property as plain text, or null.</summary>
    public string? Text(string property) =>
        Properties.TryGetValue(property, out var value) ? FormattableString.Invariant($"{value}") : null;
}

/// <summary>A message handed to a receiver: settle it with its lock. The delivery count is 1 at the first delivery.</summary>
/// <param name="Path">The subscription, or <c>name/$DeadLetterQueue</c>.</param>
public sealed record LockedMessage(string Path, TopicMessage Message, Guid LockToken, int DeliveryCount, DateTimeOffset LockedUntil)
{
    /// <summary>Why it is a dead letter; null for others.</summary>
    public string? DeadReason { get; init; }

    public string? DeadDescription { get; init; }
}

/// <summary>What a subscription holds.</summary>
public sealed record SubscriptionCount(string Topic, string Subscription, int Active, int DeadLetters);
