using Serverless.Contacts;

namespace Serverless.Needs;

/// <summary>
/// The rules in force: an admin's own first, then ours, all their words in one index. Immutable, safe to share; made in milliseconds.
/// </summary>
public sealed class RuleSet
{
    private static readonly string[] Files = ["need", "topic"];
    private static readonly Lazy<IReadOnlyList<RuleDefinition>> Ours =
        new(() => [.. Files.SelectMany(name => RuleFile.Read(Resource(name), own: false))]);
    private static readonly Lazy<RuleSet> JustOurs = new(() => new RuleSet([]));

    private readonly List<Rule> _rules = [];
    private readonly TermIndex _terms;

    private RuleSet(IReadOnlyList<RuleDefinition> own)
    {
        List<byte[]> terms = [];
        Dictionary<string, int> ids = new(StringComparer.Ordinal);
        int TermOf(byte[] symbols)
        {
            var key = Convert.ToHexString(symbols);
            if (ids.TryGetValue(key, out var id)) return id;
            terms.Add(symbols);
            return ids[key] = terms.Count - 1;
        }

        foreach (var definition in own.Concat(Ours.Value))
            _rules.Add(new Rule(definition, [.. definition.All.Select(c => new Condition(c, TermOf))],
                [.. definition.None.Select(c => new Condition(c, TermOf))]));
        _terms = new TermIndex(terms, _rules.SelectMany(r => r.All.Concat(r.None)).SelectMany(c => c.Placed).ToHashSet());
        OwnCount = own.Count;
    }

    /// <summary>Our rules alone.</summary>
    public static RuleSet BuiltIn => JustOurs.Value;

    /// <summary>How many rules of the admin are in it.</summary>
    public int OwnCount { get; }

    /// <summary>An admin's rules before ours.</summary>
    /// <param name="json">A file of rules, UTF-8, at most 200 KiB and 500 rules.</param>
    /// <exception cref="FormatException">It does not fit; the message is one sentence that begins with the path of what is
    /// wrong.</exception>
    public static RuleSet WithOwn(ReadOnlyMemory<byte> json) => new(RuleFile.Read(json, own: true));

    /// <summary>Ids of our own rules, in order.</summary>
    internal static IEnumerable<RuleDefinition> Definitions => Ours.Value;

    /// <summary>Rules that hold, in order of the files.</summary>
    internal List<RuleDefinition> Matching(ReadText text)
    {
        Span<ulong> found = stackalloc ulong[(_terms.Count + 63) / 64];
        found.Clear();
        var hits = text.Folded.Length > 2 ? _terms.Find(text.Folded.Span, found) : [];
        List<RuleDefinition> matching = [];
        foreach (var rule in _rules)
        {
            if (Holds(rule, text, found, hits)) matching.Add(rule.Definition);
        }

        return matching;
    }

    /// <summary>One of our files.</summary>
    internal static byte[] Resource(string name)
    {
        using var file = typeof(RuleSet).Assembly.GetManifestResourceStream($"needs.{name}.json")
            ?? throw new InvalidOperationException($"The app has no file of rules called {name}.");
        using var bytes = new MemoryStream();
        file.CopyTo(bytes);
        return bytes.ToArray();
    }

    private static bool Holds(Rule rule, ReadText text, ReadOnlySpan<ulong> found, List<TermIndex.Hit> hits)
    {
        foreach (var condition in rule.All)
            if (!condition.Holds(text, found, hits)) return false;
        foreach (var condition in rule.None)
            if (condition.Holds(text, found, hits)) return false;
        return true;
    }

    private sealed record Rule(RuleDefinition Definition, Condition[] All, Condition[] None);
}

/// <summary>What the rules look at: the contact, its text folded, what was found in it already.</summary>
internal sealed record ReadText(Contact Contact, string Text, FoldedText Folded, string Language, IReadOnlyList<Fact> Facts, int Questions);
