using System.Text.RegularExpressions;

namespace Serverless.Channels.Email;

/// <summary>
/// Finds signatures within the customer's own lines: behind the line "-- ", what a phone adds, what a virus scanner adds. A sentence that
/// begins like one stays the customer's. Linear: each line is read a bounded number of times.
/// </summary>
internal static partial class SignatureFinder
{
    // RFC 3676 knows four lines; companies add their register and a disclaimer.
    private const int MostLines = 20;
    private const int MostBareLines = 6;
    private const int LongestBareLine = 80;
    private const int LongestPhoneLine = 200;

    // Of one mail; a mail has one or two.
    private const int MostLooks = 2_000;

    public static void Find(MailLines lines, LinePart[] parts)
    {
        var looks = 0;
        for (var i = 0; i < lines.Count;)
        {
            if (parts[i] != LinePart.Own)
            {
                i++;
                continue;
            }

            var end = i;
            while (end < lines.Count && parts[end] == LinePart.Own) end++;
            Within(lines, parts, i, end, ref looks);
            i = end;
        }
    }

    /// <summary>Whether a line is none of the writer's words: a signature's delimiter, a phone's or a scanner's line.</summary>
    public static bool IsFooter(MailLines lines, int at) => IsDelimiter(lines, at) || IsPhone(lines[at]) || IsScanner(lines[at]);

    // A part of the mail that is the customer's own, from one quotation to the next.
    private static void Within(MailLines lines, LinePart[] parts, int from, int to, ref int looks)
    {
        var filled = 0;
        var delimiter = -1;
        // From the end, since a signature is short: the earliest delimiter with few lines behind it.
        for (var i = to - 1; i >= from && filled <= MostLines; i--)
        {
            if (lines.IsEmpty(i)) continue;
            if (IsDelimiter(lines, i) && (lines.Mark(i).HasFlag(LineMark.Delimiter) || IsShort(lines, i + 1, to))) delimiter = i;
            filled++;
        }

        if (delimiter >= 0)
        {
            var end = delimiter;
            while (end < to && !IsAfterthought(lines, end, delimiter)) end++;
            parts.AsSpan(delimiter, end - delimiter).Fill(LinePart.Signature);
        }

        for (var i = to - 1; i >= from; i--)
        {
            lines.Limits.Step();
            if (!lines.IsEmpty(i) && lines[i].Length <= LongestPhoneLine && ++looks > MostLooks) return;
            if (parts[i] != LinePart.Own || lines.IsEmpty(i) || !(IsPhone(lines[i]) || IsScanner(lines[i]))) continue;
            if (EndsPart(lines, parts, i, to) || (IsFree(lines, i - 1, from) && IsFree(lines, i + 1, to))) parts[i] = LinePart.Signature;
        }
    }

    // "--" without its space: mail programs lose the space, but people also draw such lines between their words.
    private static bool IsDelimiter(MailLines lines, int at) => lines[at] is "--" || lines.Mark(at).HasFlag(LineMark.Delimiter);

    private static bool IsShort(MailLines lines, int from, int to)
    {
        var filled = 0;
        for (var i = from; i < to; i++)
        {
            var line = lines[i];
            if (line.IsEmpty) continue;
            if (++filled > MostBareLines || line.Length > LongestBareLine) return false;
            // A sentence: several words and its end.
            if (line[^1] is '.' or '?' or '!' && line.Count(' ') >= 4) return IsScanner(line);
        }

        return filled > 0;
    }

    // Below the signature and an empty line: "PS: ...", or a question. An afterthought.
    private static bool IsAfterthought(MailLines lines, int at, int delimiter)
    {
        var line = lines[at];
        if (at <= delimiter + 1 || line.IsEmpty || !lines.IsEmpty(at - 1)) return false;
        return line.StartsWith("PS", StringComparison.Ordinal) || line.StartsWith("P.S", StringComparison.OrdinalIgnoreCase)
            || line.StartsWith("NB", StringComparison.Ordinal) || HasQuestion(lines, at);
    }

    private static bool HasQuestion(MailLines lines, int at)
    {
        for (var i = at; i < Math.Min(lines.Count, at + 4) && !lines.IsEmpty(i); i++)
        {
            if (lines[i] is [.., '?']) return true;
        }

        return false;
    }

    // Nothing of the customer's comes behind it in this part.
    private static bool EndsPart(MailLines lines, LinePart[] parts, int at, int to)
    {
        for (var i = at + 1; i < Math.Min(to, at + 8); i++)
        {
            if (!lines.IsEmpty(i) && parts[i] == LinePart.Own && !IsPhone(lines[i]) && !IsScanner(lines[i])) return false;
        }

        return at + 8 >= to || IsAllEmpty(lines, at + 8, to);
    }

    private static bool IsAllEmpty(MailLines lines, int from, int to)
    {
        for (var i = from; i < Math.Min(to, from + 8); i++)
        {
            if (!lines.IsEmpty(i)) return false;
        }

        return true;
    }

