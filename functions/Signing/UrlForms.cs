using System.Text;
using System.Text.RegularExpressions;

namespace Serverless.Signing;

/// <summary>
/// The spellings of an address that a sender may have signed, given the one that arrived. The Functions host writes path and query anew
/// on the way to the worker: a slash that is escaped in the path is escaped once more, an escape of what needs none is undone (<c>%7E</c>,
/// <c>%41</c>), escapes get capital letters, dot segments go. What was signed cannot be known from that, so each likely form is tried.
/// </summary>
/// <remarks>Measured on the host 4.1037 and read in its DefaultHttpProxyService.</remarks>
public static partial class UrlForms
{
    private const string Unescaped = "-._~!$&'()*+,;=:@/";

    /// <summary>At most six forms, the one that arrived first, none twice.</summary>
    /// <param name="url">An absolute http or https address.</param>
    public static IReadOnlyList<string> Of(string url)
    {
        List<string> forms = [url];
        var start = PathStart(url);
        var mark = url.IndexOf('?', StringComparison.Ordinal) is var found and >= 0 ? found : url.Length;
        var (origin, path, query) = (url[..start], url[start..mark], url[mark..]);
        Add(forms, origin + Canonical(path, query));
        // Java's encoder, which senders use, escapes the tilde; the host undoes it.
        Add(forms, origin + path + query.Replace("~", "%7E", StringComparison.Ordinal));
        var slashes = SingleSlash().Replace(path, "%2${f}");
        Add(forms, origin + slashes + query);
        // .NET Framework's and some C encoders write small letters, of which the host makes capitals. A sender that mixes both is not
        // served.
        var (small, behind) = (SmallLetters(slashes), SmallLetters(query));
        Add(forms, origin + small + behind);
        Add(forms, origin + small + behind.Replace("~", "%7e", StringComparison.Ordinal));
        return forms;
    }

    /// <summary>Path and query as the host hands them on.</summary>
    /// <param name="path">From the first slash on.</param>
    /// <param name="query">With its question mark; empty without one.</param>
    public static string Canonical(string path, string query)
    {
        // The server decodes all but an escaped slash; then everything is escaped that may not stand in a path, the percent sign too.
        var written = new StringBuilder(path.Length + 16);
        var rest = path;
        while (rest.IndexOf("%2F", StringComparison.OrdinalIgnoreCase) is var slash and >= 0)
        {
            Escape(written, Uri.UnescapeDataString(rest[..slash]));
            written.Append("%25").Append(rest, slash + 1, 2);
            rest = rest[(slash + 3)..];
        }

        Escape(written, Uri.UnescapeDataString(rest));
        return Uri.TryCreate($"http://host{written}{query}", UriKind.Absolute, out var rewritten) ? rewritten.PathAndQuery : path + query;
    }

    private static string SmallLetters(string text) => Escaped().Replace(text, static escape => escape.Value.ToLowerInvariant());

    [GeneratedRegex("%[0-9A-Fa-f]{2}", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Escaped();

    [GeneratedRegex("%252(?<f>[Ff])", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SingleSlash();

    private static void Escape(StringBuilder written, string text)
    {
        foreach (var b in Encoding.UTF8.GetBytes(text))
        {
            if (char.IsAsciiLetterOrDigit((char)b) || Unescaped.Contains((char)b)) written.Append((char)b);
            else written.Append('%').Append(b.ToString("X2"));
        }
    }

    private static int PathStart(string url)
    {
        var authority = url.IndexOf("://", StringComparison.Ordinal) + 3;
        var length = url.AsSpan(authority).IndexOfAny('/', '?');
        return length < 0 ? url.Length : authority + length;
    }

    private static void Add(List<string> forms, string form)
    {
        if (!forms.Contains(form, StringComparer.Ordinal)) forms.Add(form);
    }
}
