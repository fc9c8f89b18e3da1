using System.Text;

namespace Serverless.Channels.Twilio;

/// <summary>The spellings of one URL that Twilio may have signed. Text in, text out: <see cref="Uri"/> would rewrite more than
/// that.</summary>
internal static class TwilioUrl
{
    /// <summary>Without its port, if it has one.</summary>
    public static string WithoutPort(string url)
    {
        var (portStart, authorityEnd) = PortOf(url);
        return string.Concat(url.AsSpan(0, portStart), url.AsSpan(authorityEnd));
    }

    /// <summary>With the scheme's own port, unless it has one.</summary>
    public static string WithPort(string url)
    {
        var (portStart, authorityEnd) = PortOf(url);
        if (portStart != authorityEnd) return url;
        return string.Concat(url.AsSpan(0, portStart), url.StartsWith("https:", StringComparison.OrdinalIgnoreCase)
            ? ":443" : ":80", url.AsSpan(authorityEnd));
    }

    /// <summary>
    /// As a browser writes it: scheme and host in lower case, the scheme's own port left out, characters not allowed in a path or query
    /// escaped. https://url.spec.whatwg.org/#percent-encoded-bytes
    /// </summary>
    public static string Normalised(string url)
    {
        var (portStart, authorityEnd) = PortOf(url);
        var hostStart = url.LastIndexOf('@', Math.Max(portStart - 1, 0));
        if (hostStart < 0) hostStart = 0;
        var schemeEnd = url.IndexOf(':') + 1;
        var written = new StringBuilder(url.Length + 16);
        written.Append(url[..schemeEnd].ToLowerInvariant());
        if (hostStart > schemeEnd) written.Append(url, schemeEnd, hostStart - schemeEnd);
        written.Append(url[Math.Max(hostStart, schemeEnd)..portStart].ToLowerInvariant());
        var port = url[portStart..authorityEnd];
        if (port != (written[4] == 's' ? ":443" : ":80")) written.Append(port);

        var query = false;
        Span<byte> bytes = stackalloc byte[4];
        foreach (var rune in url.AsSpan(authorityEnd).EnumerateRunes())
        {
            var escape = !rune.IsAscii || rune.Value is <= ' ' or 0x7f or '"' or '<' or '>'
                || (query ? rune.Value == '\'' : rune.Value is '^' or '`' or '{' or '}');
            query |= rune.Value == '?';
            if (!escape)
            {
                written.Append((char)rune.Value);
                continue;
            }

            foreach (var b in bytes[..rune.EncodeToUtf8(bytes)]) written.Append('%').Append(b.ToString("X2"));
        }

        return written.ToString();
    }

    /// <summary>With the query read and written anew the way Node's older query module does: each value of a repeated name beside its
    /// first, everything escaped but letters, digits and <c>!'()*-._~</c>. https://nodejs.org/api/querystring.html</summary>
    public static string WithRewrittenQuery(string url)
    {
        var mark = url.IndexOf('?');
        if (mark < 0 || mark == url.Length - 1 || TwilioForm.Parse(Encoding.UTF8.GetBytes(url[(mark + 1)..])) is not { } query) return url;
        var written = new StringBuilder(url, 0, mark + 1, url.Length + 16);
        foreach (var (name, value) in query.InOrderOfNames())
        {
            if (written[^1] != '?') written.Append('&');
            Escape(written, name);
            written.Append('=');
            Escape(written, value);
        }

        return written.ToString();
    }

    /// <summary>With <c>@</c> and <c>:</c> of the query as they are, or escaped: both are allowed there, and senders and proxies differ.
    /// https://www.rfc-editor.org/rfc/rfc3986#section-3.4</summary>
    public static string WithSigns(string url, bool escaped)
    {
        var mark = url.IndexOf('?');
        if (mark < 0) return url;
        var query = url[mark..];
        query = escaped
            ? query.Replace("@", "%40", StringComparison.Ordinal).Replace(":", "%3A", StringComparison.Ordinal)
            : query.Replace("%40", "@", StringComparison.OrdinalIgnoreCase).Replace("%3A", ":", StringComparison.OrdinalIgnoreCase);
        return url[..mark] + query;
    }

    private static void Escape(StringBuilder written, string text)
    {
        foreach (var b in Encoding.UTF8.GetBytes(text))
        {
            if (char.IsAsciiLetterOrDigit((char)b) || "!'()*-._~".Contains((char)b)) written.Append((char)b);
            else written.Append('%').Append(b.ToString("X2"));
        }
    }

    /// <summary>Range of the port with its colon; empty at the end of the authority without one.</summary>
    private static (int Start, int End) PortOf(string url)
    {
        var start = url.IndexOf("://", StringComparison.Ordinal) + 3;
        var end = url.AsSpan(start).IndexOfAny('/', '?', '#');
        end = end < 0 ? url.Length : start + end;
        var authority = url.AsSpan(start, end - start);
        // The colon of a password or of an IPv6 address is none of a port.
        var port = authority.LastIndexOf(':');
        return port > authority.LastIndexOf('@') && port > authority.LastIndexOf(']') ? (start + port, end) : (end, end);
    }
}
