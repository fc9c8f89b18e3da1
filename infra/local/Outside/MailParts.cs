using System.Text;
using System.Text.RegularExpressions;

namespace Serverless.Local.Outside;

/// <summary>A mail as its reader sees it: the headers that mail programs show, and its parts decoded. Reads what the app writes: base64 and encoded words in UTF-8 (RFC 2045, RFC 2047).</summary>
internal sealed partial record MailParts(string To, string Text, string Html)
{
    private static readonly string[] Shown = ["From", "To", "Subject", "Date"];

    /// <param name="mime">To the byte.</param>
    public static MailParts Read(byte[] mime)
    {
        var (headers, body) = Split(Encoding.ASCII.GetString(mime));
        var boundary = Boundary().Match(headers).Groups["boundary"].Value;
        var parts = body.Split($"--{boundary}").Select(p => Split(p.TrimStart('\r', '\n'))).ToList();
        string Part(string type) => parts.FirstOrDefault(p => p.Headers.Contains(type, StringComparison.OrdinalIgnoreCase)) is { Body: { } base64 } ? Encoding.UTF8.GetString(Convert.FromBase64String(base64)) : "";
        var words = string.Concat(Shown.Select(name => $"{name}: {Header(headers, name)}\n"));
        return new MailParts(Header(headers, "To"), $"{words}\n{Part("text/plain")}", Part("text/html"));
    }

    /// <summary>The forms in which it is kept: for a mail program as it was sent, for a browser and an editor.</summary>
    public IEnumerable<(string Ending, byte[] Content)> Forms(byte[] mime) =>
    [
        (".eml", mime),
        // A browser takes a file without a byte order mark for another encoding; in the mail the part's header says it.
        (".html", [.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(Html)]),
        (".txt", Encoding.UTF8.GetBytes(Text)),
    ];

    private static (string Headers, string Body) Split(string text) =>
        text.IndexOf("\r\n\r\n", StringComparison.Ordinal) is >= 0 and var at ? (text[..at], text[(at + 4)..]) : (text, "");

    private static string Header(string headers, string name)
    {
        // A folded line goes on behind a blank; the blank between two encoded words is no part of the text.
        var line = headers.Replace("\r\n ", " ", StringComparison.Ordinal).Split("\r\n").FirstOrDefault(h => h.StartsWith(name + ": ", StringComparison.Ordinal));
        return line is null ? "" : EncodedWord().Replace(line[(name.Length + 2)..].Replace("?= =?", "?==?", StringComparison.Ordinal), word => Encoding.UTF8.GetString(Convert.FromBase64String(word.Groups["text"].Value)));
    }

    [GeneratedRegex("boundary=\"(?<boundary>[^\"]+)\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Boundary();

    [GeneratedRegex(@"=\?utf-8\?B\?(?<text>[A-Za-z0-9+/=]*)\?=", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex EncodedWord();
}
