namespace Serverless.Needs;

/// <summary>A rule as a file states it.</summary>
internal sealed record RuleDefinition
{
    public required string Id { get; init; }

    /// <summary>All of them hold.</summary>
    public IReadOnlyList<ConditionDefinition> All { get; init; } = [];

    /// <summary>None of them holds.</summary>
    public IReadOnlyList<ConditionDefinition> None { get; init; } = [];

    public string? Need { get; init; }

    public string? Urgency { get; init; }

    public string? Team { get; init; }

    public string? Topic { get; init; }

    public bool Confidential { get; init; }

    public string? Way { get; init; }

    /// <summary>True for a rule of the admin: it comes before ours.</summary>
    public bool Own { get; init; }
}

/// <summary>One condition: one of its words is in the text (where it names any), and each of its other members holds.</summary>
internal sealed record ConditionDefinition
{
    /// <summary>Beginnings of words.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>Anywhere within a word, for German compounds.</summary>
    public IReadOnlyList<string> Inside { get; init; } = [];

    /// <summary>Whole words in a row; <c>*</c> at the end takes any ending of the last.</summary>
    public IReadOnlyList<string> Phrase { get; init; } = [];

    /// <summary>
    /// Two to five words in any order within six words of one sentence; <c>*</c> at the end takes any ending, at the beginning any
    /// beginning.
    /// </summary>
    public IReadOnlyList<string> Near { get; init; } = [];

    /// <summary>Words within a word that make it another one: <c>ankündig</c> is no <c>kündig</c>.</summary>
    public IReadOnlyList<string> But { get; init; } = [];

    public IReadOnlyList<string> Kind { get; init; } = [];

    public IReadOnlyList<string> Place { get; init; } = [];

    public IReadOnlyList<string> Channel { get; init; } = [];

    public IReadOnlyList<string> Network { get; init; } = [];

    public IReadOnlyList<string> Entry { get; init; } = [];

    /// <summary>One of <see cref="Senders"/>.</summary>
    public IReadOnlyList<string> Sender { get; init; } = [];

    /// <summary>Domains of the mail address it came from, their subdomains too.</summary>
    public IReadOnlyList<string> SenderDomain { get; init; } = [];

    public IReadOnlyList<string> Language { get; init; } = [];

    public bool? HasFiles { get; init; }

    public bool? HasText { get; init; }

    /// <summary>Whether it asks something: a question mark in the text.</summary>
    public bool? Question { get; init; }

    /// <summary>At least so many characters.</summary>
    public int? Longer { get; init; }

    /// <summary>Facts of at least so many kinds.</summary>
    public int? FactKinds { get; init; }

    /// <summary>Question marks, at least so many.</summary>
    public int? Questions { get; init; }

    /// <summary>What a sender can be by the look of it.</summary>
    public static IReadOnlyList<string> Senders { get; } = ["machine", "list", "role"];
}
