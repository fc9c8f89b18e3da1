using System.Buffers;

namespace Serverless.Needs;

/// <summary>
/// Text as rules compare it: small letters, umlauts as two letters (ä = ae), accents dropped, one space between words, each sentence ended
/// by a mark. One byte a
/// character, at most twice as many as the text has characters.
/// </summary>
internal sealed class FoldedText : IDisposable
{
    /// <summary>How many different symbols there are.</summary>
    public const int Symbols = 40;

    public const byte Space = 0;
    public const byte End = 1;
    public const byte Question = 2;
    private const byte FirstLetter = 3;
    private const byte FirstDigit = 29;
    private const byte OtherLetter = 39;

    // Letters with accents that German and English texts hold in names: what they are without.
    private const string Accented =
        "àáâãåāăąèéêëēėęěìíîïīįıİòóôõøōőùúûūůűýÿçćčďđğģľłñńňŕřśşšșţťțźżžÀÁÂÃÅĀĂĄÈÉÊËĒĖĘĚÌÍÎÏĪĮÒÓÔÕØŌŐÙÚÛŪŮŰÝŸÇĆČĎĐĞĢĽŁÑŃŇŔŘŚŞŠȘŢŤȚŹŻŽ";
    private const string Plain =
        "aaaaaaaaeeeeeeeeiiiiiiiiooooooouuuuuuyycccddggllnnnrrsssstttzzzaaaaaaaaeeeeeeeeiiiiiiooooooouuuuuuyycccddggllnnnrrsssstttzzz";

    private byte[] _symbols;

    private FoldedText(byte[] symbols, int length) => (_symbols, Length) = (symbols, length);

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Span => _symbols.AsSpan(0, Length);

    /// <summary>Folds a text. Give the buffer back by disposing it.</summary>
    public static FoldedText Of(ReadOnlySpan<char> text)
    {
        var buffer = ArrayPool<byte>.Shared.Rent((2 * text.Length) + 4);
        buffer[0] = Space;
        var length = 1;
        for (var i = 0; i < text.Length; i++) length = Add(buffer, length, text, i);
        if (buffer[length - 1] != Space) buffer[length++] = Space;
        return new FoldedText(buffer, length);
    }

    /// <summary>Folds the words of a rule: no mark, no space around. Empty when nothing is left.</summary>
    public static byte[] Word(string text)
    {
        using var folded = Of(text);
        return folded.Span.ToArray().AsSpan().Trim(Space).ToArray();
    }

    /// <summary>The folded words as text, with spaces between and none around; marks left out.</summary>
    public override string ToString() => string.Create(Length, Span, static (chars, symbols) =>
    {
        for (var i = 0; i < chars.Length; i++)
            chars[i] = symbols[i] switch
            {
                >= FirstLetter and < FirstDigit => (char)('a' + symbols[i] - FirstLetter),
                >= FirstDigit and < OtherLetter => (char)('0' + symbols[i] - FirstDigit),
                OtherLetter => '_',
                _ => ' ',
            };
    }).Trim();

    public static bool IsDigit(byte symbol) => symbol is >= FirstDigit and < OtherLetter;

    public void Dispose()
    {
        if (_symbols.Length > 0) ArrayPool<byte>.Shared.Return(_symbols);
        (_symbols, Length) = ([], 0);
    }

    private static int Add(byte[] buffer, int length, ReadOnlySpan<char> text, int at)
    {
        var c = text[at];
        if (c is >= 'a' and <= 'z') buffer[length++] = Letter(c);
        else if (c is >= 'A' and <= 'Z') buffer[length++] = Letter((char)(c | 0x20));
        else if (c is >= '0' and <= '9') buffer[length++] = (byte)(FirstDigit + (c - '0'));
        else if (c is 'ä' or 'Ä' or 'æ' or 'Æ') length = Two(buffer, length, 'a', 'e');
        else if (c is 'ö' or 'Ö' or 'œ' or 'Œ') length = Two(buffer, length, 'o', 'e');
        else if (c is 'ü' or 'Ü') length = Two(buffer, length, 'u', 'e');
        else if (c is 'ß' or 'ẞ') length = Two(buffer, length, 's', 's');
        else if (c == '\u0308') length = Combine(buffer, length);
        // Other combining marks, soft hyphens and marks without width are no part of a word; neither is an apostrophe within one: don't =
        // dont.
        else if (c is (>= '\u0300' and <= '\u036F') or '\u00AD' or (>= '\u200B' and <= '\u200D') or '\uFE0F') return length;
        else if (c is '\'' or '’' or 'ʼ' && buffer[length - 1] >= FirstLetter && at + 1 < text.Length && char.IsLetter(text[at + 1]))
            return length;
        else if (c is '?' or '？') length = Mark(buffer, length, Question);
        else if (c is '!' or '…' || (c == '.' && (at + 1 == text.Length || char.IsWhiteSpace(text[at + 1])))) length =
            Mark(buffer, length, End);
        // An empty line ends a sentence that has no mark; a single line break is mostly a wrapped line.
        else if (c == '\n' && at + 1 < text.Length && text[at + 1] == '\n') length = Mark(buffer, length, End);
        else if (char.IsLetter(c)) buffer[length++] = Accented.IndexOf(c, StringComparison.Ordinal) is >= 0 and var known
            ? Letter(Plain[known]) : OtherLetter;
        else if (buffer[length - 1] != Space) buffer[length++] = Space;
        return length;
    }

    private static byte Letter(char c) => c is >= 'a' and <= 'z' ? (byte)(FirstLetter + (c - 'a')) : OtherLetter;

    private static int Two(byte[] buffer, int length, char first, char second)
    {
        buffer[length++] = Letter(first);
        buffer[length++] = Letter(second);
        return length;
    }

    // A letter and a diaeresis as two characters, as some systems write umlauts.
    private static int Combine(byte[] buffer, int length)
    {
        if (buffer[length - 1] == Letter('a') || buffer[length - 1] == Letter('o') || buffer[length - 1] == Letter('u'))
            buffer[length++] = Letter('e');
        return length;
    }

    private static int Mark(byte[] buffer, int length, byte mark)
    {
        // "???" is one mark: the next one finds the mark and its space already there.
        if (length >= 2 && buffer[length - 2] == mark) return length;
        if (buffer[length - 1] != Space) buffer[length++] = Space;
        buffer[length++] = mark;
        buffer[length++] = Space;
        return length;
    }
}
