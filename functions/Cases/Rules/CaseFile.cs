using System.Text.Json;
using System.Text.Json.Serialization;
using Serverless.Contacts;

namespace Serverless.Cases.Rules;

/// <summary>A case with its contacts, history and replies, as in <c>GET api/cases/{id}</c>.</summary>
/// <param name="Case">The head.</param>
/// <param name="Contacts">Its contacts, by the provider's time.</param>
/// <param name="History">Its published events, oldest first.</param>
/// <param name="Replies">Texts to the customer that were written here, oldest first; one that was sent is a contact, too.</param>
/// <param name="References">Other cases that know of this one without being joined with it; null for none.</param>
/// <param name="Promises">What was promised, oldest first, and what became of it; null for none.</param>
public sealed record CaseFile(
    Case Case, IReadOnlyList<FiledContact> Contacts, IReadOnlyList<HistoryEntry> History, IReadOnlyList<CaseReply> Replies,
    IReadOnlyList<CaseReference>? References = null, IReadOnlyList<Promise>? Promises = null)
{
    /// <summary>Give it as <c>continuation</c> to get the contacts before these; null when there are none.</summary>
    public string? Continuation { get; init; }

    /// <summary>Pass it as <c>historyContinuation</c> for earlier events; null when there are none.</summary>
    public string? HistoryContinuation { get; init; }

    /// <summary>
    /// What the customer told us in the contacts of this answer, in their order; read from the words, so it goes with them. Null for
    /// nothing.
    /// </summary>
    public IReadOnlyList<KnownFact>? Known { get; init; }

    /// <summary>Kinds of what is known and need not be asked for; null for none.</summary>
    public IReadOnlyList<string>? DoNotAsk { get; init; }
}

/// <summary>Something the customer told us.</summary>
/// <param name="Kind">One of <see cref="Serverless.Needs.FactKinds"/>.</param>
/// <param name="Value">As written; null where only that there is one is kept (bank account, card).</param>
/// <param name="Certainty"><c>stated</c> beside its own word, <c>written</c> by its shape alone.</param>
/// <param name="ContactId">The contact that says it first.</param>
/// <param name="At">When.</param>
public sealed record KnownFact(string Kind, string? Value, string Certainty, string ContactId, DateTimeOffset At);

/// <summary>
/// Requested part of a long case. Without continuation: its latest contacts, the latest history entries, and its replies;
/// with one of them only that list is continued.
/// </summary>
/// <param name="Top">Most contacts, and most entries of the history.</param>
/// <param name="Contacts">End of the previous page of contacts.</param>
/// <param name="History">End of the previous page of the history.</param>
public sealed record CasePart(int Top, string? Contacts, string? History)
{
    /// <summary>Whether it is the first part.</summary>
    public bool IsFirst => Contacts is null && History is null;
}

/// <summary>A related case.</summary>
/// <param name="CaseId">Its id.</param>
/// <param name="Number">Its number.</param>
/// <param name="ContactId">The contact of this case that leads there.</param>
/// <param name="Why"><c>same-message</c>: the same message reached another account of ours.</param>
public sealed record CaseReference(string CaseId, string Number, string ContactId, string Why);

/// <summary>A contact of a case.</summary>
/// <param name="Id">Id within the case; events carry it as <c>contactId</c>.</param>
/// <param name="Events">Number of its events.</param>
/// <param name="Deliveries">The deliveries it came with, <c>channel/id</c>.</param>
/// <param name="Contact">The common form.</param>
/// <param name="Files">Its attachments as far as they are fetched; empty for a channel whose files cannot be opened.</param>
public sealed record FiledContact(string Id, int Events, IReadOnlyList<string> Deliveries, Contact Contact,
    IReadOnlyList<FiledAttachment> Files);

/// <summary>An attachment of a contact.</summary>
/// <param name="Id">Number within the case: <c>GET api/cases/{id}/attachments/{n}</c>.</param>
/// <param name="Name">As its sender named it; null when it was not named.</param>
/// <param name="Type">MIME type once it is stored, what the provider said before.</param>
/// <param name="Size">Bytes; what the provider said until it is stored.</param>
/// <param name="State">Current state.</param>
/// <param name="Reason">Why it is not stored; a code.</param>
/// <param name="Sha256">64 hex digits, once it is stored.</param>
/// <param name="At">When it came to its end.</param>
public sealed record FiledAttachment(
    string Id, string? Name, string? Type, long? Size, AttachmentState State, string? Reason = null, string? Sha256 = null,
    DateTimeOffset? At = null);

