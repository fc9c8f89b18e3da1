using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Serverless.Cases;
using Serverless.Cases.Rules;
using Serverless.Platform.Localization;
using Serverless.Replies;
using Serverless.ServiceLevels;

namespace Serverless.ActionLinks;

/// <summary>
/// The page of a link, in German or English: no script, no external resources, and only those customer details that are included for
/// the recipient of the link.
/// </summary>
public sealed class ActionPage(TextBook texts, Calendars calendars)
{
    /// <summary>Style of the pages; the policy names it by its hash.</summary>
    public const string Style =
        """
        :root{color-scheme:light dark}
        body{font:1.125rem/1.5 system-ui,sans-serif;max-width:34rem;margin:0 auto;padding:1.5rem}
        h1{font-size:1.5rem;line-height:1.25}
        dl{display:grid;grid-template-columns:auto 1fr;gap:.25rem 1rem}
        dt{font-weight:600}dd{margin:0;overflow-wrap:anywhere}
        label{display:block;margin:1rem 0 .25rem;font-weight:600}
        input,select,textarea,button{font:inherit;box-sizing:border-box;width:100%;padding:.6rem;border:1px solid #767676;border-radius:.4rem}
        button{margin-top:1.25rem;background:#0b57a4;color:#fff;border-color:#0b57a4;cursor:pointer}
        button.second{background:transparent;color:inherit;border-color:#767676}
        fieldset{border:1px solid #767676;border-radius:.4rem;margin:0}legend{font-weight:600}
        label.tick{display:flex;gap:.6rem;align-items:baseline;font-weight:400;margin:.5rem 0}
        input[type=checkbox]{width:auto}
        :focus-visible{outline:3px solid #e8a200;outline-offset:2px}
        .alert{border-left:.3rem solid #b3261e;padding-left:.75rem}
        h2{font-size:1.2rem}
        article{border-top:1px solid #767676;padding:.5rem 0}
        article h2,article h3{font-size:1rem;margin:.25rem 0}
        blockquote{white-space:pre-wrap;overflow-wrap:anywhere;border-left:.25rem solid #767676;margin:.5rem 0;padding-left:.75rem}
        ul.links{list-style:none;padding:0}
        ul.links a{display:inline-block;padding:.4rem 0}
        """;

    /// <summary>Allows the page's own style and a form to this address, nothing else.</summary>
    public static string Policy { get; } =
        $"default-src 'none'; style-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)))}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

    /// <summary>HTML in UTF-8.</summary>
    /// <param name="view">Content of the page.</param>
    /// <param name="german">German, else English.</param>
    /// <param name="now">Now.</param>
    public byte[] Render(LinkView view, bool german, DateTimeOffset now)
    {
        var language = german ? TextBook.German : TextBook.English;
        string Says(string key) => Safe(texts.Say(language, $"page_{key}"));
        var action = view.Link?.Action switch
        {
            LinkAction.Accept => "accept",
            LinkAction.HandOver => "hand_over",
            LinkAction.Done => "done",
            LinkAction.View => "view",
            LinkAction.Answer => "answer",
            LinkAction.Incident => "incident",
            _ => "strange",
        };
        var topic = view.State switch
        {
            LinkState.Strange => "strange",
            LinkState.Expired => "expired",
            LinkState.Used => "used",
            LinkState.Over => "over",
            LinkState.NoWay => view.Objection == ReplyRequestResult.WindowClosed ? "window_closed" : "no_way",
            _ => action,
        };
        var html = new StringBuilder();
        html.Append(CultureInfo.InvariantCulture, $"<!doctype html><html lang=\"{language}\"><head><meta charset=\"utf-8\">")
            .Append("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><meta name=\"robots\" content=\"noindex\">")
            .Append(CultureInfo.InvariantCulture, $"<title>{Says($"{topic}_title")}</title><style>{Style}</style></head>")
            .Append(CultureInfo.InvariantCulture, $"<body><main><h1>{Says($"{topic}_title")}</h1>");
        var (role, says) = view.State == LinkState.Done ? (" role=\"status\"", $"{action}_done") : ("", $"{topic}_says");
        html.Append(CultureInfo.InvariantCulture, $"<p{role}>{Says(says)}</p>");
        var zone = view.Zone ?? calendars.Default.Zone;
        if (view.Case is { } head) Facts(html, head, language, zone, now);
        var sections = new CaseSections(texts, language, zone, html);
        if (view.To is { } to && view.Viewer is not null) sections.AnswersTo(to, view.Viewer);
        if (view.State is LinkState.Open or LinkState.Incomplete)
        {
            if (action == "answer") sections.AnswerForm(view);
            else if (action == "view") sections.Case(view);
            else if (action == "incident") sections.Alike(view);
            else Form(html, view, action, Says);
        }
        else if (view.Text is { Length: > 0 } unsent)
        {
            sections.Unsent(unsent);
        }

        html.Append("</main></body></html>");
        return Encoding.UTF8.GetBytes(html.ToString());
    }

