using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace Serverless.Platform.Http;

/// <summary>HTML pages authorized by a signed link.</summary>
public static class HtmlPage
{
    // An answer to a customer of 5,000 characters, each escaped as a form does.
    private const int LargestForm = 64 * 1024;

    /// <summary>
    /// What a browser may do with the answer: only what the policy says, nothing guessed, and the link travels neither to another site
    /// nor into a search engine.
    /// </summary>
    public static void Guard(HttpRequest request, string policy)
    {
        var headers = request.HttpContext.Response.Headers;
        headers.ContentSecurityPolicy = policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["X-Robots-Tag"] = "noindex";
    }

    public static Task AnswerAsync(HttpRequest request, ReadOnlyMemory<byte> html, int status) =>
        ApiResponse.WriteAsync(request, html, status, "text/html; charset=utf-8");

    /// <summary>
    /// Whether German comes before English among the languages of the browser, which lists them in the order of liking; weights only
    /// repeat that order.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="whenNoneIsNamed">Result for a browser that names no language.</param>
    public static bool WantsGerman(HttpRequest request, bool whenNoneIsNamed)
    {
        var languages = request.Headers.AcceptLanguage.ToString();
        if (languages.Length == 0) return whenNoneIsNamed;
        foreach (var language in languages.Split(',', StringSplitOptions.TrimEntries))
        {
            if (language.StartsWith("de", StringComparison.OrdinalIgnoreCase)) return true;
            if (language.StartsWith("en", StringComparison.OrdinalIgnoreCase)) return false;
        }

        return false;
    }

    /// <summary>The fields of a form; none when it has more than 64 KiB.</summary>
    public static async Task<IReadOnlyDictionary<string, StringValues>> FormAsync(HttpRequest request)
    {
        var body = await RawBody.ReadAsync(request, LargestForm) ?? default;
        return QueryHelpers.ParseQuery(Encoding.UTF8.GetString(body.Span));
    }
}
