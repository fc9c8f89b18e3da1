using System.Net;
using System.Text;
using System.Text.Json;

namespace Serverless.Local.Outside;

/// <summary>
/// What left the app, as pages for a browser: cards as Teams shows them, mails as a mail program does, the rest as text. Rendered here,
/// without scripts.
/// </summary>
/// <param name="folder">Where it is kept.</param>
/// <param name="address">Where a link leads on this machine.</param>
internal sealed class OutsidePages(OutsideFolder folder, Func<string, string> address)
{
    private const int Most = 100;
    private const string Policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src 'self'";

    private const string Style = """
        body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:60rem;padding:1rem;background:#f5f5f5;color:#222}
        nav a{margin-right:1rem}h1{font-size:1.5rem}h2{font-size:1.15rem;margin:.2rem 0}
        .when{color:#555;font-size:.9rem;margin:1.5rem 0 .3rem}
        .card,pre,iframe{background:#fff;border:1px solid #ccc;border-radius:6px;padding:1rem;max-width:44rem}
        pre{white-space:pre-wrap;overflow-wrap:anywhere}iframe{width:100%;height:26rem}
        dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem;margin:.5rem 0}
        dt{font-weight:600}dd{margin:0;overflow-wrap:anywhere}p{margin:.4rem 0;overflow-wrap:anywhere}.bold{font-weight:600}
        .columns{display:flex;gap:1rem}.actions{display:flex;flex-wrap:wrap;gap:.5rem;margin-top:.8rem}
        .button{border:1px solid #4f52b2;border-radius:4px;color:#33358c;padding:.3rem .8rem;text-decoration:none}.unknown{color:#8a4b00}
        """;

    /// <summary><c>/</c> lists the kinds, <c>/cards</c> the newest of a kind, <c>/mails/NAME.html</c> is one file; else 404.</summary>
    public Task AnswerAsync(HttpContext context)
    {
        context.Response.Headers.ContentSecurityPolicy = Policy;
        var parts = (context.Request.Path.Value ?? "").Split('/', StringSplitOptions.RemoveEmptyEntries);
        return parts switch
        {
            [] => PageAsync(context, "What left the app", Index()),
            [var kind] when OutsideFolder.Names.Contains(kind, StringComparer.Ordinal) => PageAsync(context, kind, List(kind)),
            [var kind, var name] when OutsideFolder.Names.Contains(kind, StringComparer.Ordinal) => FileAsync(context, kind, name),
            _ => NotFound(context),
        };
    }

    private string Index()
    {
        var html = new StringBuilder("<p>Kept by the local run in the place of those who are told. Links act on this run.</p><dl>");
        foreach (var kind in OutsideFolder.Names)
            html.Append($"<dt><a href=\"/{kind}\">{kind}</a></dt><dd>{folder.Newest(kind, int.MaxValue).Count()}: {Sentence(kind)}</dd>");
        return html.Append("</dl>").ToString();
    }

    private static string Sentence(string kind) => kind switch
    {
        OutsideFolder.Cards => "Adaptive Cards for Teams",
        OutsideFolder.Mails => "mails to the people who work on cases",
        OutsideFolder.Webhooks => "signed calls to webhook subscribers",
        OutsideFolder.Replies => "texts to customers, as the providers took them",
        _ => "events that a second process received from the topic",
    };

    private string List(string kind)
    {
        var html = new StringBuilder();
        foreach (var file in folder.Newest(kind, Most))
        {
            var name = WebUtility.HtmlEncode(Path.GetFileName(file));
            html.Append($"<p class=\"when\"><a href=\"/{kind}/{name}\">{name}</a></p>").Append(One(kind, file, name));
        }

        return html.Length == 0 ? "<p>None yet.</p>" : html.ToString();
    }

    private string One(string kind, string file, string name)
    {
        if (kind == OutsideFolder.Mails) return $"<iframe sandbox=\"allow-popups\" title=\"{name}\" src=\"/{kind}/{name}\"></iframe>";
        if (kind != OutsideFolder.Cards) return $"<pre>{WebUtility.HtmlEncode(File.ReadAllText(file))}</pre>";
        using var json = JsonDocument.Parse(File.ReadAllBytes(file));
        return CardHtml.Of(json.RootElement, address);
    }

    // A name is compared with those in the folder, never joined to a path.
    private Task FileAsync(HttpContext context, string kind, string name)
    {
        if (folder.Newest(kind, int.MaxValue).FirstOrDefault(f => Path.GetFileName(f) == name) is not { } file) return NotFound(context);
        context.Response.ContentType = kind == OutsideFolder.Mails ? "text/html; charset=utf-8" : "application/json; charset=utf-8";

        // The page of a mail runs nothing; its links open beside it.
        if (kind == OutsideFolder.Mails) context.Response.Headers.ContentSecurityPolicy = Policy + "; sandbox allow-popups";
        return context.Response.SendFileAsync(file, context.RequestAborted);
    }

    private static Task PageAsync(HttpContext context, string title, string body)
    {
        context.Response.ContentType = "text/html; charset=utf-8";
        var links = string.Concat(OutsideFolder.Names.Select(k => $"<a href=\"/{k}\">{k}</a>"));
        var head = $"<meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title><style>{Style}</style>";
        var nav = $"<nav aria-label=\"kinds\"><a href=\"/\">all</a>{links}</nav>";
        return context.Response.WriteAsync(
            $"<!doctype html><html lang=\"en\"><head>{head}</head><body>{nav}<main><h1>{title}</h1>{body}</main></body></html>",
            context.RequestAborted);
    }

    private static Task NotFound(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }
}
