using System.Runtime.InteropServices;

namespace Serverless.Channels.Email;

/// <summary>How much an attribution line says.</summary>
internal enum AttributionKind
{
    /// <summary>Only a name: counts before lines that are marked.</summary>
    Name,

    /// <summary>A date too.</summary>
    Dated,

    /// <summary>Date, time and address: no person writes that by hand.</summary>
    Whole,
}

/// <summary>The line a mail program writes above what it quotes, at times broken into up to four: "On 20 Nov 2026 at 09:12, Service
/// &lt;service@example.com&gt; wrote:".</summary>
/// <param name="From">Its first line.</param>
/// <param name="Kind">How much it says.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Attribution(int From, AttributionKind Kind)
{
    private const int MaxLines = 4;
    private const int MaxLength = 500;

    // German, English, French, Spanish, Italian, Dutch, Danish and Swedish, Polish, Portuguese; compared in lower case.
    private static readonly string[] Verbs =
        ["schrieb", "geschrieben", "wrote", "a écrit", "escribió", "ha escrito", "ha scritto", "schreef", "geschreven", "skrev", "napisał",
            "napisała", "napisał(a)", "pisze", "escreveu"];

    private static readonly string[] Begins = ["am ", "den ", "on ", "le ", "el ", "il ", "in data ", "op ", "på ", "w dniu ", "dnia ",
        "w ", "em "];

    /// <summary>The attribution that ends with a line; null for none.</summary>
    public static Attribution? EndingAt(MailLines lines, int end)
    {
        if (lines[end] is not [.., ':'] last || last.Length > MaxLength) return null;
        Attribution? named = null;
        Span<char> joined = stackalloc char[MaxLength + MaxLines];
        for (var from = end; from > end - MaxLines && from >= 0; from--)
        {
            if (lines.IsEmpty(from) || (lines.Mark(from) & (LineMark.Quoted | LineMark.Signature)) != LineMark.None
                || lines[from].TrimStart() is ['>', ..]) return named;
            if (Join(lines, from, end, joined) is not { } length) return named;
            if (KindOf(joined[..length]) is not { } kind) continue;
            if (kind != AttributionKind.Name) return new Attribution(from, kind);
            named ??= new Attribution(from, kind);
            // The address of a wrapped line: it starts on the line above.
            if (!lines[end].Contains('>') && !lines[end].Contains('@')) return named;
        }

        return named;
    }

    private static int? Join(MailLines lines, int from, int end, Span<char> into)
    {
        var length = 0;
        for (var i = from; i <= end; i++)
        {
            var line = lines[i].Trim();
            if (length + line.Length + 1 > into.Length) return null;
            // An address wrapped after its < continues without a space.
            if (length > 0 && into[length - 1] != '<') into[length++] = ' ';
            length += line.ToLowerInvariant(into[length..]);
        }

        return length;
    }

    private static AttributionKind? KindOf(ReadOnlySpan<char> text)
    {
        text = text[..^1].TrimEnd();
        foreach (var verb in Verbs)
        {
            var at = text.LastIndexOf(verb);
            if (at < 0 || IsLetter(text, at - 1) || IsLetter(text, at + verb.Length)) continue;
            if (OfVerb(text, at, verb) is { } kind) return kind;
        }

        return null;
    }

    private static AttributionKind? OfVerb(ReadOnlySpan<char> text, int at, string verb)
    {
        var before = text[..at].Trim();
        var after = text[(at + verb.Length)..].Trim();
        var begins = StartsWithAny(before);
        var dated = Digits(text) >= 3;
        if (dated && HeaderBlock.IsTime(text) && text.Contains('@') && (begins || Digits(before) >= 5 || StartsWithAny(after)))
            return AttributionKind.Whole;
        // "On <date> <name> wrote", "On <date> schrieb <name>", "<name> schrieb am <date>", "<name> hat am <date> geschrieben".
        if (dated && ((begins && Digits(before) >= 3) || (StartsWithAny(after) && Digits(after) >= 3)
            || (verb == "geschrieben" && before.Contains(" hat am ", StringComparison.Ordinal)))) return AttributionKind.Dated;
        // "<name> wrote": at most a few words, nothing behind it.
        return after.IsEmpty && before.Length is > 0 and <= 80 && Count(before, ' ') < 6 ? AttributionKind.Name : null;
    }

    private static bool StartsWithAny(ReadOnlySpan<char> text)
    {
        foreach (var begin in Begins)
        {
            if (text.StartsWith(begin)) return true;
        }

        return false;
    }

    private static int Digits(ReadOnlySpan<char> text)
    {
        var digits = 0;
        foreach (var c in text)
        {
            if (char.IsAsciiDigit(c)) digits++;
        }

        return digits;
    }

    private static int Count(ReadOnlySpan<char> text, char one) => System.MemoryExtensions.Count(text, one);

    private static bool IsLetter(ReadOnlySpan<char> text, int at) => at >= 0 && at < text.Length && char.IsLetter(text[at]);
}
