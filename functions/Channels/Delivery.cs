namespace Serverless.Channels;

/// <summary>One call of a provider, exactly as it arrived: verified and parsed by its channel, now or in a later replay.</summary>
public sealed record Delivery
{
    /// <summary>32 hex digits, a version 7 GUID: its first 12 digits are the time of arrival.</summary>
    public required string Id { get; init; }

    /// <summary>Name of the channel, as in the address: <c>api/hooks/{channel}/...</c>.</summary>
    public required string Channel { get; init; }

    /// <summary>HTTP method in capitals.</summary>
    public required string Method { get; init; }

    /// <summary>Path and raw query as the sender wrote them, from <c>/api/hooks/</c> on; never re-encoded, since some signatures cover
    /// it.</summary>
    public required string PathAndQuery { get; init; }

    /// <summary>Only the headers named by <see cref="IChannel.KeptHeaders"/>, by lower-case name; several values are joined with ",
    /// ".</summary>
    public required IReadOnlyDictionary<string, string> Headers { get; init; }

    /// <summary>The body to the byte, at most <c>Receive__MaxBodyBytes</c>.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>When it arrived here (UTC).</summary>
    public required DateTimeOffset ReceivedAt { get; init; }

    /// <summary>Whether the provider called, or reconciliation found it.</summary>
    public Arrival Arrival { get; init; }

    /// <summary>The method of a delivery that reconciliation fetched from its provider; a call that names it is refused.</summary>
    public const string FetchedMethod = "LOOK";

    /// <summary>The value of a stored header, or null.</summary>
    /// <param name="name">Lower-case name.</param>
    public string? Header(string name) => Headers.TryGetValue(name, out var value) ? value : null;

    /// <summary>The part of the path behind <c>api/hooks/{channel}/</c>, without slashes around it and without the query; empty when there
    /// is none.</summary>
    public string Rest
    {
        get
        {
            var path = PathAndQuery.AsSpan();
            var query = path.IndexOf('?');
            if (query >= 0) path = path[..query];
            var hooks = path.IndexOf("/hooks/", StringComparison.OrdinalIgnoreCase);
            if (hooks < 0) return "";
            path = path[(hooks + 7)..];
            var slash = path.IndexOf('/');
            return slash < 0 ? "" : path[(slash + 1)..].Trim('/').ToString();
        }
    }
}

/// <summary>Origin of a delivery.</summary>
public enum Arrival
{
    /// <summary>The provider called us.</summary>
    Called,

    /// <summary>
    /// Found by reconciliation: its method is <c>LOOK</c>, its path <c>/api/hooks/{channel}/look/{kind}</c>. It has no signature and
    /// needs no verification, since the app fetched it.
    /// </summary>
    LookedAgain,
}
