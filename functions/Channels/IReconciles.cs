namespace Serverless.Channels;

/// <summary>
/// A channel whose provider can list its items. Reconciliation compares them with the received ones and imports the missing ones; each
/// becomes a delivery of its own (<see cref="Arrival.LookedAgain"/>) that <see cref="IChannel.Read"/> splits, so ids must be those of the
/// webhook.
/// </summary>
public interface IReconciles
{
    /// <summary>
    /// Sources that can be reconciled with the current settings: a mailbox folder, a number, a page. Empty when it is switched off or
    /// lacks a setting.
    /// </summary>
    IReadOnlyList<ReconciliationSource> Sources { get; }

    /// <summary>
    /// One sentence for each part of the channel that cannot be reconciled, and why; shown in Health's details and the README.
    /// </summary>
    IReadOnlyList<string> Blind { get; }

    /// <summary>Requests one page of the provider's items. Never throws for answers of the provider.</summary>
    /// <param name="source">Name of a source.</param>
    /// <param name="from">Start of the page.</param>
    /// <param name="ct">Cancels.</param>
    Task<ReconciliationResult> ReadAsync(string source, ReconciliationStart from, CancellationToken ct);
}

/// <summary>One source of reconciliation.</summary>
/// <param name="Name">Stable; part of a row key after hashing, so any characters.</param>
/// <param name="Every">Interval; run by Tick, so in steps of five minutes.</param>
/// <param name="From">The channel's own from-date, its option <c>From</c>; null: that of <c>Reconciliation__From</c>, or when the source
/// was first known.</param>
public sealed record ReconciliationSource(string Name, TimeSpan Every, DateTimeOffset? From = null);

/// <summary>Start of a run.</summary>
/// <param name="Cursor">From the previous page; null in the first run.</param>
/// <param name="Since">Older items are left out (P9): when the source was first known, or its explicit from-date.</param>
public sealed record ReconciliationStart(string? Cursor, DateTimeOffset Since);

/// <summary>Outcome of a request.</summary>
public abstract record ReconciliationResult
{
    private ReconciliationResult() { }

    /// <summary>A page, oldest first where the provider can.</summary>
    /// <param name="Held">Items of the provider; known ones are recognised by their external ids and cost one table read each.</param>
    /// <param name="Cursor">Start of the next page or the next run; stored only once all of this page is stored.</param>
    /// <param name="More">True when the next page can be requested at once.</param>
    public sealed record Page(IReadOnlyList<ProviderRecord> Held, string? Cursor, bool More) : ReconciliationResult;

    /// <summary>Not now; the cursor stays.</summary>
    /// <param name="Reason">A short code such as <c>rate-limited</c>, <c>refused</c>, <c>unreachable</c>; no personal data.</param>
    /// <param name="After">Delay requested by the provider; null: at the next interval.</param>
    public sealed record Later(string Reason, TimeSpan? After = null) : ReconciliationResult;

    /// <summary>
    /// The provider rejects the cursor: the next run starts again at <see cref="ReconciliationStart.Since"/>; known contacts are
    /// recognised.
    /// </summary>
    public sealed record Restart : ReconciliationResult;
}

/// <summary>An item of the provider, in its own format.</summary>
/// <param name="Kind">Becomes the address of the delivery, <c>/api/hooks/{channel}/look/{kind}</c>, e.g. <c>message</c>; lower-case letters
/// and dashes.</param>
/// <param name="Body">To the byte as the provider's API gave it, or the part of it that is one contact.</param>
/// <param name="ContentType">Of the body.</param>
public sealed record ProviderRecord(string Kind, ReadOnlyMemory<byte> Body, string ContentType = "application/json");
