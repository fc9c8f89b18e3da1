using System.Runtime.InteropServices;

namespace Serverless.Needs;

/// <summary>
/// Finds every word and phrase of all rules in one pass over a folded text, whatever their number. Aho and Corasick, "Efficient string
/// matching: an aid to
/// bibliographic search", 1975, with the whole transition table: two bytes for each state and symbol.
/// </summary>
internal sealed class TermIndex
{
    /// <summary>Most letters of all terms together.</summary>
    public const int MostLetters = 60_000;

    /// <summary>Most places that are noted in one text; a text with more says nothing new.</summary>
    public const int MostHits = 2_000;

    private readonly ushort[] _next;
    private readonly int[] _term;
    private readonly ushort[] _shorter;
    private readonly bool[] _placed;

    /// <summary>Builds the index.</summary>
    /// <param name="terms">Symbols of <see cref="FoldedText"/>; a term's place in the list is its id.</param>
    /// <param name="placed">Terms of which the places are asked for.</param>
    /// <exception cref="FormatException">Together they have more than <see cref="MostLetters"/> letters.</exception>
    public TermIndex(IReadOnlyList<byte[]> terms, HashSet<int> placed)
    {
        Count = terms.Count;
        _placed = [.. Enumerable.Range(0, terms.Count).Select(placed.Contains)];
        var most = terms.Sum(t => t.Length) + 1;
        if (most > MostLetters) throw new FormatException($"the words of all rules together have more than {MostLetters} letters.");
        var next = new ushort[most * FoldedText.Symbols];
        _term = new int[most];
        Array.Fill(_term, -1);
        var states = 1;
        for (var id = 0; id < terms.Count; id++)
        {
            var state = 0;
            foreach (var symbol in terms[id])
            {
                ref var to = ref next[(state * FoldedText.Symbols) + symbol];
                if (to == 0) to = (ushort)states++;
                state = to;
            }

            _term[state] = id;
        }

        _next = next[..(states * FoldedText.Symbols)];
        _shorter = new ushort[states];
        Link(states);
    }

    /// <summary>How many terms there are.</summary>
    public int Count { get; }

    /// <summary>A place where a term ends.</summary>
    /// <param name="Term">Its id.</param>
    /// <param name="Token">Which word of the text it ends in, marks counted.</param>
    /// <param name="Sentence">Which sentence.</param>
    [StructLayout(LayoutKind.Auto)]
    public readonly record struct Hit(int Term, int Token, int Sentence);

    /// <summary>
    /// The places of terms that were asked for, at most <see cref="MostHits"/>; <paramref name="found"/> gets one bit for each term that is
    /// there.
    /// </summary>
    public List<Hit> Find(ReadOnlySpan<byte> text, Span<ulong> found)
    {
        List<Hit> hits = new(32);
        int state = 0, token = 0, sentence = 0;
        foreach (var symbol in text)
        {
            state = _next[(state * FoldedText.Symbols) + symbol];
            // A term that ends with the space behind its last word belongs to that word.
            var at = token;
            if (symbol == FoldedText.Space) token++;
            else if (symbol is FoldedText.End or FoldedText.Question) sentence++;
            for (int s = state; s != 0; s = _shorter[s])
            {
                if (_term[s] is not (>= 0 and var id)) continue;
                found[id >> 6] |= 1UL << id;
                if (_placed[id] && hits.Count < MostHits) hits.Add(new Hit(id, at, sentence));
            }
        }

        return hits;
    }

    // Breadth first: the fallback of a state is known before those of the states behind it. Afterwards every transition is in the table,
    // and _shorter leads to the next shorter term that ends here.
    private void Link(int states)
    {
        var fallback = new ushort[states];
        Queue<int> waiting = new();
        for (var symbol = 0; symbol < FoldedText.Symbols; symbol++)
            if (_next[symbol] != 0) waiting.Enqueue(_next[symbol]);
        while (waiting.TryDequeue(out var state))
        {
            var back = fallback[state];
            _shorter[state] = _term[back] >= 0 ? back : _shorter[back];
            for (var symbol = 0; symbol < FoldedText.Symbols; symbol++)
            {
                ref var to = ref _next[(state * FoldedText.Symbols) + symbol];
                var other = _next[(back * FoldedText.Symbols) + symbol];
                if (to == 0) to = other;
                else
                {
                    fallback[to] = other;
                    waiting.Enqueue(to);
                }
            }
        }
    }
}
