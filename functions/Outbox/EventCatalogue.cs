namespace Serverless.Outbox;

/// <summary>All event types that subscribers can receive, as published by <c>api/schema/catalogue</c>.</summary>
/// <param name="kinds">Types of every feature that publishes events; unique.</param>
public sealed class EventCatalogue(IEnumerable<EventKind> kinds)
{
    /// <summary>By type.</summary>
    public IReadOnlyList<EventKind> Kinds { get; } = [.. kinds.OrderBy(k => k.Type, StringComparer.Ordinal)];
}

/// <summary>One type of event.</summary>
/// <param name="Type">CloudEvents type.</param>
/// <param name="Says">When the event is published, in one sentence.</param>
/// <param name="Schema">Name of its schema under <c>api/schema</c>.</param>
/// <param name="Example">A complete CloudEvent with invented data, serialized by the code that serializes real ones.</param>
public sealed record EventKind(string Type, string Says, string Schema, ReadOnlyMemory<byte> Example);
