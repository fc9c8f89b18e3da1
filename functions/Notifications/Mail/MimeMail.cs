using System.Globalization;
using System.Net;
using System.Text;
using MimeKit;
using MimeKit.Text;

namespace Serverless.Notifications.Mail;

/// <summary>
/// A mail as MIME, text and HTML, with the headers that Graph's JSON form cannot set: ids of the thread, and the mark of an
/// automatic mail.
/// </summary>
/// <remarks>Sources: RFC 5322 (headers), RFC 2046 (multipart/alternative), RFC 3834 (Auto-Submitted).</remarks>
public sealed record MimeMail
{
    // The same mail has the same bytes: a resend differs in its date only.
    private const string Boundary = "=_serverless_alternative";

    private static readonly FormatOptions Format = Dos();

    public required string From { get; init; }

    public required string To { get; init; }

    public required string Subject { get; init; }

    /// <summary>Without angle brackets; the same for the same mail, so that a repetition is recognised.</summary>
    public required string MessageId { get; init; }

    /// <summary>Id of its thread, without angle brackets; null for a thread of its own.</summary>
    public string? Thread { get; init; }

    public required DateTimeOffset At { get; init; }

    public required string Text { get; init; }

    public required string Html { get; init; }

    /// <summary>Whether a mail can be sent to it: one address alone, without a name, ASCII.</summary>
    public static bool IsAddress(string address) =>
        address.All(c => c is > ' ' and <= '~') && MailboxAddress.TryParse(address, out var mailbox) && mailbox.Address == address
        && mailbox.Domain is { Length: > 0 };

    /// <summary>The mail to the byte: ASCII, CRLF.</summary>
    /// <exception cref="ParseException">Sender or recipient is no address (<see cref="IsAddress"/>).</exception>
    public byte[] Write()
    {
        using var mail = new MimeMessage();
        mail.From.Add(new MailboxAddress(null, From));
        mail.To.Add(new MailboxAddress(null, To));
        mail.Subject = OneLine(Subject);
        mail.Date = At.ToUniversalTime();
        mail.MessageId = MessageId;
        if (Thread is { } thread)
        {
            mail.InReplyTo = thread;
            mail.References.Add(thread);
        }

        mail.Headers.Add("Auto-Submitted", "auto-generated");
        mail.Headers.Add("X-Auto-Response-Suppress", "All");
        mail.Body = new MultipartAlternative(Part(TextFormat.Plain, Text), Part(TextFormat.Html, Html)) { Boundary = Boundary };
        using var written = new MemoryStream();
        mail.WriteTo(Format, written);
        return written.ToArray();
    }

    private static TextPart Part(TextFormat format, string content) =>
        new(format) { Text = content, ContentTransferEncoding = ContentEncoding.Base64 };

    private static FormatOptions Dos()
    {
        var format = FormatOptions.Default.Clone();
        format.NewLineFormat = NewLineFormat.Dos;
        return format;
    }

    // Values cannot inject headers.
    private static string OneLine(string text) => text.ReplaceLineEndings(" ");
}

/// <summary>Text and HTML body of a notification mail.</summary>
public static class MailBody
{
    /// <summary>Plain text.</summary>
    public static string Text(NotificationContent told, string why)
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
    public static string Html(NotificationContent told, string why, string language)
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
