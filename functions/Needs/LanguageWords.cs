using System.Text.Json;
using System.Text.Json.Serialization;
using Serverless.Platform.Json;

namespace Serverless.Needs;

/// <summary>
/// Tells German from English by the words that hold sentences together. A library of languages costs 119 MB for two and calls Turkish
/// English; a text that is neither
/// stays <c>unknown</c>.
/// </summary>
internal static class LanguageWords
{
    public const string German = "de";
    public const string English = "en";
    public const string Unknown = "unknown";

    // A short text of one known word is of that language.
    private const int Short = 4;

    private static readonly Lazy<Dictionary<string, int>> Words = new(Load);

    /// <summary>The language of a folded text; null when the words do not tell.</summary>
    public static string? Of(FoldedText text)
    {
        Span<int> hits = stackalloc int[3];
        hits.Clear();
        var words = 0;
        var lookup = Words.Value.GetAlternateLookup<ReadOnlySpan<char>>();
        Span<char> word = stackalloc char[24];
        var rest = text.Span;
        while (rest.Length > 0)
        {
            var end = rest.IndexOf(FoldedText.Space);
            var next = end < 0 ? rest : rest[..end];
            rest = end < 0 ? [] : rest[(end + 1)..];
            if (next.Length == 0 || next[0] is FoldedText.End or FoldedText.Question) continue;
            // A number is no word.
            if (!FoldedText.IsDigit(next[0])) words++;
            if (next.Length > word.Length) continue;
            for (var i = 0; i < next.Length; i++) word[i] = (char)('0' + next[i]);
            if (lookup.TryGetValue(word[..next.Length], out var language)) hits[language]++;
        }

        var (de, en, other) = (hits[0], hits[1], hits[2]);
        if (other > 0 && other >= Math.Max(de, en)) return null;
        if (de >= 2 && de >= 2 * en) return German;
        if (en >= 2 && en >= 2 * de) return English;
        if (words > Short || de + en != 1) return null;
        return de == 1 ? German : English;
    }

    // Keys are symbols of the folded text, each as one character.
    private static Dictionary<string, int> Load()
    {
        var lists = JsonSerializer.Deserialize(RuleSet.Resource("words"), NeedsJson.Default.LanguageLists)
            ?? throw new InvalidOperationException("The lists of words are empty.");
        Dictionary<string, int> words = new(StringComparer.Ordinal);
        foreach (var (list, language) in new[] { (lists.De, 0), (lists.En, 1), (lists.Other, 2) })
            foreach (var word in list) words[string.Concat(FoldedText.Word(word).Select(s => (char)('0' + s)))] = language;
        return words;
    }
}

/// <summary>Function words by language; <c>other</c> holds those of neighbouring languages, which must not be taken for either.</summary>
internal sealed record LanguageLists(string[] De, string[] En, string[] Other);

/// <summary>Words of a text that is nothing but thanks or a confirmation.</summary>
/// <param name="Core">One of them is there.</param>
/// <param name="Filler">Any number of these beside it.</param>
/// <param name="Greeting">Begins a line that counts as a greeting.</param>
/// <param name="SignOff">Begins the end of a mail: what stands behind is a name.</param>
internal sealed record ClosingLists(string[] Core, string[] Filler, string[] Greeting, string[] SignOff);

/// <summary>The files of this folder, rules apart.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(LanguageLists))]
[JsonSerializable(typeof(ClosingLists))]
internal sealed partial class NeedsJson : JsonSerializerContext
{
    static NeedsJson() => Default = new(PlainJson.Of(Default));
}
