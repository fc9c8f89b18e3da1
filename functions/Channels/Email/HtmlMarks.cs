using System.Buffers;

namespace Serverless.Channels.Email;

/// <summary>
/// Recognises the HTML in which mail programs wrap quotations, signatures and the writer's text. Of nested ones of a kind only the
/// outermost counts, so a tag costs the same at any depth.
/// </summary>
/// <param name="lines">The lines of the mail; those of a container are judged when it ends.</param>
internal sealed class HtmlMarks(MailLines lines)
{
    private static readonly SearchValues<char> EndOfName = SearchValues.Create(" \t\r\n{,;");

    private const int LongestStyle = 200_000;

    private Tracker _cite, _soft, _container, _intro, _signature, _own, _pre;
    private bool _isWhole, _cited, _introduced, _rest, _restBegins;
    private int _containerFrom;
    private string? _typed;

    /// <summary>Set by a ruled line; the next line takes it.</summary>
    public bool Ruled { get; set; }

    public bool IsPreformatted => _pre.IsOpen;

    /// <summary>The mark of a line that begins here.</summary>
    /// <param name="filled">Whether it has content.</param>
    public LineMark Now(bool filled)
    {
        var mark = LineMark.None;
        // Behind Outlook's header: the quotation is the block quotation that follows, or else all of the rest.
        if (filled && _restBegins && !_intro.IsOpen)
        {
            _restBegins = false;
            if (_soft.IsOpen) _cite = _soft;
            else if (!_cite.IsOpen) _rest = true;
        }

        if (_intro.IsOpen || _cite.IsOpen || _rest) mark |= LineMark.Quoted;
        else if (_soft.IsOpen && !_container.IsOpen) mark |= LineMark.Soft;
        if (_container.IsOpen && mark == LineMark.None) mark |= _cited || _introduced ? LineMark.After : LineMark.Before;
        if (_own.IsOpen && _rest && !_cite.IsOpen && !_intro.IsOpen) mark |= LineMark.Own;
        if (_signature.IsOpen && (mark & LineMark.Quoted) == LineMark.None) mark |= LineMark.Signature;
        if (!filled || !Ruled) return mark;
        Ruled = false;
        return mark | LineMark.Ruled;
    }

    public void Open(in HtmlTag tag)
    {
        Count(tag, 1);
        if (tag.IsEmpty && !tag.Is("blockquote") && !tag.Is("div")) return;
        if (tag.Is("blockquote")) Quotation(tag);
        else if (tag.Is("pre") || tag.Is("textarea") || KeepsLines(tag.Style)) _pre.Begin(tag);

        // What Gmail, Proton Mail and Zoho wrap quotations in, answers between them too; what Yahoo, GMX, WEB.DE and Outlook on a phone
        // wrap them in.
        var mixed = tag.HasClass("gmail_quote") || tag.HasClass("gmail_quote_container") || tag.HasClass("protonmail_quote")
            || tag.HasClass("zmail_extra");
        var whole = tag.HasClassEndingIn("yahoo_quoted") || tag.Label is "quote" || tag.Id is "mail-editor-reference-message-container"
            || tag.HasClass("ms-outlook-mobile-reference-message");
        if ((mixed || whole) && !_container.IsOpen && !tag.Is("blockquote")) BeginContainer(tag, whole);

        if (tag.HasClass("gmail_attr") || tag.HasClass("moz-cite-prefix")) Introduce(tag);
        if (tag.Id is "divRplyFwdMsg" || tag.HasClass("OutlookMessageHeader"))
        {
            Introduce(tag);
            _restBegins = true;
        }

        if (tag.Id is "appendonsend") _restBegins = true;
        if (tag.Id is "Signature" or "ms-outlook-mobile-signature" or "composer_signature" || tag.HasClass("gmail_signature")
            || tag.HasClass("moz-signature")) _signature.Begin(tag);
        // Outlook on the web marks the text being typed; in quotations it prefixes each name with x_. Word names its style.
        if (_rest && (tag.HasClass("elementToProof") || (_typed is not null && tag.HasClass(_typed)))) _own.Begin(tag);
    }

