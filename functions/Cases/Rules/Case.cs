using System.Text.Json.Serialization;

namespace Serverless.Cases.Rules;

/// <summary>The head of a case: the decisions about it. Its contacts are separate rows.</summary>
public sealed record Case
{
    /// <summary>32 hex digits.</summary>
    public required string Id { get; init; }

    /// <summary>Case number for customers; see <see cref="CaseNumber"/>.</summary>
    public required string Number { get; init; }

    public CaseState State { get; init; } = CaseState.Open;

    /// <summary>The one accountable owner, as named in the <c>Owners</c> settings; null is an owner gap, which Health shows red (P7).</summary>
    public string? Owner { get; init; }

    /// <summary>What the customer needs next: <c>answer</c>, <c>public-answer</c>, <c>call</c>, <c>call-back</c>, <c>repair</c>, <c>look</c>.</summary>
    public required string Need { get; init; }

    /// <summary>The rule that decided <see cref="Need"/>.</summary>
    public required string NeedRule { get; init; }

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

    /// <summary>By when the promise says the customer has an answer; null while nobody waits.</summary>
    public DateTimeOffset? DueAt { get; init; }

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

    /// <summary>Counts the decisions; an older version never overwrites a view.</summary>
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
