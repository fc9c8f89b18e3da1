using System.Text.Json.Serialization;
using Serverless.Needs;

namespace Serverless.Cases.Rules;

/// <summary>The head of a case: the decisions about it. Its contacts are separate rows.</summary>
public sealed record Case
{
    /// <summary>32 hex digits.</summary>
    public required string Id { get; init; }

    /// <summary>Case number for customers; see <see cref="CaseNumber"/>.</summary>
    public required string Number { get; init; }

    public CaseState State { get; init; } = CaseState.Open;

    /// <summary>The one accountable owner, as named in the <c>Owners</c> settings; null is an owner gap, which Health shows red
    /// (P7).</summary>
    public string? Owner { get; init; }

    /// <summary>Why the customer came, e.g. <c>fault</c>; see <see cref="Serverless.Needs.NeedKinds"/>.</summary>
    public string Need { get; init; } = NeedKinds.CanWait;

    /// <summary>Id of the rule that decided <see cref="Need"/>, or a sentence where the kind of contact did.</summary>
    public string NeedRule { get; init; } = "";

    /// <summary>The contact that <see cref="Need"/> was read in, by its id within the case; null in cases older than this.</summary>
    public string? NeedFrom { get; init; }

    /// <summary>What we do next, e.g. <c>answer</c>; see <see cref="Serverless.Needs.OwesKinds"/>.</summary>
    public required string Owes { get; init; }

    /// <summary>The rule that decided <see cref="Owes"/>.</summary>
    public required string OwesRule { get; init; }

    /// <summary><c>at-once</c>, <c>high</c>, <c>normal</c> or <c>low</c>.</summary>
    public string Urgency { get; init; } = UrgencyKinds.Normal;

    /// <summary>Id of the rule that decided <see cref="Urgency"/>, or <c>need:</c> and the need.</summary>
    public string UrgencyRule { get; init; } = "";

    /// <summary>What it is about, e.g. <c>delivery</c>; null where no rule says.</summary>
    public string? Topic { get; init; }

    /// <summary><c>de</c>, <c>en</c>, the tag that the customer stated; null while it is not known.</summary>
    public string? Language { get; init; }

    /// <summary>Whether the need belongs to the place where it was written; null where that does not matter.</summary>
    public bool? PlaceFits { get; init; }

    /// <summary>True once a contact held what others must not read.</summary>
    public bool Confidential { get; init; }

    /// <summary>
    /// Facts that the customer stated, kind and hash, at most 30: what a decision compares with. The facts themselves are read from the
    /// contacts.
    /// </summary>
    [JsonIgnore]
    public IReadOnlyList<string> Facts { get; init; } = [];

    /// <summary>Networks the customer used in this case, in order of first use.</summary>
    public required IReadOnlyList<string> Networks { get; init; }

    public required DateTimeOffset OpenedAt { get; init; }

    /// <summary>When the customer began to wait for us (the provider's time); null while nobody waits.</summary>
    public DateTimeOffset? WaitingSince { get; init; }

    /// <summary>
    /// Id of the contact for which <see cref="WaitingSince"/> was set: a later event of it (such as an answered call) may end the wait.
    /// Null while no customer waits.
    /// </summary>
    public string? WaitingFor { get; init; }

    /// <summary>The earliest time by which the customer was promised an answer or a call; null while none is owed.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>
    /// What is promised and still owed, a broken promise among it; at most <see cref="Promise.MostOpen"/>. The rows of the case hold all.
    /// </summary>
    [JsonIgnore]
    public IReadOnlyList<Promise> Promises { get; init; } = [];

    /// <summary>
    /// When the clock has something to say next: a promise is due soon, is due, a step of the escalation, nobody accepted. Null: never by
    /// itself.
    /// </summary>
    [JsonIgnore]
    public DateTimeOffset? LookAt { get; init; }

    /// <summary>
    /// By when somebody should have accepted the case; null once somebody did, the customer has an answer, or it was told.
    /// </summary>
    public DateTimeOffset? AcceptBy { get; init; }

    /// <summary>When a colleague last answered, as reported by providers.</summary>
    public DateTimeOffset? AnsweredAt { get; init; }

    /// <summary>Person or team that accepted the case; null before, and again after the case is reopened.</summary>
    public string? AcceptedBy { get; init; }

    public DateTimeOffset? AcceptedAt { get; init; }

    /// <summary>A hand-over that was offered and not accepted yet: the owner stays accountable until then.</summary>
    public HandOver? HandOver { get; init; }

    /// <summary>Accepted hand-overs: effort we caused.</summary>
    public int HandOvers { get; init; }

    /// <summary>Owners before the present one, oldest first.</summary>
    public IReadOnlyList<string> FormerOwners { get; init; } = [];

    /// <summary>Number of overdue notifications of this wait; 0 while it is not overdue.</summary>
    public int Overdue { get; init; }

    public DateTimeOffset? ClosedAt { get; init; }

    /// <summary>Why it came to this case, named at its end, or <c>unknown</c>.</summary>
    public string? Cause { get; init; }

    /// <summary>Number of times it was reopened: effort that we caused.</summary>
    public int Reopened { get; init; }

    /// <summary>
    /// Counts the decisions; an older version never overwrites a view. Events carry it, so that a receiver can put them in order.
    /// </summary>
    public int Version { get; init; } = 1;
}

/// <summary>A pending hand-over.</summary>
/// <param name="To">Whom it is offered to: an owner as the <c>Owners</c> settings name them.</param>
/// <param name="By">Name of the person who offers it; null when not given.</param>
/// <param name="Why">For what reason.</param>
/// <param name="At">When.</param>
public sealed record HandOver(string To, string? By, string Why, DateTimeOffset At);

/// <summary>State of a case: open or closed.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<CaseState>))]
public enum CaseState
{
    [JsonStringEnumMemberName("open")] Open,
    [JsonStringEnumMemberName("closed")] Closed,
}
