using System.Text;
using System.Text.Json;
using Serverless.Channels;
using Serverless.Diagnostics;
using Serverless.Hosting;

namespace Serverless.ShowDiagnostics;

/// <summary>Shows a sender how its last calls fared: <c>GET api/diagnostics/{channel}</c>. The signature in the link is the key.</summary>
public static class ShowDiagnosticsFunction
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapRaw("ShowDiagnostics", ["GET"], "diagnostics/{channel}", async context =>
    {
        HtmlPage.Guard(context, SenderPage.ContentSecurityPolicy);
        context.Response.Headers.Vary = "Accept, Accept-Language";

        var german = HtmlPage.WantsGerman(context, whenNoneIsNamed: false);
        var name = (string)context.Request.RouteValues["channel"]!;
        var channel = context.RequestServices.GetRequiredService<ChannelDirectory>().Find(name);
        var check = context.RequestServices.GetRequiredService<DiagnosticsLinks>().Judge(name, context.Request.Query["token"]);
        if (channel is null || check != DiagnosticsLinks.Check.Valid) await RefuseAsync(context, channel is not null && check == DiagnosticsLinks.Check.Expired, german);
        else
        {
            var report = await context.RequestServices.GetRequiredService<SenderReports>().ReadAsync(channel.Name, german, context.RequestAborted);
            if (WantsPage(context)) await PageAsync(context, SenderPage.Of(report, german), 200);
            else await HttpAnswer.JsonAsync(context, JsonSerializer.SerializeToUtf8Bytes(report, DiagnosticsJson.Default.SenderReport));
        }
    });

    private static Task RefuseAsync(HttpContext context, bool expired, bool german)
    {
        var sentence = (expired, german) switch
        {
            (true, true) => "Dieser Link ist abgelaufen. Bitte lassen Sie sich von der Stelle, die ihn ausgegeben hat, einen neuen geben.",
            (true, false) => "This link has expired. Please ask whoever gave it to you for a new one.",
            (false, true) => "Dieser Link ist nicht gültig. Bitte prüfen Sie, ob er vollständig kopiert wurde, oder lassen Sie sich einen neuen geben.",
            (false, false) => "This link is not valid. Please check that it was copied whole, or ask for a new one.",
        };
        return WantsPage(context) ? PageAsync(context, SenderPage.Saying(sentence, german), 404) : HttpAnswer.ProblemAsync(context, 404, sentence);
    }

    private static Task PageAsync(HttpContext context, string html, int status) => HtmlPage.AnswerAsync(context, Encoding.UTF8.GetBytes(html), status);

    private static bool WantsPage(HttpContext context) => context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);
}
