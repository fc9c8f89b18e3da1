namespace Serverless.Channels;

/// <summary>
/// A channel with deliveries that only reference their content (<see cref="Parsed.Reference"/>): the document is fetched in Normalise,
/// stored beside the delivery, and then parsed like any other item. A replay reads the stored document and sends no request.
/// </summary>
public interface IFetchesContent
{
    /// <summary>Fetches the content of a reference, as the provider writes it. Never throws for answers of the provider.</summary>
    /// <param name="resource">The value of <see cref="Parsed.Reference.Resource"/>.</param>
    /// <param name="ct">Cancels.</param>
    Task<FetchedContent> FetchAsync(string resource, CancellationToken ct);

    /// <summary>Parses a fetched document. Does no I/O; may throw when it cannot be read (it becomes a placeholder).</summary>
    /// <param name="delivery">The delivery with the reference.</param>
    /// <param name="resource">The reference.</param>
    /// <param name="document">The exact document from <see cref="FetchAsync"/>.</param>
    Parsed Read(Delivery delivery, string resource, ReadOnlyMemory<byte> document);
}

/// <summary>Outcome of fetching.</summary>
public abstract record FetchedContent
{
    private FetchedContent() { }

    /// <summary>The exact document; at most 16 MiB.</summary>
    public sealed record Document(ReadOnlyMemory<byte> Body) : FetchedContent;

    /// <summary>Deleted at the provider. The item is ignored for this reason.</summary>
    /// <param name="Reason">A short code such as <c>gone-at-provider</c>; no personal data.</param>
    public sealed record Gone(string Reason) : FetchedContent;

    /// <summary>Not now: unreachable, rate limited, mailbox offline, token or permission rejected. Retried for days.</summary>
    /// <param name="Reason">A short code such as <c>rate-limited</c>, <c>unreachable</c>, <c>refused</c>; no personal data.</param>
    /// <param name="After">Delay requested by the provider; null for our own back-off.</param>
    public sealed record Later(string Reason, TimeSpan? After = null) : FetchedContent;
}
