namespace Serverless.Needs;

/// <summary>
/// What the rules read in one contact: why the customer came, how urgent it is, and what they told us. Each decision names the rule that
/// made it.
/// </summary>
public sealed record TextReading
{
    /// <summary>Most rule ids and most facts that are kept of one contact.</summary>
    public const int MostMatches = 5;
    public const int MostFacts = 10;

    /// <summary>One of <see cref="NeedKinds"/>.</summary>
    public required string Need { get; init; }

    public required string NeedRule { get; init; }

    /// <summary>One of <see cref="OwesKinds"/>.</summary>
    public required string Owes { get; init; }

    public required string OwesRule { get; init; }

    /// <summary>One of <see cref="UrgencyKinds"/>.</summary>
    public required string Urgency { get; init; }

    public required string UrgencyRule { get; init; }

    /// <summary>A word such as <c>delivery</c>; null where no rule names one.</summary>
    public string? Topic { get; init; }

    /// <summary>A team that a rule of the admin names; null for none.</summary>
    public string? Team { get; init; }

    /// <summary><c>de</c>, <c>en</c>, the tag that sender or provider stated, or <c>unknown</c>.</summary>
    public required string Language { get; init; }

    /// <summary>Whether the need fits the place where it was written; null where the place does not matter.</summary>
    public bool? PlaceFits { get; init; }

    /// <summary>True when it holds what others must not read: bank data, health, a contract.</summary>
    public bool Confidential { get; init; }

    /// <summary>
    /// What others can read and should not: <c>iban</c>, <c>card</c>, <c>birth-date</c>, <c>password</c>, or the id of a rule. Empty in
    /// private.
    /// </summary>
    public IReadOnlyList<string> Exposed { get; init; } = [];

    /// <summary>What the customer told us; at most <see cref="MostFacts"/>.</summary>
    public IReadOnlyList<Fact> Facts { get; init; } = [];

    /// <summary>True when it says that a contract ends, whatever else it says: that is confirmed in any case.</summary>
    public bool Ends { get; init; }

    /// <summary>
    /// True when the text is nothing but thanks or a confirmation. Whether it follows an answer of ours is not known here.
    /// </summary>
    public bool Closing { get; init; }

    /// <summary>One sentence on a shorter way, from a rule of the admin; null for none.</summary>
    public string? Way { get; init; }

    /// <summary>Ids of the rules that matched, the deciding one first; at most <see cref="MostMatches"/>.</summary>
    public IReadOnlyList<string> Matches { get; init; } = [];
}

/// <summary>Something the customer told us, so that nobody asks for it again.</summary>
/// <param name="Kind">One of <see cref="FactKinds"/>.</param>
/// <param name="Value">As written, without blanks; a date as <c>yyyy-MM-dd</c> or <c>--MM-dd</c>, a telephone number as E.164. Null where
/// only "there is one" is kept (bank account, card).</param>
/// <param name="Certainty"><c>stated</c> beside its own word, <c>written</c> by its shape alone, <c>attested</c> by a device or
/// provider.</param>
public sealed record Fact(string Kind, string? Value, string Certainty);

/// <summary>Kinds of facts.</summary>
public static class FactKinds
{
    public const string Order = "order";
    public const string Invoice = "invoice";
    public const string CustomerNumber = "customer-number";
    public const string Serial = "serial";
    public const string Model = "model";
    public const string Iban = "iban";
    public const string Card = "card";
    public const string Date = "date";
    public const string Phone = "phone";

    /// <summary>Every kind.</summary>
    public static IReadOnlyList<string> All { get; } = [Order, Invoice, CustomerNumber, Serial, Model, Iban, Card, Date, Phone];

    /// <summary>Kinds that nobody needs to ask for twice. A date or telephone number of one contact says little about the next.</summary>
    public static bool IsAskedFor(string kind) => kind is Order or Invoice or CustomerNumber or Serial or Model;
}
