namespace Serverless.Needs;

/// <summary>
/// Numbers and names that stand beside their word ("Bestellung 4711", "serial number KX7-204-118823"), dates, and whether there is a bank
/// account or card. One pass over
/// the words; a number alone is nothing, and neither is one that reads as a date.
/// </summary>
internal static class FactScanner
{
    private const int LongestValue = 30;

    // So many connecting words may stand between a word and its number.
    private const int Reach = 4;

    // Beginnings of words, whole ones of up to three letters.
    private static readonly (string Word, string Kind)[] Before =
    [
        ("bestell", FactKinds.Order), ("auftrag", FactKinds.Order), ("order", FactKinds.Order), ("purchase", FactKinds.Order),
        ("rechnung", FactKinds.Invoice), ("invoice", FactKinds.Invoice),
        ("kdnr", FactKinds.CustomerNumber), ("kunden", FactKinds.CustomerNumber), ("customer", FactKinds.CustomerNumber),
        ("serien", FactKinds.Serial), ("serial", FactKinds.Serial), ("gerätenummer", FactKinds.Serial), ("geraetenummer", FactKinds.Serial),
            ("sn", FactKinds.Serial), ("s/n", FactKinds.Serial),
        ("model", FactKinds.Model), ("gerät", FactKinds.Model), ("geraet", FactKinds.Model), ("typ", FactKinds.Model),
    ];

    private static readonly HashSet<string> Between = new(StringComparer.OrdinalIgnoreCase)
    {
        "nr", "nummer", "no", "number", "num", "id", "code", "ist", "is", "lautet", "die", "der", "das", "the", "mit", "with", "meine",
            "meiner", "my", "heißt", "heisst", "hat", "has", "reads", "folgende", "type", "bezeichnung",
    };

    /// <summary>The facts of a text, the first of each kind and value, at most <see cref="TextReading.MostFacts"/>.</summary>
    /// <param name="text">Subject and text.</param>
    public static List<Fact> Scan(string text)
    {
        List<Fact> facts = [];
        var digits = text.AsSpan().ContainsAnyInRange('0', '9');
        if (!digits) return facts;
        string? wanted = null;
        var waits = 0;
        var between = Between.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (var word in new Tokens(text))
        {
            if (facts.Count >= TextReading.MostFacts) return facts;
            var raw = text.AsSpan(word.Start, word.Length);
            if (Dates.Parse(text, word.Start, word.Length) is { } date)
            {
                Add(facts, new Fact(FactKinds.Date, date, "written"));
                continue;
            }

            if (wanted is not null && IsValue(raw, wanted))
            {
                Add(facts, new Fact(wanted, Value(text, word), "stated"));
                wanted = null;
                continue;
            }

            if (KindOf(raw) is { } kind) (wanted, waits) = (kind, Reach);
            else if (wanted is not null && (--waits < 0 || !between.Contains(raw))) wanted = null;
        }

        if (facts.Count < TextReading.MostFacts && CheckDigits.HasIban(text)) facts.Add(new Fact(FactKinds.Iban, null, "written"));
        if (facts.Count < TextReading.MostFacts && CheckDigits.HasCard(text)) facts.Add(new Fact(FactKinds.Card, null, "written"));
        return facts;
    }

    private static void Add(List<Fact> facts, Fact fact)
    {
        if (!facts.Contains(fact)) facts.Add(fact);
    }

    private static string? KindOf(ReadOnlySpan<char> raw)
    {
        foreach (var (word, kind) in Before)
            if (raw.StartsWith(word, StringComparison.OrdinalIgnoreCase) && (word.Length > 3 || raw.Length == word.Length)) return kind;
        return null;
    }

    // Order, invoice and customer numbers have three digits or more; a model has one at least ("WX-480", "Polar 500" is told by its second
    // word).
    private static bool IsValue(ReadOnlySpan<char> raw, string kind)
    {
        if (raw.Length > LongestValue) return false;
        var digits = 0;
        foreach (var c in raw)
            if (char.IsAsciiDigit(c)) digits++;
        return kind == FactKinds.Model ? digits >= 1 && raw.Length >= 3 : digits >= (kind == FactKinds.Serial ? 2 : 3);
    }

    private static string Value(string text, (int Start, int Length) word) =>
        text.Substring(word.Start, word.Length).TrimEnd('.', '-', '/', '_');

    // Words as numbers are written: letters and digits, with - / . _ within.
    private ref struct Tokens(string text)
    {
        private int _at;

        public (int Start, int Length) Current { get; private set; }

        public readonly Tokens GetEnumerator() => this;

        public bool MoveNext()
        {
            while (_at < text.Length && !char.IsLetterOrDigit(text[_at])) _at++;
            var start = _at;
            while (_at < text.Length && (char.IsLetterOrDigit(text[_at])
                || (text[_at] is '-' or '/' or '.' or '_' && _at + 1 < text.Length && char.IsLetterOrDigit(text[_at + 1])))) _at++;
            Current = (start, _at - start);
            return _at > start;
        }
    }
}
