namespace Serverless.Outbox;

/// <summary>An event committed together with its case and to be published: a row in the same partition until it is.</summary>
/// <param name="Id">The event's id, stable over repeats: message id in the topic.</param>
/// <param name="Type">CloudEvents type.</param>
/// <param name="At">When it became true.</param>
/// <param name="Json">The whole CloudEvent, at most <see cref="MostBytes"/>.</param>
public sealed record OutboxEntry(string Id, string Type, DateTimeOffset At, ReadOnlyMemory<byte> Json)
{
    /// <summary>The most an event has as JSON: with target and counters it fits into a queue message (48 KiB of text) many times
    /// over.</summary>
    public const int MostBytes = 8 * 1024;

    /// <summary>The word of <see cref="Left"/>.</summary>
    public const string Topic = "topic";

    /// <summary>Null: not published. <c>topic</c>: the routes have their messages, only the topic is missing.</summary>
    public string? Left { get; init; }
}
