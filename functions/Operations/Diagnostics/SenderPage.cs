using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace Serverless.Operations.Diagnostics;

/// <summary>The report as a page for a browser, in English or German: one table, no scripts, nothing loaded from anywhere.</summary>
public static class SenderPage
{
    private const string Style =
        "body{font:1rem/1.5 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem;color:#1b1b1b;background:#fff}"
        + "table{border-collapse:collapse;width:100%}caption{text-align:left;margin-bottom:.5rem}th,td{text-align:left;vertical-align:top;padding:.4rem .6rem;border-bottom:1px solid #767676}"
        + "td.n{text-align:right;font-variant-numeric:tabular-nums}code{overflow-wrap:anywhere;font-size:.85rem}div{overflow-x:auto}"
        + "@media(prefers-color-scheme:dark){body{color:#f2f2f2;background:#1b1b1b}}";

    /// <summary>Lets the browser use this style and nothing else.</summary>
    public static string ContentSecurityPolicy { get; } =
        $"default-src 'none'; style-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)))}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static readonly Dictionary<string, (string English, string German)> States = new(StringComparer.Ordinal)
    {
        ["stored"] = ("stored", "gespeichert"),
        ["worked"] = ("stored and worked", "gespeichert und verarbeitet"),
        ["kept"] = ("stored; not all of it could be read yet", "gespeichert; noch nicht alles war lesbar"),
        ["quarantined"] = ("not verified, kept in quarantine", "nicht bestätigt, in Quarantäne aufgehoben"),
        ["refused"] = ("not verified, refused", "nicht bestätigt, abgewiesen"),
    };

    /// <summary>The report.</summary>
    public static string Of(SenderReport report, bool german)
    {
        var title = german ? $"Letzte Aufrufe: {report.Channel}" : $"Last calls: {report.Channel}";
        if (report.Source is { } source)
            title = $"{(german ? "Gescheiterte Aufrufe" : "Failing calls")}: {report.Channel}, {source}";
        var page = Begin(title, german);
        page.Append(CultureInfo.InvariantCulture, $"<p>{(german ? "Stand" : "As of")} {Time(report.At)}. {(german ? "Zeiten in UTC; die Uhr-Abweichung ist Ihre signierte Zeit minus unsere." : "Times in UTC; the clock difference is your signed time minus ours.")}</p>");
        if (report.Calls.Count == 0)
            return page.Append(german ? "<p>In den letzten 30 Tagen kam kein Aufruf an: Stimmt die eingetragene Adresse?</p>" : "<p>No call arrived within the last 30 days: is the address entered rightly?</p>").Append("</main></body></html>").ToString();

        page.Append(CultureInfo.InvariantCulture, $"<div role=\"region\" aria-labelledby=\"c\" tabindex=\"0\"><table><caption id=\"c\">{(german ? $"{report.Calls.Count} Aufrufe, die neuesten zuerst" : $"{report.Calls.Count} calls, the latest first")}</caption><thead><tr>");
        foreach (var head in german
            ? new[] { "Ankunft", "Ergebnis", "Was zu prüfen ist", "Uhr (s)", "Bytes", "SHA-256 des Inhalts" }
            : ["Arrived", "Outcome", "What to check", "Clock (s)", "Bytes", "SHA-256 of the body"]) page.Append("<th scope=\"col\">").Append(head).Append("</th>");
        page.Append("</tr></thead><tbody>");
        foreach (var call in report.Calls) Row(page, call, german);
        return page.Append("</tbody></table></div></main></body></html>").ToString();
    }

    /// <summary>A page that says why there is nothing to see.</summary>
    public static string Saying(string sentence, bool german) =>
        Begin(german ? "Kein gültiger Link" : "No valid link", german).Append("<p>").Append(WebUtility.HtmlEncode(sentence)).Append("</p></main></body></html>").ToString();

    private static void Row(StringBuilder page, SentCall call, bool german)
    {
        var (english, deutsch) = States[call.State];
        page.Append(CultureInfo.InvariantCulture, $"<tr><td>{Time(call.At)}</td><td>{(german ? deutsch : english)}</td><td>");
        if (call.Reason is { } reason) page.Append(CultureInfo.InvariantCulture, $"<code>{WebUtility.HtmlEncode(reason)}</code>: {WebUtility.HtmlEncode(call.Check)}");
        if (call.StandsFor is { } calls) page.Append(CultureInfo.InvariantCulture, $" ({(german ? "steht für" : "stands for")} {calls} {(german ? "Aufrufe" : "calls")})");
        page.Append(CultureInfo.InvariantCulture, $"</td><td class=\"n\">{call.ClockSeconds:+0;-0;0}</td><td class=\"n\">{call.Bytes}</td><td><code>{call.Sha256}</code></td></tr>");
    }

    private static StringBuilder Begin(string title, bool german) => new StringBuilder(16 * 1024)
        .Append("<!DOCTYPE html><html lang=\"").Append(german ? "de" : "en").Append("\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>")
        .Append(WebUtility.HtmlEncode(title)).Append("</title><style>").Append(Style).Append("</style></head><body><main><h1>").Append(WebUtility.HtmlEncode(title)).Append("</h1>");

    private static string Time(DateTimeOffset at) => string.Create(CultureInfo.InvariantCulture, $"<time datetime=\"{at.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}\">{at.UtcDateTime:yyyy-MM-dd HH:mm:ss}</time>");
}
