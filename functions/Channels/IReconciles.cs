namespace Serverless.Channels;

/// <summary>
/// A channel whose provider can be asked what it holds. The second look compares that with what reached us and brings in what is missing; each find becomes a
/// delivery of its own (<see cref="Arrival.LookedAgain"/>) that <see cref="IChannel.Read"/> takes apart, so ids must be those that the webhook gives.
/// </summary>
public interface IReconciles
{
    /// <summary>What can be looked at with today's settings: a mailbox folder, a number, a page. Empty when it is switched off or lacks a setting.</summary>
    IReadOnlyList<ReconciliationSource> Sources { get; }

    /// <summary>One sentence for each part of the channel that cannot be looked at again, and why; shown in Health's details and the README.</summary>
    IReadOnlyList<string> Blind { get; }

    /// <summary>Asks for one page of what the provider holds. Never throws for what the provider answers.</summary>
    /// <param name="source">Name of a source.</param>
    /// <param name="from">Where to begin.</param>
    /// <param name="ct">Cancels.</param>
    Task<ReconciliationResult> ReadAsync(string source, ReconciliationStart from, CancellationToken ct);
}

/// <summary>One place to look at.</summary>
/// <param name="Name">Stable; part of a row key after hashing, so any characters.</param>
/// <param name="Every">Interval; looked at by Tick, so in steps of five minutes.</param>
/// <param name="From">The channel's own from-date, its option <c>From</c>; null: that of <c>Reconciliation__From</c>, or when the source was first known.</param>
public sealed record ReconciliationSource(string Name, TimeSpan Every, DateTimeOffset? From = null);

/// <summary>Where a look begins.</summary>
/// <param name="Cursor">What the page before gave; null at the first look.</param>
/// <param name="Since">Nothing older is wanted (P9): when the source was first known, or its explicit from-date.</param>
public sealed record ReconciliationStart(string? Cursor, DateTimeOffset Since);

/// <summary>What came of a look.</summary>
public abstract record ReconciliationResult
{
    private ReconciliationResult() { }

    /// <summary>A page, oldest first where the provider can.</summary>
    /// <param name="Held">What the provider holds; known ones are recognised by their external ids and cost one table read each.</param>
    /// <param name="Cursor">Where the next page or the next look begins; kept only once all of this page is stored.</param>
    /// <param name="More">True when the next page can be asked for at once.</param>
    public sealed record Page(IReadOnlyList<ProviderRecord> Held, string? Cursor, bool More) : ReconciliationResult;

    /// <summary>Not now; the cursor stays.</summary>
    /// <param name="Reason">A short code such as <c>rate-limited</c>, <c>refused</c>, <c>unreachable</c>; no personal data.</param>
    /// <param name="After">What the provider asked for; null: at the next interval.</param>
    public sealed record Later(string Reason, TimeSpan? After = null) : ReconciliationResult;

    /// <summary>The provider no longer takes the cursor: the next look begins anew at <see cref="ReconciliationStart.Since"/>, known contacts are recognised.</summary>
    public sealed record Restart : ReconciliationResult;
}

/// <summary>Something the provider holds, as it writes it.</summary>
/// <param name="Kind">Becomes the address of the delivery, <c>/api/hooks/{channel}/look/{kind}</c>, e.g. <c>message</c>; lower-case letters and dashes.</param>
/// <param name="Body">To the byte as the provider's API gave it, or the part of it that is one contact.</param>
/// <param name="ContentType">Of the body.</param>
public sealed record ProviderRecord(string Kind, ReadOnlyMemory<byte> Body, string ContentType = "application/json");
