using System.Globalization;
using System.Text.Json;

namespace Serverless.Needs;

/// <summary>
/// Whether a text is nothing but thanks or a confirmation: every word of it is one of closing.json, one of the core words is there, and
/// nothing is asked. A single other
/// word ("aber", "nicht") makes it a message like any other.
/// </summary>
internal static class ClosingWords
{
    private const int MostCharacters = 400;
    private const int MostWords = 25;

    // A thumb, hands, a heart, a smile, a bow: signs of agreement. Others (a thumb down, tears) say something.
    private static readonly HashSet<string> Signs = new(StringComparer.Ordinal)
    {
        "👍", "👌", "🙏", "🙌", "👏", "😊", "🙂", "😀", "😃", "😄", "😁", "☺", "😉", "😍", "🥰", "🤝", "💪", "❤", "💚", "💙", "🧡", "💛",
        "💜", "🎉", "✅", "✔",
            "🌸", "💐", "😘", "🤗", "🫶", "✌", "🆗",
    };

    private static readonly Lazy<(HashSet<string> Core, HashSet<string> Filler, string[] Greeting, string[] SignOff)> Lists = new(Load);

    public static bool Are(string? text)
    {
        if (string.IsNullOrWhiteSpace(text) || text.Length > MostCharacters || text.Contains('?', StringComparison.Ordinal)) return false;
        var (core, filler, greeting, signOff) = Lists.Value;
        var (words, isCore, first) = (0, false, true);
        foreach (var line in text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var folded = Fold(line);
            if (words > 0 && Begins(folded, signOff)) break;
            // "Hallo Frau Schmidt," alone in its line: a name is no word of ours.
            if (first && Begins(folded, greeting) && line.EndsWith(',')) continue;
            first = false;
            foreach (var word in folded.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                if (++words > MostWords) return false;
                if (core.Contains(word)) isCore = true;
                else if (!filler.Contains(word)) return false;
            }

            if (!AreSigns(line, ref isCore)) return false;
        }

        return isCore;
    }

    // What is no letter: marks and spaces say nothing, a sign must be one of the list.
    private static bool AreSigns(string line, ref bool isCore)
    {
        var elements = StringInfo.GetTextElementEnumerator(line);
        while (elements.MoveNext())
        {
            var element = elements.GetTextElement();
            if (char.IsLetterOrDigit(element, 0) || char.IsWhiteSpace(element, 0) || char.IsPunctuation(element, 0)) continue;
            // A hue and the form of a sign change nothing about it.
            var sign = string.Concat(element.EnumerateRunes().Where(r => r.Value is not (0xFE0F or (>= 0x1F3FB and <= 0x1F3FF))));
            if (element is "<" or "+" or "=" or "^" or "`" or "~") continue;
            if (!Signs.Contains(sign)) return false;
            isCore = true;
        }

        return true;
    }

    private static bool Begins(string folded, string[] starts) =>
        Array.Exists(starts, s => folded == s || folded.StartsWith(s + " ", StringComparison.Ordinal));

    private static string Fold(string line)
    {
        using var folded = FoldedText.Of(line);
        return folded.ToString();
    }

    private static (HashSet<string> Core, HashSet<string> Filler, string[] Greeting, string[] SignOff) Load()
    {
        var lists = JsonSerializer.Deserialize(RuleSet.Resource("closing"), NeedsJson.Default.ClosingLists)
            ?? throw new InvalidOperationException("The closing words are missing.");
        static string[] Folded(string[] words) => [.. words.Select(Fold)];
        return (new(Folded(lists.Core), StringComparer.Ordinal), new(Folded(lists.Filler), StringComparer.Ordinal), Folded(lists.Greeting),
            Folded(lists.SignOff));
    }
}
