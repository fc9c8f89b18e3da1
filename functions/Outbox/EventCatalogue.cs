namespace Serverless.Outbox;

/// <summary>Every type of event that subscribers may hear of, as <c>api/schema/catalogue</c> publishes it.</summary>
/// <param name="kinds">Of every room that tells something; no type twice.</param>
public sealed class EventCatalogue(IEnumerable<EventKind> kinds)
{
    /// <summary>By type.</summary>
    public IReadOnlyList<EventKind> Kinds { get; } = [.. kinds.OrderBy(k => k.Type, StringComparer.Ordinal)];
}

/// <summary>One type of event.</summary>
/// <param name="Type">CloudEvents type.</param>
/// <param name="Says">One sentence on when it is told.</param>
/// <param name="Schema">Which document of <c>api/schema</c> it keeps.</param>
/// <param name="Example">A whole CloudEvent of invented facts, written by the code that writes the real ones.</param>
public sealed record EventKind(string Type, string Says, string Schema, ReadOnlyMemory<byte> Example);
