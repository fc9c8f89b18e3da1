using System.Runtime.InteropServices;
using System.Text;

namespace Serverless.Channels.Email;

/// <summary>What markup says of a line.</summary>
[Flags]
internal enum LineMark : short
{
    None = 0,

    /// <summary>Within what a mail program marks as quotation.</summary>
    Quoted = 1,

    /// <summary>Within what a mail program marks as the signature.</summary>
    Signature = 2,

    /// <summary>Within a block quotation that no mail program marked as the mail that is answered.</summary>
    Soft = 4,

    /// <summary>Within the writer's own text, although surrounded by quotation.</summary>
    Own = 8,

    /// <summary>The exact line "-- ".</summary>
    Delimiter = 16,

    /// <summary>Below a ruled line.</summary>
    Ruled = 32,

    /// <summary>Within a container of quotation, before its first block quotation.</summary>
    Before = 64,

    /// <summary>Within a container of quotation, behind its first block quotation or its attribution.</summary>
    After = 128,
}

/// <summary>A line of a text, without white space at its end.</summary>
[StructLayout(LayoutKind.Auto)]
internal record struct MailLine(int Start, int Length, LineMark Mark);

/// <summary>A text as lines that point into it: no copy of a line is made before the text is put together again.</summary>
/// <param name="limits">What may be read.</param>
internal sealed class MailLines(TextLimits limits)
{
    private readonly List<MailLine> _lines = [];
    private ReadOnlyMemory<char> _text;

    public int Count => _lines.Count;

    public LineMark Mark(int at) => _lines[at].Mark;

    public void Set(int at, LineMark mark) => CollectionsMarshal.AsSpan(_lines)[at].Mark = mark;

    public ReadOnlySpan<char> this[int at] => _text.Span.Slice(_lines[at].Start, _lines[at].Length);

    public bool IsEmpty(int at) => _lines[at].Length == 0;

    public TextLimits Limits => limits;

    /// <summary>The lines of a plain text.</summary>
    public static MailLines Of(string text, TextLimits limits)
    {
        limits.Characters(text.Length);
        var plain = Characters.Repair(text);
        var lines = new MailLines(limits) { _text = plain.AsMemory() };
        var start = 0;
        while (start <= plain.Length)
        {
            var rest = plain.AsSpan(start);
            var end = rest.IndexOfAny('\r', '\n');
            var raw = end < 0 ? rest : rest[..end];
            lines.Add(start, raw.TrimEnd().Length, raw is "-- " ? LineMark.Delimiter : LineMark.None);
            if (end < 0) break;
            start += end + (rest[end] == '\r' && end + 1 < rest.Length && rest[end + 1] == '\n' ? 2 : 1);
        }

        return lines;
    }

    public void Add(int start, int length, LineMark mark)
    {
        limits.Line(_lines.Count);
        _lines.Add(new MailLine(start, length, mark));
    }

    /// <summary>Sets the characters that the lines point into.</summary>
    public void Over(ReadOnlyMemory<char> text) => _text = text;

    /// <summary>Takes away lines at the end.</summary>
    public void Shorten(int count) => _lines.RemoveRange(count, _lines.Count - count);

    /// <summary>The lines of one part: at most one empty line in a row, none around.</summary>
    public string Join(ReadOnlySpan<LinePart> parts, LinePart part)
    {
        var text = new StringBuilder();
        var empty = false;
        for (var i = 0; i < _lines.Count; i++)
        {
            if (parts[i] != part) continue;
            if (_lines[i].Length == 0)
            {
                empty = true;
                continue;
            }

            if (text.Length > 0) text.Append(empty ? "\n\n" : "\n");
            empty = false;
            text.Append(this[i]);
        }

        return text.ToString();
    }
}

/// <summary>Whose a line is.</summary>
internal enum LinePart : byte
{
    Own,
    Quoted,
    Signature,
}
