using System.Text;
using MimeKit;

namespace Serverless.Local.Demo;

/// <summary>A mail as its reader sees it: the headers that mail programs show, and its parts decoded.</summary>
internal sealed record MailParts(string To, string Text, string Html)
{
    private static readonly string[] Shown = ["From", "To", "Subject", "Date"];

    /// <param name="mime">To the byte.</param>
    public static MailParts Read(byte[] mime)
    {
        using var stream = new MemoryStream(mime);
        using var mail = MimeMessage.Load(stream);
        var words = string.Concat(Shown.Select(name => $"{name}: {mail.Headers[name]}\n"));
        return new MailParts(mail.Headers["To"] ?? "", $"{words}\n{Lines(mail.TextBody)}", Lines(mail.HtmlBody));
    }

    /// <summary>The forms in which it is kept: for a mail program as it was sent, for a browser and an editor.</summary>
    public IEnumerable<(string Ending, byte[] Content)> Forms(byte[] mime) =>
    [
        (".eml", mime),
        // A browser takes a file without a byte order mark for another encoding; in the mail the part's header says it.
        (".html", [.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(Html)]),
        (".txt", Encoding.UTF8.GetBytes(Text)),
    ];

    // As an editor of this machine writes them.
    private static string Lines(string? text) => (text ?? "").ReplaceLineEndings("\n");
}
