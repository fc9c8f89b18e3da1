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
    public static string Text(Told told, string why)
    {
        var text = new StringBuilder().Append(told.Title).Append("\n\n");
        foreach (var (name, value) in told.Facts) text.Append(CultureInfo.InvariantCulture, $"{name}: {value}\n");
        foreach (var (line, address) in told.Items)
        {
            text.Append(CultureInfo.InvariantCulture, $"- {line}\n");
            if (address is not null) text.Append(CultureInfo.InvariantCulture, $"  {address.AbsoluteUri}\n");
        }

        if (told.Text is { } words) text.Append(CultureInfo.InvariantCulture, $"\n{words}\n");
        foreach (var (label, address) in told.Links) text.Append(CultureInfo.InvariantCulture, $"\n{label}:\n{address.AbsoluteUri}\n");
        text.Append(CultureInfo.InvariantCulture, $"\n-- \n{why}\n");
        if (told.Own is { } own) text.Append(CultureInfo.InvariantCulture, $"{own.Label}:\n{own.Address.AbsoluteUri}\n");
        return text.ToString();
    }

    /// <summary>HTML of the plainest kind, which every mail program shows.</summary>
    public static string Html(Told told, string why, string language)
    {
        var html = new StringBuilder();
        void Append(string part) => html.Append(part);
        Append($"<!doctype html><html lang=\"{language}\"><body style=\"font-family:sans-serif;font-size:16px;line-height:1.5\">");
        Append($"<h1 style=\"font-size:20px\">{Safe(told.Title)}</h1>");
        if (told.Facts.Count > 0)
        {
            Append("<table role=\"presentation\">");
            foreach (var (name, value) in told.Facts)
                Append($"<tr><td style=\"padding-right:16px\"><b>{Safe(name)}</b></td><td>{Safe(value)}</td></tr>");
            Append("</table>");
        }

        if (told.Items.Count > 0)
        {
            Append("<ul>");
            foreach (var (line, address) in told.Items) Append($"<li>{(address is null ? Safe(line) : Link(line, address))}</li>");
            Append("</ul>");
        }

        const string Quote = "white-space:pre-wrap;border-left:4px solid #767676;margin:16px 0;padding-left:12px";
        if (told.Text is { } words) Append($"<blockquote style=\"{Quote}\">{Safe(words)}</blockquote>");
        foreach (var (label, address) in told.Links) Append($"<p>{Link(label, address)}</p>");
        var change = told.Own is { } own ? " " + Link(own.Label, own.Address) : "";
        Append($"<p style=\"color:#595959;font-size:14px\">{Safe(why)}{change}</p></body></html>");
        return html.ToString();
    }

    private static string Link(string label, Uri address) => $"<a href=\"{Safe(address.AbsoluteUri)}\">{Safe(label)}</a>";

    private static string Safe(string text) => WebUtility.HtmlEncode(text);
}
