using System.Text;
using System.Text.RegularExpressions;

namespace Serverless.Channels.Email;

/// <summary>What the customer wrote, without the mail it answers and the signature; both are kept beside it.</summary>
/// <param name="Own">The customer's words.</param>
/// <param name="Quoted">What it quotes; empty for nothing.</param>
/// <param name="Signature">Empty for none.</param>
internal sealed partial record MailText(string Own, string Quoted, string Signature)
{
    public static MailText OfHtml(string html)
    {
        string own, quoted, signature;
        try
        {
            (own, quoted, signature) = HtmlText.Read(html);
        }
        catch (FormatException)
        {
            (own, quoted, signature) = (Tidy(Tags().Replace(html, " ")).Trim(), "", "");
        }

        // A forward is quotation alone: then that is what was sent.
        if (own.Length == 0) return signature.Length > 0 && quoted.Length == 0 ? new MailText(signature, "", "") : new MailText(quoted, "", signature);
        var split = OfPlain(own);
        return new MailText(split.Own, Joined(split.Quoted, quoted), Joined(split.Signature, signature));
    }

    public static MailText OfPlain(string text)
    {
        var lines = Tidy(text).Split('\n');
        var quote = QuoteBegins(lines);
        var sign = SignatureBegins(lines, quote);
        var own = Part(lines, 0, sign);
        return own.Length == 0 ? new MailText(Part(lines, 0, lines.Length), "", "") : new MailText(own, Part(lines, quote, lines.Length), Part(lines, sign, quote));
    }

    /// <summary>Line ends as \n, no white space at the end of a line, at most one empty line in a row, none around.</summary>
    public static string Tidy(string text)
    {
        var tidy = new StringBuilder(text.Length);
        var empty = 0;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            var trimmed = line.TrimEnd();
            empty = trimmed.IsEmpty ? empty + 1 : 0;
            if (empty > 1 || (empty == 1 && tidy.Length == 0)) continue;
            tidy.Append(trimmed).Append('\n');
        }

        return tidy.ToString().Trim('\n');
    }

    // The earliest line from which on everything is quoted. A customer who writes between the quoted lines keeps them.
    private static int QuoteBegins(string[] lines)
    {
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i].Trim();
            if (Divider().IsMatch(line) || (HeaderFirst().IsMatch(line) && lines.Skip(i + 1).Take(3).Any(l => HeaderNext().IsMatch(l.Trim())))) return Above(lines, i);
            if (Wrote(lines, i) && OnlyQuoted(lines, i + 1)) return i;
            if (line.StartsWith('>') && OnlyQuoted(lines, i)) return i;
        }

        return lines.Length;
    }

    // Outlook draws a line above the header of what it quotes.
    private static int Above(string[] lines, int at)
    {
        var before = at - 1;
        while (before >= 0 && lines[before].Length == 0) before--;
        return before >= 0 && lines[before].Length >= 10 && lines[before].All(c => c is '_' or '-') ? before : at;
    }

    // "Am 20.11.2026 um 09:12 schrieb Service:", at times broken into two lines.
    private static bool Wrote(string[] lines, int at)
    {
        var line = lines[at].Trim();
        if (!WroteBegin().IsMatch(line)) return false;
        return WroteEnd().IsMatch(line) || (at + 1 < lines.Length && WroteEnd().IsMatch(lines[at + 1].Trim()));
    }

    private static bool OnlyQuoted(string[] lines, int from)
    {
        var quoted = 0;
        for (var i = from; i < lines.Length; i++)
        {
            var line = lines[i].Trim();
            if (line.StartsWith('>')) quoted++;
            else if (line.Length > 0 && !(i == from && WroteEnd().IsMatch(line))) return false;
        }

        return quoted > 0;
    }

    private static int SignatureBegins(string[] lines, int end)
    {
        for (var i = 0; i < end; i++)
        {
            // https://www.rfc-editor.org/rfc/rfc3676#section-4.3 : two dashes and a space, which many programs take away.
            if (lines[i] is "--" or "-- " || Mobile().IsMatch(lines[i].Trim())) return i;
        }

        return end;
    }

    private static string Part(string[] lines, int from, int to) => from >= to ? "" : Tidy(string.Join('\n', lines[from..to]));

    private static string Joined(string first, string second) => first.Length == 0 ? second : second.Length == 0 ? first : $"{first}\n\n{second}";

    [GeneratedRegex("^-{2,}\\s*(Original Message|Original-Nachricht|Ursprüngliche Nachricht|Originalnachricht|Forwarded message|Weitergeleitete Nachricht)\\s*-{2,}$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Divider();

    [GeneratedRegex(@"^\*?(From|Von):\*?\s", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex HeaderFirst();

    [GeneratedRegex(@"^\*?(Sent|Gesendet|Date|Datum|Subject|Betreff|To|An):\*?\s", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex HeaderNext();

    [GeneratedRegex(@"^(Am|On|Den)\s.*\d", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex WroteBegin();

    [GeneratedRegex("(schrieb.*|wrote|geschrieben):$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex WroteEnd();

    [GeneratedRegex("^(Von meinem .{2,30} gesendet|Gesendet (von|mit|über) .{2,60}|Sent from (my |Yahoo |Outlook |Mail ).{0,60}|Get Outlook for .{2,30}|Outlook für .{2,30})\\.?$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Mobile();

    [GeneratedRegex("<[^>]{0,5000}>", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Tags();
}
