using System.Text.Json;
using Serverless.Platform.Storage;

namespace Serverless.Intake;

/// <summary>
/// Outcomes of the items of a delivery: each outcome is counted, and all are listed in order as long as the list fits into a row (30,000
/// characters). Not thread-safe.
/// </summary>
public sealed class ItemOutcomes
{
    /// <summary>First part of the word of an element that got neither a case nor a placeholder; the reason follows.</summary>
    public const string KeptPrefix = "kept:";

    private const string CountsProperty = "EndCounts";
    private const string ListProperty = "Ends";
    private const int Longest = 30_000;

    private readonly Dictionary<string, int> _counts = new(StringComparer.Ordinal);
    private List<string>? _list = [];
    private int _length;

    /// <summary>Number of items by outcome.</summary>
    public IReadOnlyDictionary<string, int> Counts => _counts;

    /// <summary>Number of items.</summary>
    public int Total { get; private set; }

    /// <summary>
    /// Why elements have neither case nor placeholder: the most frequent of these words, without <see cref="KeptPrefix"/>; null when there
    /// is none.
    /// </summary>
    public string? WithoutCase => _counts.Where(c => c.Key.StartsWith(KeptPrefix, StringComparison.Ordinal))
        .OrderByDescending(c => c.Value).ThenBy(c => c.Key, StringComparer.Ordinal)
        .Select(c => c.Key[KeptPrefix.Length..]).FirstOrDefault();

    /// <summary>Ends of a list.</summary>
    public static ItemOutcomes Of(IEnumerable<string> words)
    {
        var ends = new ItemOutcomes();
        foreach (var word in words) ends.Add(word);
        return ends;
    }

    /// <summary>Reads the result of <see cref="Write"/> from a row; empty when there is none.</summary>
    public static ItemOutcomes Read(TableRow row)
    {
        if (row.Text(ListProperty) is { Length: > 0 } list) return Of(list.Split('\n'));
        var ends = new ItemOutcomes();
        if (row.Text(CountsProperty) is not { } counts) return ends;
        var stored = JsonSerializer.Deserialize(counts, IntakeJson.Default.DictionaryStringInt32) ?? [];
        foreach (var (word, count) in stored) ends._counts[word] = count;
        (ends.Total, ends._list) = (ends._counts.Values.Sum(), null);
        return ends;
    }

    /// <summary>The word of the next element.</summary>
    public void Add(string word)
    {
        Total++;
        _counts[word] = _counts.GetValueOrDefault(word) + 1;
        _list?.Add(word);
        Grow(word.Length + 1);
    }

    /// <summary>Another word for an element that has one already.</summary>
    /// <param name="index">Which element, from 0.</param>
    /// <param name="was">The word it had.</param>
    /// <param name="word">The word it has now.</param>
    public void Replace(int index, string was, string word)
    {
        if (_counts.GetValueOrDefault(was) <= 1) _counts.Remove(was);
        else _counts[was]--;
        _counts[word] = _counts.GetValueOrDefault(word) + 1;
        if (_list is not null) _list[index] = word;
        Grow(word.Length - was.Length);
    }

    /// <summary>Writes counts and list into a row.</summary>
    public void Write(TableRow row)
    {
        row[CountsProperty] = JsonSerializer.Serialize(_counts, IntakeJson.Default.DictionaryStringInt32);
        // Empty, not null: a merge leaves a property alone that is not there, and an earlier list would stay.
        row[ListProperty] = _list is null ? "" : string.Join('\n', _list);
    }

    // The last line has no end of line.
    private void Grow(int by)
    {
        _length += by;
        if (_length - 1 > Longest) _list = null;
    }
}
