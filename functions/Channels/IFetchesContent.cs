namespace Serverless.Channels;

/// <summary>
/// A channel some of whose deliveries only point at what happened (<see cref="Parsed.Reference"/>): the document is fetched in Normalise, kept beside the delivery, and then
/// read like any other piece. A replay reads the kept document and asks nobody.
/// </summary>
public interface IFetchesContent
{
    /// <summary>Fetches what a thin element points at, as the provider writes it. Never throws for what the provider answers.</summary>
    /// <param name="resource">What <see cref="Parsed.Reference.Resource"/> said.</param>
    /// <param name="ct">Cancels.</param>
    Task<FetchedContent> FetchAsync(string resource, CancellationToken ct);

    /// <summary>Reads a fetched document. Does no I/O; may throw when it cannot be read (it becomes a placeholder).</summary>
    /// <param name="delivery">The delivery that pointed at it.</param>
    /// <param name="resource">What pointed at it.</param>
    /// <param name="document">The document to the byte, as <see cref="FetchAsync"/> gave it.</param>
    Parsed Read(Delivery delivery, string resource, ReadOnlyMemory<byte> document);
}

/// <summary>What came of fetching.</summary>
public abstract record FetchedContent
{
    private FetchedContent() { }

    /// <summary>Here it is, to the byte; at most 16 MiB.</summary>
    public sealed record Document(ReadOnlyMemory<byte> Body) : FetchedContent;

    /// <summary>The provider no longer has it. The element is ignored for this reason.</summary>
    /// <param name="Reason">A short code such as <c>gone-at-provider</c>; no personal data.</param>
    public sealed record Gone(string Reason) : FetchedContent;

    /// <summary>Not now: unreachable, rate limited, mailbox offline, token or permission refused. Asked again later, for days.</summary>
    /// <param name="Reason">A short code such as <c>rate-limited</c>, <c>unreachable</c>, <c>refused</c>; no personal data.</param>
    /// <param name="After">What the provider asked for; null for our own back-off.</param>
    public sealed record Later(string Reason, TimeSpan? After = null) : FetchedContent;
}
