using System.Text;
using System.Text.Json;
using Microsoft.Azure.Functions.Worker;
using Serverless.Channels;
using Serverless.Platform.Audit;
using Serverless.Platform.Http;
using Serverless.Platform.Localization;

namespace Serverless.Operations.Diagnostics;

/// <summary>The page on which a sender sees the results of its calls, and the link to it.</summary>
public sealed class DiagnosticsFunctions(
    ChannelDirectory channels, DiagnosticsLinks links, SenderReports reports, SenderPage page, AuditLog actions, Caller caller)
{
    private const int LongestBy = 100;

    private sealed record Asked(string Channel, int Days, string? Source, string? By);

    /// <summary>Creates a link for a sender.</summary>
    [Function("LinkDiagnostics")]
    public async Task Link([HttpTrigger(AuthorizationLevel.Function, "post", Route = "operations/diagnostics-link")] HttpRequest request)
    {
        if (await ReadAsync(request) is not { } asked || channels.Find(asked.Channel) is not { } channel)
        {
            await ApiResponse.ProblemAsync(request, 400, "Send {\"channel\":\"generic\",\"days\":7}: channel is one of "
                + $"{string.Join(", ", channels.All.Select(c => c.Name))}, days is a number from 1 to {DiagnosticsLinks.LongestDays}, "
                + "source, to show the failing calls of one sender alone, is a name of the channel's settings.");
            return;
        }

        if (links.Make(channel.Name, asked.Days, asked.Source) is not { } link)
        {
            await ApiResponse.ProblemAsync(request, 409, "Diagnostics__Secret is missing: set it to 32 random characters or more.");
            return;
        }

        var ct = request.HttpContext.RequestAborted;
        var until = $"until {link.ExpiresAt:yyyy-MM-ddTHH:mmZ}";
        var begun = await actions.BeginAsync("diagnostics-link", channel.Name, until, caller.Of(request, asked.By), ct);
        await actions.EndAsync(begun, new Dictionary<string, int>(StringComparer.Ordinal) { ["days"] = asked.Days }, ct);
        await ApiResponse.JsonAsync(request, link, DiagnosticsJson.Default.Link);
    }

    /// <summary>Shows a sender the results of its latest calls, authorized by the signature in the link.</summary>
    [Function("ShowDiagnostics")]
    public async Task Show([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "diagnostics/{channel}")] HttpRequest request)
    {
        HtmlPage.Guard(request, SenderPage.ContentSecurityPolicy);
        request.HttpContext.Response.Headers.Vary = "Accept, Accept-Language";

        var language = HtmlPage.WantsGerman(request, whenNoneIsNamed: false) ? TextBook.German : TextBook.English;
        var name = request.Route("channel");
        var channel = channels.Find(name);
        var source = request.Value("source");
        var check = links.Judge(name, source, request.Query["token"]);
        if (channel is null || check != DiagnosticsLinks.Check.Valid)
        {
            await RefuseAsync(request, channel is not null && check == DiagnosticsLinks.Check.Expired, language);
            return;
        }

        var report = await reports.ReadAsync(channel.Name, source, language, request.HttpContext.RequestAborted);
        if (WantsPage(request)) await PageAsync(request, page.Of(report, language), 200);
        else await ApiResponse.JsonAsync(request, report, DiagnosticsJson.Default.SenderReport);
    }

    private static async Task<Asked?> ReadAsync(HttpRequest request)
    {
        if (await RawBody.ReadAsync(request) is not { } body) return null;
        try
        {
            using var json = JsonDocument.Parse(body);
            var days = json.RootElement.TryGetProperty("days", out var number) ? number.GetInt32() : 7;
            var by = json.RootElement.TryGetProperty("by", out var who) ? who.GetString() : null;
            var source = json.RootElement.TextOf("source");
            if (source is { Length: 0 or > LongestBy } || source?.Any(char.IsControl) == true) return null;
            if (days is < 1 or > DiagnosticsLinks.LongestDays || by?.Length > LongestBy) return null;
            return json.RootElement.GetProperty("channel").GetString() is { } channel ? new Asked(channel, days, source, by) : null;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException or KeyNotFoundException)
        {
            return null;
        }
    }

    private Task RefuseAsync(HttpRequest request, bool expired, string language) => WantsPage(request)
        ? PageAsync(request, page.Refused(expired, language), 404)
        : ApiResponse.ProblemAsync(request, 404, page.Refusal(expired, language));

    private static Task PageAsync(HttpRequest request, string html, int status) =>
        HtmlPage.AnswerAsync(request, Encoding.UTF8.GetBytes(html), status);

    private static bool WantsPage(HttpRequest request) =>
        request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);
}
