namespace Serverless.Outbox;

/// <summary>One event that a commit made true and that the world must hear: a row beside what it tells of, until it is published.</summary>
/// <param name="Id">The event's id, stable over repeats: message id on the bus.</param>
/// <param name="Type">CloudEvents type.</param>
/// <param name="At">When it became true.</param>
/// <param name="Json">The whole CloudEvent.</param>
public sealed record OutboxEntry(string Id, string Type, DateTimeOffset At, ReadOnlyMemory<byte> Json);
