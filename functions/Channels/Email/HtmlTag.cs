namespace Serverless.Channels.Email;

/// <summary>One tag of HTML, read in place.</summary>
internal readonly ref struct HtmlTag
{
    private readonly ReadOnlySpan<char> _class;

    /// <summary>Reads the tag that begins at a &lt;.</summary>
    /// <param name="html">The document.</param>
    /// <param name="at">Where it begins.</param>
    /// <param name="withoutQuotes">Quotes are no quotes: one of them had no end.</param>
    public HtmlTag(string html, int at, bool withoutQuotes)
    {
        IsClosing = html[at + 1] == '/';
        var i = at + (IsClosing ? 2 : 1);
        var start = i;
        while (i < html.Length && html[i] != '>' && html[i] != '/' && !IsSpace(html[i])) i++;
        Name = html.AsSpan(start, i - start);
        while (i < html.Length && html[i] != '>')
        {
            if (IsSpace(html[i]) || html[i] == '/')
            {
                IsEmpty = html[i] == '/' && i + 1 < html.Length && html[i + 1] == '>';
                i++;
                continue;
            }

            var name = i;
            do i++;
            while (i < html.Length && html[i] is not ('>' or '/' or '=') && !IsSpace(html[i]));
            var attribute = html.AsSpan(name, i - name);
            var equals = i;
            while (equals < html.Length && IsSpace(html[equals])) equals++;
            if (equals >= html.Length || html[equals] != '=') continue;
            i = equals + 1;
            while (i < html.Length && IsSpace(html[i])) i++;
            if (i >= html.Length) break;
            ReadOnlySpan<char> value;
            if (html[i] is '"' or '\'' && !withoutQuotes)
            {
                var close = html.IndexOf(html[i], i + 1);
                if (close < 0)
                {
                    End = -1;
                    return;
                }

                value = html.AsSpan(i + 1, close - i - 1);
                i = close + 1;
            }
            else
            {
                var from = i;
                while (i < html.Length && html[i] != '>' && !IsSpace(html[i])) i++;
                value = html.AsSpan(from, i - from).Trim("\"'");
            }

            if (attribute.Equals("class", StringComparison.OrdinalIgnoreCase)) _class = value;
            else if (attribute.Equals("id", StringComparison.OrdinalIgnoreCase)) Id = value;
            else if (attribute.Equals("style", StringComparison.OrdinalIgnoreCase)) Style = value;
            else if (attribute.Equals("type", StringComparison.OrdinalIgnoreCase)) Type = value;
            else if (attribute.Equals("name", StringComparison.OrdinalIgnoreCase)) Label = value;
        }

        End = i < html.Length ? i + 1 : -1;
    }

    public bool IsClosing { get; }

    /// <summary>Whether it ends in itself: <c>&lt;br/&gt;</c>.</summary>
    public bool IsEmpty { get; }

    public ReadOnlySpan<char> Name { get; }

    public ReadOnlySpan<char> Id { get; }

    public ReadOnlySpan<char> Style { get; }

    public ReadOnlySpan<char> Type { get; }

    /// <summary>Its attribute <c>name</c>.</summary>
    public ReadOnlySpan<char> Label { get; }

    /// <summary>Position after the tag; -1 when the tag has no end.</summary>
    public int End { get; }

    public bool Is(ReadOnlySpan<char> name) => Name.Equals(name, StringComparison.OrdinalIgnoreCase);

    public bool IsAny(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (Is(name)) return true;
        }

        return false;
    }

    /// <summary>Whether one of its classes is this one.</summary>
    public bool HasClass(ReadOnlySpan<char> name)
    {
        foreach (var part in _class.SplitAny(' ', '\t', '\n'))
        {
            if (_class[part].Equals(name, StringComparison.Ordinal)) return true;
        }

        return false;
    }

    /// <summary>Whether one of its classes ends so.</summary>
    public bool HasClassEndingIn(string end)
    {
        foreach (var part in _class.SplitAny(' ', '\t', '\n'))
        {
            if (_class[part].EndsWith(end, StringComparison.Ordinal)) return true;
        }

        return false;
    }

    private static bool IsSpace(char c) => c is ' ' or '\t' or '\n' or '\r' or '\f';
}
