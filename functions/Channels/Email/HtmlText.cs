namespace Serverless.Channels.Email;

/// <summary>
/// Turns the HTML of a mail into lines as a reader sees them, each with what the markup says of it. A scanner over the characters, without
/// a tree: linear, and its memory is that of the visible text. (HtmlAgilityPack took
/// 270 bytes for each character of a hostile mail; the tokens of AngleSharp take 13 to 66, see functions/README.md, "HTML without a tree".)
/// Follows the tokens of
/// https://html.spec.whatwg.org/multipage/parsing.html as far as text needs them.
/// </summary>
internal sealed class HtmlText
{
    private readonly string _html;
    private readonly MailLines _lines;
    private readonly HtmlMarks _marks;
    private readonly HashSet<string> _withoutEnd = new(StringComparer.OrdinalIgnoreCase);
    private char[] _text = new char[1024];
    private int _length;
    private int _lineStart;
    private LineMark _lineMark;
    private bool _emptyNext;
    private bool _brokenQuotes;

    private HtmlText(string html, TextLimits limits)
    {
        _html = html;
        _lines = new MailLines(limits);
        _marks = new HtmlMarks(_lines);
    }

    /// <summary>The lines of a mail.</summary>
    public static MailLines Read(string html, TextLimits limits)
    {
        var text = new HtmlText(html, limits);
        text.Scan();
        text.EndLine();
        text._lines.Over(text._text.AsMemory(0, text._length));
        text._marks.End();
        return text._lines;
    }

    private void Scan()
    {
        for (var at = 0; at < _html.Length;)
        {
            var tag = _html.AsSpan(at).IndexOf('<');
            var end = tag < 0 ? _html.Length : at + tag;
            Text(_html.AsSpan(at, end - at));
            if (tag < 0) return;
            at = Markup(end);
        }
    }

    /// <summary>Handles the markup after a &lt;; returns the position after it.</summary>
    private int Markup(int at)
    {
        _lines.Limits.Step();
        var next = at + 1 < _html.Length ? _html[at + 1] : ' ';
        if (char.IsAsciiLetter(next) || (next == '/' && at + 2 < _html.Length && char.IsAsciiLetter(_html[at + 2]))) return Tag(at);
        var third = at + 2 < _html.Length ? _html[at + 2] : ' ';
        if ((next is '!' && (third is '-' or '[' || char.IsAsciiLetter(third))) || (next is '?' && char.IsAsciiLetter(third)))
            return Comment(at);
        Text("<");
        return at + 1;
    }

    private int Comment(int at)
    {
        var comment = string.CompareOrdinal(_html, at, "<!--", 0, 4) == 0;
        // "<!-->" is one, too.
        var end = comment ? _html.IndexOf("-->", Math.Min(at + 2, _html.Length), StringComparison.Ordinal) : _html.IndexOf('>', at);
        return end < 0 ? _html.Length : end + (comment ? 3 : 1);
    }

    private int Tag(int at)
    {
        var tag = new HtmlTag(_html, at, _brokenQuotes);
        if (tag.End < 0)
        {
            // A quote that never ends, or a sign that was meant as text: what follows is read without regard to quotes, so that nothing is
            // lost and nothing is read twice.
            if (_brokenQuotes || _html.IndexOf('>', at) < 0)
            {
                Text(_html.AsSpan(at));
                return _html.Length;
            }

            _brokenQuotes = true;
            tag = new HtmlTag(_html, at, true);
        }

        if (tag.IsClosing) Close(tag);
        else if (tag.IsAny("script", "style", "title", "template", "noscript")) return Skip(tag);
        else Open(tag);
        return tag.End;
    }