    private static bool IsFree(MailLines lines, int at, int edge) =>
        at < 0 || at >= lines.Count || at == edge - 1 || at == edge || lines.IsEmpty(at);

    private static bool IsPhone(ReadOnlySpan<char> line)
    {
        if (line.Length is < 8 or > LongestPhoneLine) return false;
        line = line.Trim(" \t\u00a0*_");
        // "Get Outlook for iOS<https://aka.ms/...>"
        if (line is [.., '>'] && line.LastIndexOf('<') is > 0 and var open) line = line[..open].TrimEnd();
        line = line.TrimEnd('.');
        return Sent().IsMatch(line) || Product().IsMatch(line);
    }

    private static bool IsScanner(ReadOnlySpan<char> line) => line.Length is > 10 and <= LongestPhoneLine && Scanned().IsMatch(line);

    private const string Device =
        @"(apple |samsung |google |sony |huawei |xiaomi |nokia |htc |lg |motorola |mobile |mobiles |mobilen |blackberry |windows |android[- ]?)*(iphone|ipad|ipod|mac|macbook|apple watch|galaxy( \w{1,12}){0,3}|samsung|pixel( \w{1,6})?|"
        + @"xperia( \w{1,10})?|huawei|xiaomi|redmi( \w{1,8})?|oneplus|fairphone|nokia|lumia|blackberry|android|smartphone|handy|mobiltelefon|telefon|mobilgerät|gerät|tablet|phone|mobile|mobil|device|móvil|teléfono|mobiele telefoon|telefoon|telefono|cellulare|"
        + @"téléphone|portable|smartphone|toestel|telefonu|telefonem|urządzenia mobilnego)('a|em)?( mobile)?";

    // "Sent from my iPhone", "Von meinem Galaxy Smartphone gesendet", "Diese Nachricht wurde von meinem Android-Mobiltelefon mit WEB.DE
    // Mail gesendet".
    [GeneratedRegex(
        @"^(sent from (my )?(" + Device + @")( using .{2,30}| via .{2,30}| with .{2,30})?|(diese nachricht wurde )?von mein(em|er) ("
        + Device + @")( smartphone| handy| tablet)?( mit .{2,30})? (gesendet|geschickt)|"
        + @"gesendet (von|mit) mein(em|er) (" + Device + @")|envoyé (de|depuis) mon (" + Device + @")|enviado desde mi (" + Device
        + @")|inviato (da|dal mio|dal) (" + Device + @")|"
        + @"(verzonden|verstuurd) (vanaf|van|met) mijn (" + Device + @")|sendt fra min (" + Device + @")|skickat från min (" + Device
        + @")|wysłan[eoay] (z|ze) (mojego )?(" + Device + @"))$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Sent();

    private const string Where =
        @"( (for|für|on|auf|unter|pour|para|per|voor|til|för|dla|sur|su|op) (my |mein |meinem |)(ios|android|windows( phone)?( 1[01])?|mac( ?os)?|iphone|ipad)( herunterladen)?)?";

    // What a program says of itself: "Get Outlook for iOS", "Gesendet mit der WEB.DE iPhone App", "Sent from Yahoo Mail on Android".
    [GeneratedRegex(
        @"^((get|holen sie sich|hol dir|télécharger|obtenga|scarica|download|hämta|hent|pobierz)? ?outlook( mobile)?" + Where + @"|"
        + @"(sent|gesendet|envoyé|enviado|inviato|verzonden|sendt|skickat|wysłan[eoay]) (from|with|via|using|von|mit|über|avec|à partir de|depuis|con|da|desde|met|vanaf|fra|från|med|z|przez)( the| der| dem| l'| the| mijn)? ?"
        + @"(mail|outlook|yahoo ?mail|aol( mail)?|gmail|proton ?mail|tutanota|thunderbird|samsung ?mail|spark|(gmx|web\.de|freenet|telekom|t-online|zoho|vodafone|yahoo|aol|proton|mail\.com)[ -](mail|e-mail|mobile|iphone|android|ipad)?[ -]?(mail[ -]?)?(app|mail))"
        + @"( app)?" + Where + @"|diese (nachricht|e-mail|mail) wurde (mit|von|über) .{2,40} (app|mail) gesendet)$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Product();

    [GeneratedRegex(
        @"^(this (e-?mail|message) (has been|was) (scanned|checked) for (viruses|spam)|this email has been checked for viruses by|diese (e-?mail|nachricht) wurde .{0,40}auf viren (geprüft|untersucht|überprüft)|virenfrei\.|virus-?free\.|"
        + @"cet e-?mail a été (vérifié|analysé)|l'absence de virus|este (correo|mensaje) .{0,30}(analizado|comprobado).{0,30}virus|(questa e-?mail|questo messaggio) .{0,30}(controllat|scansionat).{0,30}virus)",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Scanned();
}
