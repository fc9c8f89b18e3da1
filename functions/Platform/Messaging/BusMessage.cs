namespace Serverless.Platform.Messaging;

/// <summary>One message for a topic; its id lets the topic swallow a repeat within its detection window.</summary>
/// <param name="MessageId">1 to 128 characters.</param>
/// <param name="Body">JSON; with properties at most 256 KiB.</param>
public sealed record BusMessage(string MessageId, ReadOnlyMemory<byte> Body)
{
    /// <summary>Application properties that filters see: names of letters, digits, <c>-</c> and <c>_</c>; values of printable ASCII without quotes.</summary>
    public IReadOnlyDictionary<string, string> Properties { get; init; } = System.Collections.ObjectModel.ReadOnlyDictionary<string, string>.Empty;

    /// <summary>When the message appears, to the second; null for now.</summary>
    public DateTimeOffset? ScheduledFor { get; init; }

    /// <summary>At most 128 characters.</summary>
    public string? SessionId { get; init; }

    /// <summary>How long the message lives; null for as long as the topic says.</summary>
    public TimeSpan? TimeToLive { get; init; }

    public string ContentType { get; init; } = "application/json";
}