/// <summary>State of an attachment.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<AttachmentState>))]
public enum AttachmentState
{
    /// <summary>To be fetched, or to be tried again.</summary>
    [JsonStringEnumMemberName("waiting")] Waiting,

    /// <summary>Kept here.</summary>
    [JsonStringEnumMemberName("stored")] Stored,

    /// <summary>The provider no longer has it.</summary>
    [JsonStringEnumMemberName("gone")] Gone,

    /// <summary>Given up.</summary>
    [JsonStringEnumMemberName("failed")] Failed,

    /// <summary>Taken back by its author with its contact; its bytes are deleted.</summary>
    [JsonStringEnumMemberName("removed")] Removed,
}

/// <summary>An entry of the history of a case.</summary>
/// <param name="Type">CloudEvents type.</param>
/// <param name="At">When.</param>
/// <param name="Event">The whole CloudEvent.</param>
public sealed record HistoryEntry(string Type, DateTimeOffset At, JsonElement Event);

/// <summary>A case in a list.</summary>
public sealed record ListedCase
{
    public required string Id { get; init; }

    public required string Number { get; init; }

    public required CaseState State { get; init; }

    public string? Owner { get; init; }

    /// <summary>Why the customer came.</summary>
    public required string Need { get; init; }

    /// <summary>What we do next.</summary>
    public required string Owes { get; init; }

    public required string Urgency { get; init; }

    public string? Language { get; init; }

    public required IReadOnlyList<string> Networks { get; init; }

    public required IReadOnlyList<string> Channels { get; init; }

    public required DateTimeOffset OpenedAt { get; init; }

    public DateTimeOffset? DueAt { get; init; }

    public DateTimeOffset? ClosedAt { get; init; }

    /// <summary>Contacts of the customer and our own people, each counted once however many events it has.</summary>
    public required int Contacts { get; init; }
}

/// <summary>A page of a list.</summary>
/// <param name="Cases">May hold fewer than requested, even none, while more follow.</param>
/// <param name="Continuation">Give it as <c>continuation</c> to get the next page; null at the end.</param>
/// <param name="Truncated">
/// True: the owner has more open cases than are sorted by due time; only the oldest were. Absent otherwise.
/// </param>
public sealed record CasePage(IReadOnlyList<ListedCase> Cases, string? Continuation, bool? Truncated = null);

/// <summary>Result of an action on a case.</summary>
/// <param name="State"><c>accepted</c>, <c>offered</c> or <c>closed</c>.</param>
/// <param name="Changed">False: it was so already.</param>
public sealed record CaseActionLink(string State, bool Changed);

/// <summary>The order of a list.</summary>
public enum CaseOrder
{
    /// <summary>By the time of opening.</summary>
    Oldest,

    /// <summary>By the time of opening, the latest first.</summary>
    Newest,

    /// <summary>By due time; open cases of one owner only.</summary>
    Due,
}

/// <summary>Filter, order and page of a list.</summary>
/// <param name="State">Open or closed cases.</param>
/// <param name="Owner">Only of this owner; null for all. <see cref="CaseViews.Nobody"/> returns cases without an owner.</param>
/// <param name="Network">Only cases that used this network.</param>
/// <param name="DueBefore">Only cases due before this.</param>
/// <param name="Month">Of the end, for closed cases.</param>
/// <param name="Top">Page size.</param>
/// <param name="Continuation">From the page before.</param>
/// <param name="Order">In which order.</param>
public sealed record CaseFilter(
    CaseState State, string? Owner, string? Network, DateTimeOffset? DueBefore, DateTimeOffset Month, int Top, string? Continuation,
    CaseOrder Order = CaseOrder.Oldest)
{
    /// <summary>Only cases of this need.</summary>
    public string? Need { get; init; }

    /// <summary>Only cases of this urgency.</summary>
    public string? Urgency { get; init; }
}
