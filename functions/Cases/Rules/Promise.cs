using System.Text.Json.Serialization;

namespace Serverless.Cases.Rules;

/// <summary>
/// One thing that was promised by a time. Rows <c>promise|id</c> of a case hold all of them; its head repeats those that are open, at
/// most <see cref="MostOpen"/>.
/// </summary>
public sealed record Promise
{
    /// <summary>Most open promises of a case.</summary>
    public const int MostOpen = 5;

    /// <summary>Longest description, in characters.</summary>
    public const int LongestWhat = 500;

    /// <summary>Made from what caused it, so that a repeated step writes the same row.</summary>
    public required string Id { get; init; }

    public required PromiseKind Kind { get; init; }

    public required PromiseMaker MadeBy { get; init; }

    /// <summary>The rule, or the person who made it.</summary>
    public required string By { get; init; }

    /// <summary>What was promised, in the words of a person; null for an answer.</summary>
    public string? What { get; init; }

    /// <summary>The contact that it answers, by its id within the case; null when it answers none.</summary>
    public string? Contact { get; init; }

    public required DateTimeOffset MadeAt { get; init; }

    /// <summary>By when.</summary>
    public required DateTimeOffset Due { get; init; }

    /// <summary>The calendar in which its time is counted.</summary>
    public required string Calendar { get; init; }

    public PromiseState State { get; init; } = PromiseState.Open;

    /// <summary>When it was said that it is due soon; null before.</summary>
    public DateTimeOffset? SoonAt { get; init; }

    /// <summary>When it was said that it broke; null before. A broken one stays open in the head until it is made good.</summary>
    public DateTimeOffset? BrokenAt { get; init; }

    /// <summary>When it was kept, made good, withdrawn or replaced; null while it is owed.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Why it was withdrawn or replaced.</summary>
    public string? Why { get; init; }

    /// <summary>Whether the customer waits for a word of ours by this: what <c>dueAt</c> of a case is about.</summary>
    [JsonIgnore]
    public bool IsAnswer => Kind is PromiseKind.Answer or PromiseKind.PublicAnswer or PromiseKind.CallBack;
}

/// <summary>What was promised.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<PromiseKind>))]
public enum PromiseKind
{
    [JsonStringEnumMemberName("answer")] Answer,

    /// <summary>An answer where the customer wrote in public.</summary>
    [JsonStringEnumMemberName("public-answer")] PublicAnswer,

    [JsonStringEnumMemberName("call-back")] CallBack,

    /// <summary>The case is solved: kept by closing it.</summary>
    [JsonStringEnumMemberName("solution")] Solution,

    /// <summary>What <see cref="Promise.What"/> says.</summary>
    [JsonStringEnumMemberName("named")] Named,
}

/// <summary>Who made a promise.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<PromiseMaker>))]
public enum PromiseMaker
{
    /// <summary>The service level.</summary>
    [JsonStringEnumMemberName("level")] Level,

    /// <summary>A person of ours.</summary>
    [JsonStringEnumMemberName("person")] Person,

    /// <summary>The customer named the time.</summary>
    [JsonStringEnumMemberName("customer")] Customer,

    /// <summary>A text that no person wrote named the time.</summary>
    [JsonStringEnumMemberName("rule")] Rule,
}

/// <summary>What became of a promise.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<PromiseState>))]
public enum PromiseState
{
    [JsonStringEnumMemberName("open")] Open,

    [JsonStringEnumMemberName("kept")] Kept,

    /// <summary>Its time passed first; it is broken for good, and owed until it ends.</summary>
    [JsonStringEnumMemberName("broken")] Broken,

    [JsonStringEnumMemberName("withdrawn")] Withdrawn,

    /// <summary>A new time was promised.</summary>
    [JsonStringEnumMemberName("replaced")] Replaced,
}
