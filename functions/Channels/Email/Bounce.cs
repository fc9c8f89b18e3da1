using System.Buffers;
using System.Text.RegularExpressions;

namespace Serverless.Channels.Email;

/// <summary>
/// Parses a non-delivery report: the worst of all recipients counts. A status code is accepted only in its usual positions: behind an
/// SMTP reply code, a field of a delivery report or a bracket; numbers of versions and addresses look the same.
/// </summary>
/// <remarks>https://www.rfc-editor.org/rfc/rfc3463 (codes), https://www.rfc-editor.org/rfc/rfc3464 (reports)</remarks>
/// <param name="IsFinal">False while the sending server still tries.</param>
/// <param name="Code">The enhanced status code, else the SMTP reply code; null when it names none.</param>
internal sealed partial record Bounce(bool IsFinal, string? Code)
{
    private const int LongestLine = 2_000;
    private static readonly SearchValues<char> BeforeCode = SearchValues.Create(" \t-#:;([<=>'\"");
    private const int MostLines = 2_000;

    // What comes behind is the mail that came back, with numbers of its own.
    private static readonly string[] Copies =
        ["this is a copy of", "below this line is a copy", "original message headers", "original message follows", "return-path:",
            "content-type: message/rfc822", "content-type: text/rfc822-headers", "ursprüngliche nachrichtenkopfzeilen"];

    private static readonly string[] Delays =
        ["delayed", "still being retried", "will be retried", "temporarily", "could not send message for", "has not yet been delivered",
            "not been delivered yet", "verzögert", "verspätet", "wird weiter versucht", "retardée", "vertraagd", "försenad", "forsinket",
            "opóźnion"];

    /// <summary>Reads a notice.</summary>
    /// <param name="text">Its text, a plain one.</param>
    /// <param name="subject">Its subject.</param>
    /// <param name="namesRecipient">Whether a header names who could not be reached.</param>
    public static Bounce Read(string text, string? subject, bool namesRecipient)
    {
        string? failed = null, delayed = null;
        var (action, tells) = (false, false);
        var lines = 0;
        foreach (var raw in text.AsSpan().EnumerateLines())
        {
            var line = raw.Length > LongestLine ? raw[..LongestLine] : raw;
            if (++lines > MostLines || IsCopy(line)) break;
            if (line.TrimStart().StartsWith("action:", StringComparison.OrdinalIgnoreCase))
                action |= line.Contains("failed", StringComparison.OrdinalIgnoreCase);
            tells |= Tells(line);
            foreach (var code in Codes().EnumerateMatches(line))
            {
                var found = line.Slice(code.Index, code.Length);
                // The code is the end of the match: the text before it is the evidence.
                found = found[(found.LastIndexOfAny(BeforeCode) + 1)..];
                if (found[0] == '5') failed = Better(failed, found);
                else delayed = Better(delayed, found);
            }
        }

        if (failed is not null || action) return new Bounce(true, failed);
        if (delayed is not null) return new Bounce(false, delayed);
        return new Bounce(namesRecipient || !(tells || Tells(subject)), null);
    }

    // An enhanced code says more than "550".
    private static string Better(string? known, ReadOnlySpan<char> found) =>
        known is not null && (known.Contains('.') || !found.Contains('.')) ? known : found.ToString();

    private static bool IsCopy(ReadOnlySpan<char> line)
    {
        var text = line.Trim("- \t");
        foreach (var copy in Copies)
        {
            if (text.StartsWith(copy, StringComparison.OrdinalIgnoreCase)) return true;
        }

        return false;
    }

    private static bool Tells(ReadOnlySpan<char> line)
    {
        foreach (var delay in Delays)
        {
            if (line.Contains(delay, StringComparison.OrdinalIgnoreCase)) return true;
        }

        return false;
    }

    // "550 5.1.1", "552-5.2.2", "#5.1.1", "Status: 5.1.1", "(5.4.1)", "smtp;5.1.1", a line that begins with it; and "said: 550 ", "error
    // 550:". Classes 0 to 7 are all there are.
    [GeneratedRegex(
        @"(([45][0-9]{2}[ \t-]{1,2}|#|\b(status|code|diagnostic-code|error|fehler)[ \t]{0,3}[:=]?[ \t]{0,3}(smtp;[ \t]{0,3})?([45][0-9]{2}[ \t-]{1,2})?|smtp;[ \t]{0,3}|^[ \t>]{0,8}|[(\[<'""])#?[45]\.[0-7]\.[0-9]{1,3}(?![0-9.]?[0-9]))"
        + @"|\b(said|returned|response|reply|error|code|smtp)\b[^0-9\r\n]{1,30}[45][0-9]{2}(?=[ \t:;-])(?![ \t-]{1,2}#?[45]\.[0-7]\.)",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Codes();
}
