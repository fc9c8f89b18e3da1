using System.Collections.ObjectModel;

namespace Serverless.Platform.Messaging;

/// <summary>One message for a topic; its id lets the topic swallow a repeat within its detection window.</summary>
/// <param name="MessageId">1 to 128 characters.</param>
/// <param name="Body">JSON; with properties at most 256 KiB.</param>
public sealed record BusMessage(string MessageId, ReadOnlyMemory<byte> Body)
{
    /// <summary>Application properties that filters see, by names of at most 128 characters.</summary>
    public IReadOnlyDictionary<string, string> Properties { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>The event type; null takes the property <c>type</c>.</summary>
    public string? Subject { get; init; }

    public string ContentType { get; init; } = "application/json";
}