    private void Facts(StringBuilder html, Case head, string language, TimeZoneInfo zone, DateTimeOffset now)
    {
        void Fact(string name, string value) =>
            html.Append(CultureInfo.InvariantCulture, $"<dt>{Safe(texts.Say(language, $"page_{name}"))}</dt><dd>{Safe(value)}</dd>");
        html.Append("<dl>");
        Fact("case", head.Number);
        Fact("need", texts.Say(language, $"need_{head.Need.Replace('-', '_')}"));
        Fact("owes", texts.Say(language, $"owes_{head.Owes.Replace('-', '_')}"));
        Fact("channel", string.Join(", ", head.Networks));
        Fact("owner", head.Owner ?? texts.Say(language, "page_nobody"));
        if (head.AcceptedBy is { } by) Fact("accepted", by);
        if (head.HandOver is { } offer) Fact("offered", offer.To);
        if (head.DueAt is { } due)
        {
            var late = due < now ? $" ({texts.Say(language, "page_late")})" : "";
            Fact("due", texts.Time(language, due, zone) + late);
        }

        html.Append("</dl>");
    }

    private static void Form(StringBuilder html, LinkView view, string action, Func<string, string> says)
    {
        if (view.State == LinkState.Incomplete)
            html.Append(CultureInfo.InvariantCulture, $"<p class=\"alert\" role=\"alert\">{says("incomplete")}</p>");
        if (action == "hand_over" && view.Owners is not { Count: > 0 })
        {
            html.Append(CultureInfo.InvariantCulture, $"<p class=\"alert\">{says("hand_over_nobody")}</p>");
            return;
        }

        html.Append("<form method=\"post\">");
        if (action == "hand_over")
        {
            html.Append(CultureInfo.InvariantCulture,
                $"<label for=\"to\">{says("hand_over_to")}</label><select id=\"to\" name=\"to\" required>");
            foreach (var owner in view.Owners!) html.Append(CultureInfo.InvariantCulture, $"<option>{Safe(owner)}</option>");
            html.Append(CultureInfo.InvariantCulture,
                $"</select><label for=\"why\">{says("hand_over_why")}</label><textarea id=\"why\" name=\"why\" rows=\"3\" maxlength=\"{CaseActions.LongestReason}\" required></textarea>");
        }

        if (action == "done")
            html.Append(CultureInfo.InvariantCulture,
                $"<label for=\"cause\">{says("done_cause")}</label><input id=\"cause\" name=\"cause\" maxlength=\"{CaseActions.LongestReason}\" required>");
        html.Append(CultureInfo.InvariantCulture, $"<button>{says($"{action}_button")}</button></form>");
        // A form of its own, so that nobody has to fill in what they do not know.
        if (action == "done")
            html.Append(CultureInfo.InvariantCulture,
                $"<form method=\"post\"><button class=\"second\" name=\"cause\" value=\"unknown\">{says("done_unknown")}</button></form>");
    }

    private static string Safe(string text) => WebUtility.HtmlEncode(text);
}
