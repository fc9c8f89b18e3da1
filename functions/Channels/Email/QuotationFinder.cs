namespace Serverless.Channels.Email;

/// <summary>
/// Finds the quoted lines of a mail. One pass over the lines, reading a bounded number of neighbours, so it is linear. Only certain cases
/// are quotation: a block that a mail program marked; lines with &gt; behind an attribution line or at the end of all; what follows a
/// divider, a header block or a whole attribution line, unless it is marked itself.
/// </summary>
internal static class QuotationFinder
{
    public static void Find(MailLines lines, LinePart[] parts)
    {
        var anchored = false;
        List<(int From, int To)> loose = [];
        var last = -1; // the last line of the customer's own with something in it
        for (var i = 0; i < lines.Count; i++)
        {
            lines.Limits.Step();
            if (lines.IsEmpty(i))
            {
                if (i > 0) parts[i] = parts[i - 1];
                continue;
            }

            var mark = lines.Mark(i);
            if (mark.HasFlag(LineMark.Signature)) parts[i] = LinePart.Signature;
            else if (mark.HasFlag(LineMark.Quoted) && !mark.HasFlag(LineMark.Own)) parts[i] = LinePart.Quoted;
            else if (IsPrefixed(lines[i]))
            {
                var end = EndOfRun(lines, i);
                if (anchored) Fill(parts, i, end, LinePart.Quoted);
                else if (loose.Count > 0 && Nothing(parts, lines, loose[^1].To, i)) loose[^1] = (loose[^1].From, end);
                else loose.Add((i, end));
                i = end - 1;
            }
            else
            {
                var next = Block(lines, parts, i, last, ref anchored);
                if (next < 0) return;
                if (next == i) last = i;
                else i = next - 1;
            }
        }

        // Without a line that says whose words they are, lines with > are quotation only where nothing follows them; a list of points in
        // the customer's own mail looks the same.
        if (loose is [var only] && !anchored && IsBehindAll(lines, parts, only)) Fill(parts, only.From, only.To, LinePart.Quoted);
    }

    /// <summary>The quotation that a line begins: its end; -1 when the rest is quotation; the line itself when it begins none.</summary>
    private static int Block(MailLines lines, LinePart[] parts, int at, int last, ref bool anchored)
    {
        var line = lines[at].Trim();
        if (Dividers.IsDivider(line))
        {
            var behind = HeaderBlock.Read(lines, Skip(lines, at + 1))?.End ?? at + 1;
            return Rest(lines, parts, at, behind, ref anchored);
        }

        // "You wrote to me:" and then what looks like a header: the customer shows something.
        var shown = last >= 0 && lines[last].EndsWith(':') && !lines.Mark(at).HasFlag(LineMark.Ruled) && !IsLine(lines, at - 1);
        if (HeaderBlock.Read(lines, at) is { } header && header.IsCertain(lines.Mark(at).HasFlag(LineMark.Ruled) || IsLine(lines, at - 1))
            && !shown)
            return Rest(lines, parts, at, header.End, ref anchored);

        if (Attribution.EndingAt(lines, at) is not { } wrote) return at;
        var next = Skip(lines, at + 1);
        if (IsMarked(lines, next) || (IsSoft(lines, next) && wrote.Kind != AttributionKind.Name))
        {
            Fill(parts, wrote.From, at + 1, LinePart.Quoted);
            anchored = true;
            return Soft(lines, parts, next, at + 1);
        }

        if (wrote.Kind != AttributionKind.Whole) return at;
        shown = wrote.From > 0 && Before(lines, wrote.From) is >= 0 and var before && lines[before].EndsWith(':');
        if (shown || Before(lines, wrote.From) < 0) return at;
        Fill(parts, wrote.From, lines.Count, LinePart.Quoted);
        KeepOwn(lines, parts, wrote.From);
        return -1;
    }

    // What follows a divider or a header block is quotation: if it is marked itself, as far as it is, else all of it.
    private static int Rest(MailLines lines, LinePart[] parts, int from, int behind, ref bool anchored)
    {
        var above = Before(lines, from);
        if (above >= 0 && IsLine(lines, above)) from = above;
        anchored = true;
        var next = Skip(lines, behind);
        if (IsMarked(lines, next) || IsSoft(lines, next))
        {
            Fill(parts, from, behind, LinePart.Quoted);
            return Soft(lines, parts, next, behind);
        }

        Fill(parts, from, lines.Count, LinePart.Quoted);
        KeepOwn(lines, parts, from);
        return -1;
    }

    private static int Soft(MailLines lines, LinePart[] parts, int next, int behind)
    {
        if (!IsSoft(lines, next)) return behind;
        var end = next;
        while (end < lines.Count && (lines.IsEmpty(end) || lines.Mark(end).HasFlag(LineMark.Soft))) end++;
        Fill(parts, behind, end, LinePart.Quoted);
        return end;
    }

    private static void KeepOwn(MailLines lines, LinePart[] parts, int from)
    {
        for (var i = from; i < lines.Count; i++)
        {
            if (lines.Mark(i).HasFlag(LineMark.Own)) parts[i] = LinePart.Own;
        }
    }

    private static bool IsBehindAll(MailLines lines, LinePart[] parts, (int From, int To) run)
    {
        var above = Before(lines, run.From);
        // "These points:" belong to the customer; and nothing above means that this is the message.
        if (above >= 0 && lines[above].EndsWith(':')) return false;
        for (var i = run.To; i < lines.Count; i++)
        {
            if (!lines.IsEmpty(i) && parts[i] == LinePart.Own) return SignatureFinder.IsFooter(lines, i);
        }

        return true;
    }

    // Lines with >, and empty ones between them.
    private static int EndOfRun(MailLines lines, int from)
    {
        var end = from + 1;
        for (var i = end; i < lines.Count && (lines.IsEmpty(i) || IsPrefixed(lines[i])); i++)
        {
            if (!lines.IsEmpty(i)) end = i + 1;
        }

        return end;
    }

    private static bool Nothing(LinePart[] parts, MailLines lines, int from, int to)
    {
        for (var i = from; i < to; i++)
        {
            if (!lines.IsEmpty(i) && parts[i] == LinePart.Own) return false;
        }

        return true;
    }

    private static bool IsPrefixed(ReadOnlySpan<char> line) => line.TrimStart() is ['>', ..];

    private static bool IsMarked(MailLines lines, int at) =>
        at < lines.Count && (IsPrefixed(lines[at]) || lines.Mark(at).HasFlag(LineMark.Quoted));

    private static bool IsSoft(MailLines lines, int at) => at < lines.Count && lines.Mark(at).HasFlag(LineMark.Soft);

    // Outlook draws a line above the header of what it quotes.
    private static bool IsLine(MailLines lines, int at) => at >= 0 && lines[at] is { Length: >= 10 } line && line.Trim("_-*").IsEmpty;

    private static int Before(MailLines lines, int at)
    {
        for (var i = at - 1; i >= Math.Max(0, at - 4); i--)
        {
            if (!lines.IsEmpty(i)) return i;
        }

        return -1;
    }

    private static int Skip(MailLines lines, int from)
    {
        var to = from;
        while (to < lines.Count && to < from + 6 && lines.IsEmpty(to)) to++;
        return to;
    }

    private static void Fill(LinePart[] parts, int from, int to, LinePart part) => parts.AsSpan(from, to - from).Fill(part);
}
