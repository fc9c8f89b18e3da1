using System.Globalization;
using System.Net;
using System.Text;

namespace Serverless.Notices.Mail;

/// <summary>
/// A mail as MIME, text and HTML, with the headers that Graph's JSON form cannot set: ids that hold a thread together, and the word that a machine wrote it. Small, because no mail library restores here.
/// </summary>
/// <remarks>Sources: RFC 5322 (headers), RFC 2047 (subject), RFC 2046 (multipart/alternative), RFC 3834 (Auto-Submitted).</remarks>
public sealed record MimeMail
{
    private const string Boundary = "=_serverless_alternative";

    public required string From { get; init; }

    public required string To { get; init; }

    public required string Subject { get; init; }

    /// <summary>Without angle brackets; the same for the same mail, so that a repetition is recognised.</summary>
    public required string MessageId { get; init; }

    /// <summary>What it belongs to, without angle brackets; null for a thread of its own.</summary>
    public string? Thread { get; init; }

    public required DateTimeOffset At { get; init; }

    public required string Text { get; init; }

    public required string Html { get; init; }

    /// <summary>The mail to the byte: ASCII, CRLF.</summary>
    public byte[] Write()
    {
        var mail = new StringBuilder();
        void Header(string name, string value) => mail.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        Header("From", OneLine(From));
        Header("To", OneLine(To));
        Header("Subject", Encoded(OneLine(Subject)));
        Header("Date", At.UtcDateTime.ToString("ddd, dd MMM yyyy HH:mm:ss +0000", CultureInfo.InvariantCulture));
        Header("Message-ID", $"<{OneLine(MessageId)}>");
        if (Thread is { } thread)
        {
            Header("In-Reply-To", $"<{OneLine(thread)}>");
            Header("References", $"<{OneLine(thread)}>");
        }

        Header("Auto-Submitted", "auto-generated");
        Header("X-Auto-Response-Suppress", "All");
        Header("MIME-Version", "1.0");
        Header("Content-Type", $"multipart/alternative; boundary=\"{Boundary}\"");
        mail.Append("\r\n");
        Part(mail, "text/plain", Text);
        Part(mail, "text/html", Html);
        mail.Append(CultureInfo.InvariantCulture, $"--{Boundary}--\r\n");
        return Encoding.ASCII.GetBytes(mail.ToString());
    }

    private static void Part(StringBuilder mail, string type, string content) =>
        mail.Append(CultureInfo.InvariantCulture, $"--{Boundary}\r\nContent-Type: {type}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{Convert.ToBase64String(Encoding.UTF8.GetBytes(content), Base64FormattingOptions.InsertLineBreaks)}\r\n");

    // An encoded word has at most 75 characters and a line 78: 39 bytes of UTF-8 make 52 of base64, beside 12 of its frame and the name of the header.
    private static string Encoded(string text)
    {
        if (text.All(c => c is >= ' ' and <= '~') && text.Length <= 70) return text;
        List<string> words = [];
        var chunk = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            if (Encoding.UTF8.GetByteCount(chunk.ToString()) + rune.Utf8SequenceLength > 39)
            {
                words.Add(Word(chunk));
                chunk.Clear();
            }

            chunk.Append(rune.ToString());
        }

        words.Add(Word(chunk));
        return string.Join("\r\n ", words);
    }

    private static string Word(StringBuilder chunk) => $"=?utf-8?B?{Convert.ToBase64String(Encoding.UTF8.GetBytes(chunk.ToString()))}?=";

    // Nobody writes a header of their own into ours.
    private static string OneLine(string text) => text.ReplaceLineEndings(" ");
}

/// <summary>The two bodies of a mail to a person.</summary>
public static class MailBody
{
    /// <summary>Plain text.</summary>
    public static string Text(Told told, IReadOnlyList<string> list, string why)
    {
        var text = new StringBuilder().Append(told.Title).Append("\n\n");
        foreach (var (name, value) in told.Facts) text.Append(CultureInfo.InvariantCulture, $"{name}: {value}\n");
        foreach (var line in list) text.Append(CultureInfo.InvariantCulture, $"- {line}\n");
        if (told.Text is { } words) text.Append(CultureInfo.InvariantCulture, $"\n{words}\n");
        foreach (var (label, address) in told.Links) text.Append(CultureInfo.InvariantCulture, $"\n{label}:\n{address.AbsoluteUri}\n");
        return text.Append(CultureInfo.InvariantCulture, $"\n-- \n{why}\n").ToString();
    }

    /// <summary>HTML of the plainest kind, which every mail program shows.</summary>
    public static string Html(Told told, IReadOnlyList<string> list, string why, string language)
    {
        var html = new StringBuilder().Append(CultureInfo.InvariantCulture, $"<!doctype html><html lang=\"{language}\"><body style=\"font-family:sans-serif;font-size:16px;line-height:1.5\"><h1 style=\"font-size:20px\">{Safe(told.Title)}</h1>");
        if (told.Facts.Count > 0)
        {
            html.Append("<table role=\"presentation\">");
            foreach (var (name, value) in told.Facts) html.Append(CultureInfo.InvariantCulture, $"<tr><td style=\"padding-right:16px\"><b>{Safe(name)}</b></td><td>{Safe(value)}</td></tr>");
            html.Append("</table>");
        }

        if (list.Count > 0)
        {
            html.Append("<ul>");
            foreach (var line in list) html.Append(CultureInfo.InvariantCulture, $"<li>{Safe(line)}</li>");
            html.Append("</ul>");
        }

        if (told.Text is { } words) html.Append(CultureInfo.InvariantCulture, $"<blockquote style=\"white-space:pre-wrap;border-left:4px solid #767676;margin:16px 0;padding-left:12px\">{Safe(words)}</blockquote>");
        foreach (var (label, address) in told.Links) html.Append(CultureInfo.InvariantCulture, $"<p><a href=\"{Safe(address.AbsoluteUri)}\">{Safe(label)}</a></p>");
        return html.Append(CultureInfo.InvariantCulture, $"<p style=\"color:#595959;font-size:14px\">{Safe(why)}</p></body></html>").ToString();
    }

    private static string Safe(string text) => WebUtility.HtmlEncode(text);
}
