namespace Serverless.Channels.Email;

/// <summary>Reads what the server that took a mail in found out about its sender.</summary>
/// <remarks>https://www.rfc-editor.org/rfc/rfc8601; compauth:
/// https://learn.microsoft.com/en-us/defender-office-365/message-headers-eop-mdo</remarks>
internal static class AuthenticationResults
{
    private const int Longest = 8_000;

    /// <summary><c>pass</c>: DMARC or Microsoft's composite check passed. <c>fail</c>: the composite check failed, or DMARC did and there
    /// is no composite one. Else <c>none</c>.</summary>
    /// <param name="header">The first such header; null for none.</param>
    public static string Judge(string? header)
    {
        if (header is null || header.Length > Longest) return "none";
        string? dmarc = null, compauth = null;
        foreach (var part in WithoutComments(header).Split(';'))
        {
            // "method=result property=value ...": only what a part begins with is a result.
            var words = part.Split((char[]?)null, 2, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 0) continue;
            var (method, result) = words[0].IndexOf('=') is > 0 and var at
                ? (words[0][..at].ToLowerInvariant(), words[0][(at + 1)..].ToLowerInvariant()) : (words[0].ToLowerInvariant(), "");
            if (method == "dmarc") dmarc ??= result;
            if (method == "compauth") compauth ??= result;
        }

        if (compauth == "fail") return "fail";
        if (dmarc == "pass" || compauth == "pass") return "pass";
        return dmarc == "fail" && compauth is null ? "fail" : "none";
    }

    // Comments and quoted texts hold what the sender chose.
    private static string WithoutComments(string header)
    {
        var kept = new char[header.Length];
        var (length, depth, quoted) = (0, 0, false);
        for (var i = 0; i < header.Length; i++)
        {
            var c = header[i];
            if (c == '\\') i++;
            else if (c == '"' && depth == 0) quoted = !quoted;
            else if (quoted) continue;
            else if (c == '(') depth++;
            else if (c == ')') depth = Math.Max(0, depth - 1);
            else if (depth == 0) kept[length++] = c;
        }

        return new string(kept, 0, length);
    }
}
