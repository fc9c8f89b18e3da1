using System.Buffers;
using System.Net;

namespace Serverless.Channels.Email;

/// <summary>Characters as their writer meant them: references of HTML, and remnants of windows-1252.</summary>
internal static class Characters
{
    // C1 controls are no text; in mails they are characters of windows-1252 mislabelled as Latin-1. Five of them are undefined.
    // https://html.spec.whatwg.org/multipage/parsing.html#numeric-character-reference-end-state
    private const string Windows1252 = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ";

    private const int LongestReference = 34;

    private static readonly SearchValues<char> Remnants =
        SearchValues.Create([.. Enumerable.Range(0x80, 32).Select(c => (char)c), '\0', '\ufeff']);

    /// <summary>The text with remnants replaced; the same object where there are none.</summary>
    public static string Repair(string text) =>
        text.AsSpan().IndexOfAny(Remnants) < 0 ? text : string.Create(text.Length, text, static (into, from) =>
    {
        for (var i = 0; i < into.Length; i++) into[i] = Repair(from[i]);
    });

    /// <summary>One character, replaced where it is a remnant.</summary>
    public static char Repair(char c) => c switch
    {
        >= '\u0080' and <= '\u009f' => Windows1252[c - 0x80],
        '\0' => '\ufffd',
        '\ufeff' => ' ',
        _ => c,
    };

    /// <summary>Reads the reference that a text begins with.</summary>
    /// <param name="text">Begins with &amp;.</param>
    /// <param name="into">At least two characters.</param>
    /// <returns>How many characters were read (0: it is no reference) and how many written.</returns>
    public static (int Read, int Written) Reference(ReadOnlySpan<char> text, Span<char> into)
    {
        var end = 1;
        if (end < text.Length && text[end] == '#') end++;
        while (end < text.Length && end < LongestReference && char.IsAsciiLetterOrDigit(text[end])) end++;
        if (end < 2) return (0, 0);
        var closed = end < text.Length && text[end] == ';';
        // Names without a semicolon are for the oldest ones only; "?a=1&copy=2" is an address.
        if (!closed && (text[1] != '#' && end < text.Length && text[end] == '=')) return (0, 0);
        var reference = closed ? text[..(end + 1)].ToString() : $"{text[..end]};";
        var meant = WebUtility.HtmlDecode(reference);
        if (meant.Length > 2 || meant == reference) return (0, 0);
        for (var i = 0; i < meant.Length; i++) into[i] = Repair(meant[i]);
        return (closed ? end + 1 : end, meant.Length);
    }
}
