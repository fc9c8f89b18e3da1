using Serverless.Needs;

namespace Serverless.Cases.Rules;

/// <summary>What a person says about why a customer came.</summary>
/// <param name="Need">One of <see cref="NeedKinds"/>.</param>
/// <param name="Urgency">One of <see cref="UrgencyKinds"/>; null for that of the need.</param>
/// <param name="Owes">One of <see cref="OwesKinds"/>; null leaves what is owed as it is.</param>
/// <param name="By">Who says it.</param>
/// <param name="Why">For what reason.</param>
public sealed record Classification(string Need, string? Urgency, string? Owes, string By, string Why)
{
    // Begins the rule of a need that a person stated.
    private const string Person = "person:";

    /// <summary>True when a person stated why the customer came: no rule changes that.</summary>
    public static bool IsOf(Case head) => head.NeedRule.StartsWith(Person, StringComparison.Ordinal);

    /// <summary>The head as they say.</summary>
    public Case Over(Case head)
    {
        var rule = $"{Person}{By}: {Why}";
        return head with
        {
            Need = Need,
            NeedRule = rule,
            NeedFrom = null,
            Urgency = Urgency ?? NeedKinds.UrgencyOf(Need),
            UrgencyRule = Urgency is null ? $"need:{Need}" : rule,
            Owes = Owes ?? head.Owes,
            OwesRule = Owes is null ? head.OwesRule : rule,
        };
    }
}