    // Nothing of it is shown. A style names the class of what Word's user typed.
    private int Skip(HtmlTag tag)
    {
        if (tag.IsEmpty || _withoutEnd.Contains(tag.Name.ToString())) return tag.End;
        var end = _html.IndexOf($"</{tag.Name}", tag.End, StringComparison.OrdinalIgnoreCase);
        if (end < 0)
        {
            // Without an end a browser shows nothing of the rest; of a title or template only the tag is dropped here.
            _withoutEnd.Add(tag.Name.ToString());
            return tag.IsAny("script", "style") ? _html.Length : tag.End;
        }

        if (tag.Is("style")) _marks.Style(_html.AsSpan(tag.End, end - tag.End));
        var close = _html.IndexOf('>', end);
        return close < 0 ? _html.Length : close + 1;
    }

    private void Open(HtmlTag tag)
    {
        if (tag.Is("br"))
        {
            NewLine();
            return;
        }

        if (IsBlock(tag)) EndLine();
        if (tag.Is("hr")) _marks.Ruled = true;
        _marks.Open(tag);
        if (tag.IsAny("td", "th")) Space();
        if (tag.Is("li")) Text("- ");
    }

    private void Close(HtmlTag tag)
    {
        if (IsBlock(tag)) EndLine();
        if (tag.Is("p") && _lines.Count > 0 && !_lines.IsEmpty(_lines.Count - 1)) _emptyNext = true;
        _lines.Over(_text.AsMemory(0, _length));
        _marks.Close(tag);
    }

    private void Text(ReadOnlySpan<char> text)
    {
        Span<char> meant = stackalloc char[2];
        while (!text.IsEmpty)
        {
            var (read, written) = text[0] == '&' ? Characters.Reference(text, meant) : (0, 0);
            if (read == 0) (read, written, meant[0]) = (1, 1, Characters.Repair(text[0]));
            for (var i = 0; i < written; i++) Add(meant[i]);
            text = text[read..];
        }
    }

    private void Add(char c)
    {
        if (c is '\r') return;
        if (c is '\n' && _marks.IsPreformatted)
        {
            NewLine();
            return;
        }

        // A space that does not break is one for a reader; other white space counts once.
        if (c is ' ' or '\t' or '\n' or '\f' or '\u00a0') Space();
        else Put(c);
    }

    private void Space()
    {
        if (_length > _lineStart && (_text[_length - 1] != ' ' || _marks.IsPreformatted)) Put(' ');
        else if (_length == _lineStart && _marks.IsPreformatted) Put(' ');
    }

    private void Put(char c)
    {
        if (_length == _lineStart)
        {
            if (c != ' ' && _emptyNext && _lines.Count > 0) _lines.Add(_length, 0, _lines.Mark(_lines.Count - 1) & ~LineMark.Ruled);
            if (c != ' ') _emptyNext = false;
            _lineMark = _marks.Now(c != ' ');
        }
        else if (c != ' ' && _marks.Now(true) is var now && (now & ~LineMark.Ruled) != (_lineMark & ~LineMark.Ruled))
        {
            // The customer's words within a line of the quotation.
            EndLine();
            _lineMark = _marks.Now(true);
        }

        if (_length == _text.Length) Array.Resize(ref _text, checked(_length * 2));
        _text[_length++] = c;
        _lines.Limits.Characters(_length);
    }

    /// <summary>Ends the line if it has content.</summary>
    private void EndLine()
    {
        if (_length > _lineStart) NewLine();
    }

    private void NewLine()
    {
        var length = _text.AsSpan(_lineStart, _length - _lineStart).TrimEnd().Length;
        _lines.Add(_lineStart, length, length > 0 ? _lineMark : _marks.Now(false));
        _lineStart = _length;
    }

    private static bool IsBlock(in HtmlTag tag) => tag.IsAny("p", "div", "tr", "li", "ul", "ol", "table")
        || tag.IsAny("blockquote", "hr", "pre", "body", "section", "article", "center")
        || (tag.Name is [('h' or 'H'), >= '1' and <= '6']) || tag.IsAny("dl", "dt", "dd", "form", "header", "footer");
}