    public void Close(in HtmlTag tag)
    {
        var inContainer = _container.IsOpen;
        Count(tag, -1);
        if (inContainer && !_container.IsOpen) EndContainer();
    }

    /// <summary>At the end of the mail.</summary>
    public void End()
    {
        if (_container.IsOpen) EndContainer();
    }

    /// <summary>Takes the class of what was typed in Word from a style sheet: it has <c>mso-style-type:personal-reply</c>.</summary>
    public void Style(ReadOnlySpan<char> css)
    {
        css = css[..Math.Min(css.Length, LongestStyle)];
        var at = css.IndexOf("personal-reply");
        if (at < 0) return;
        var rule = css[..at];
        var name = rule.LastIndexOf("span.");
        if (name < 0) return;
        rule = rule[(name + 5)..];
        var end = rule.IndexOfAny(EndOfName);
        if (end > 0) _typed = rule[..end].ToString();
    }

    private void Quotation(in HtmlTag tag)
    {
        if (_cite.IsOpen || _soft.IsOpen) return;
        if (tag.Type.Equals("cite", StringComparison.OrdinalIgnoreCase) || tag.HasClass("gmail_quote") || tag.HasClass("protonmail_quote")
            || tag.HasClass("tutanota_quote") || (_container.IsOpen && !_isWhole))
        {
            _cite.Begin(tag);
            _cited |= _container.IsOpen;
        }
        else
        {
            _soft.Begin(tag);
        }
    }

    private void BeginContainer(in HtmlTag tag, bool whole)
    {
        _container.Begin(tag);
        (_isWhole, _cited, _introduced, _containerFrom) = (whole, false, false, lines.Count);
    }

    private void Introduce(in HtmlTag tag)
    {
        _introduced |= _container.IsOpen;
        if (!_intro.IsOpen) _intro.Begin(tag);
    }

    // Gmail's container holds the attribution, the quotation in one block or several, and the text typed between them. A forward has no
    // block.
    private void EndContainer()
    {
        var first = _containerFrom;
        while (first < lines.Count && lines.IsEmpty(first)) first++;
        var whole = _isWhole || !_cited || (first < lines.Count && Dividers.IsForward(lines[first].Trim()));
        for (var i = _containerFrom; i < lines.Count; i++)
        {
            var mark = lines.Mark(i);
            var inside = (mark & (LineMark.Before | LineMark.After)) != LineMark.None;
            if (!inside) continue;
            var quoted = whole || mark.HasFlag(LineMark.Before);
            mark &= ~(LineMark.Before | LineMark.After);
            lines.Set(i, quoted ? mark | LineMark.Quoted : mark);
        }
    }

    private void Count(in HtmlTag tag, int by)
    {
        _cite.Count(tag, by);
        _soft.Count(tag, by);
        _container.Count(tag, by);
        _intro.Count(tag, by);
        _signature.Count(tag, by);
        _own.Count(tag, by);
        _pre.Count(tag, by);
    }

    private static bool KeepsLines(ReadOnlySpan<char> style)
    {
        var at = style.IndexOf("white-space", StringComparison.OrdinalIgnoreCase);
        return at >= 0 && style[(at + 11)..].TrimStart(" \t:").StartsWith("pre", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>An open element, and how many of its name are open within it.</summary>
    private struct Tracker
    {
        private string? _name;
        private int _depth;

        public readonly bool IsOpen => _depth > 0;

        public void Begin(in HtmlTag tag)
        {
            if (IsOpen) return;
            if (_name is null || !tag.Is(_name)) _name = tag.Name.ToString();
            _depth = 1;
        }

        public void Count(in HtmlTag tag, int by)
        {
            if (IsOpen && tag.Is(_name)) _depth += by;
        }
    }
}
