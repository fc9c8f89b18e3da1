using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Serverless.Platform.Localization;

namespace Serverless.Operations.Diagnostics;

/// <summary>The report as an HTML page in English or German: one table, no scripts, no external resources.</summary>
public sealed class SenderPage(TextBook texts)
{
    private const string Style =
        "body{font:1rem/1.5 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem;color:#1b1b1b;background:#fff}"
        + "table{border-collapse:collapse;width:100%}caption{text-align:left;margin-bottom:.5rem}"
        + "th,td{text-align:left;vertical-align:top;padding:.4rem .6rem;border-bottom:1px solid #767676}"
        + "td.n{text-align:right;font-variant-numeric:tabular-nums}code{overflow-wrap:anywhere;font-size:.85rem}div{overflow-x:auto}"
        + "@media(prefers-color-scheme:dark){body{color:#f2f2f2;background:#1b1b1b}}";

    /// <summary>Allows this style and nothing else.</summary>
    public static string ContentSecurityPolicy { get; } =
        $"default-src 'none'; style-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)))}'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>The report.</summary>
    /// <param name="report">The calls.</param>
    /// <param name="language">BCP 47 tag.</param>
    public string Of(SenderReport report, string language)
    {
        var title = report.Source is { } source
            ? Text(language, "calls_title_failed", ("channel", report.Channel), ("source", source))
            : Text(language, "calls_title", ("channel", report.Channel));
        var page = Begin(title, language);
        var time = Time(report.At);
        page.Append("<p>").Append(texts.Say(language, "calls_as_of", Values(("at", time)))).Append(' ')
            .Append(Text(language, "calls_times"))
            .Append("</p>");
        if (report.Calls.Count == 0)
            return page.Append("<p>").Append(Text(language, "calls_none")).Append("</p></main></body></html>").ToString();

        page.Append("<div role=\"region\" aria-labelledby=\"c\" tabindex=\"0\"><table><caption id=\"c\">")
            .Append(texts.Count(language, "calls_count", report.Calls.Count)).Append("</caption><thead><tr>");
        foreach (var column in new[] { "arrived", "outcome", "check", "clock", "bytes", "hash" })
            page.Append("<th scope=\"col\">").Append(Text(language, $"calls_{column}")).Append("</th>");
        page.Append("</tr></thead><tbody>");
        foreach (var call in report.Calls) Row(page, call, language);
        return page.Append("</tbody></table></div></main></body></html>").ToString();
    }

    /// <summary>Why a link shows nothing, in a sentence.</summary>
    public string Refusal(bool expired, string language) => texts.Say(language, expired ? "calls_link_expired" : "calls_link_wrong");

    /// <summary>A page with <see cref="Refusal"/>.</summary>
    public string Refused(bool expired, string language) =>
        Begin(Text(language, "calls_no_link"), language).Append("<p>").Append(WebUtility.HtmlEncode(Refusal(expired, language)))
            .Append("</p></main></body></html>").ToString();

    private void Row(StringBuilder page, SentCall call, string language)
    {
        page.Append(CultureInfo.InvariantCulture,
            $"<tr><td>{Time(call.At)}</td><td>{Text(language, $"calls_state_{call.State}")}</td><td>");
        if (call.Reason is { } reason)
            page.Append(CultureInfo.InvariantCulture, $"<code>{WebUtility.HtmlEncode(reason)}</code>: {WebUtility.HtmlEncode(call.Check)}");
        if (call.StandsFor is { } calls) page.Append(texts.Count(language, "calls_stands_for", calls));
        page.Append(CultureInfo.InvariantCulture,
            $"</td><td class=\"n\">{call.ClockSeconds:+0;-0;0}</td><td class=\"n\">{call.Bytes}</td>");
        page.Append(CultureInfo.InvariantCulture, $"<td><code>{call.Sha256}</code></td></tr>");
    }

    // The title is encoded already.
    private static StringBuilder Begin(string title, string language) => new StringBuilder(16 * 1024)
        .Append("<!DOCTYPE html><html lang=\"").Append(TextBook.LanguageOf(language))
        .Append("\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>").Append(title)
        .Append("</title><style>").Append(Style).Append("</style></head><body><main><h1>").Append(title).Append("</h1>");

    private string Text(string language, string key, params (string Name, string Value)[] values) =>
        WebUtility.HtmlEncode(texts.Say(language, key, Values(values)));

    private static Dictionary<string, string> Values(params (string Name, string Value)[] values) =>
        values.ToDictionary(v => v.Name, v => v.Value, StringComparer.Ordinal);

    // In UTC and to the second: a sender compares it with its own log.
    private static string Time(DateTimeOffset at) => string.Create(
        CultureInfo.InvariantCulture,
        $"<time datetime=\"{at.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}\">{at.UtcDateTime:yyyy-MM-dd HH:mm:ss}</time>");
}
