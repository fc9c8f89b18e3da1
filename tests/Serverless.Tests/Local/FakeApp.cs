using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Serverless.Tests.Local;

/// <summary>Speaks as much of the app's contract as a replay needs: takes deliveries, and tells the ends it was told to tell.</summary>
public sealed class FakeApp : IAsyncDisposable
{
    private const string Done =
        """{"deliveries":{"total":1,"accepted":1,"quarantined":0,"refused":0},"ends":{"case":1},"unaccounted":0,"contacts":1,"duplicates":0,"cases":1,"notices":{"webhook":{"delivered":1,"waiting":0,"failed":0}},"outboxPending":0,"calls":{"storage":7,"bus":1}}""";

    private readonly WebApplication _app;
    private readonly List<(string Line, IReadOnlyDictionary<string, string> Headers, byte[] Body)> _taken = [];
    private string[] _ends = [];
    private int _openFor;
    private int _answerStatus;
    private string _summary = "";
    private int _asked;

    private FakeApp(WebApplication app) => _app = app;

    public Uri FrontDoor => new(_app.Urls.First());

    public IReadOnlyList<(string Line, IReadOnlyDictionary<string, string> Headers, byte[] Body)> Taken => _taken;

    /// <summary>Starts it; the ends are JSON, one per delivery in order, the last one repeats; so many questions after an end are answered
    /// with <c>open</c>.</summary>
    public static async Task<FakeApp> StartAsync(string[]? ends = null, int openFor = 0, int answerStatus = 200, string summary = Done)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var fake = new FakeApp(builder.Build()) { _ends = ends
            ?? ["""["case"]"""], _openFor = openFor, _answerStatus = answerStatus, _summary = summary };
        fake._app.Run(fake.AnswerAsync);
        await fake._app.StartAsync();
        return fake;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path;
        if (path.StartsWithSegments("/api/hooks", StringComparison.Ordinal)) await TakeAsync(context);
        else if (context.Request.Headers["x-functions-key"] != "key") context.Response.StatusCode = 401;
        else if (path.StartsWithSegments("/api/operations/deliveries", StringComparison.Ordinal, out var rest))
            await context.Response.WriteAsync(End(rest.Value!.Split('/')[^1]));
        else if (path == "/api/operations/summary") await context.Response.WriteAsync(_summary);
        else if (path.StartsWithSegments("/api/cases", StringComparison.Ordinal, out var one) && one.HasValue)
            await CaseAsync(context, one.Value!.Split('/')[1]);
        else if (path == "/api/cases") await context.Response.WriteAsync(Cases(context.Request.Query["continuation"].ToString()));
        else context.Response.StatusCode = 404;
    }

    /// <summary>What was asked to be said to customers, by case number; a case is answered for good.</summary>
    public Dictionary<string, string> Said { get; } = new(StringComparer.Ordinal);

    /// <summary>The state of every answer.</summary>
    public string ReplyState { get; set; } = "sent";

    private async Task CaseAsync(HttpContext context, string number)
    {
        if (context.Request.Method == "POST")
        {
            using var request = await System.Text.Json.JsonDocument.ParseAsync(context.Request.Body);
            Said.Add(number, request.RootElement.GetProperty("text").GetString()!);
            context.Response.StatusCode = 202;
            return;
        }

        var reply = Said.ContainsKey(number) ? $$"""{"to":"c","state":"{{ReplyState}}"}""" : "";
        await context.Response.WriteAsync($$$"""{"contacts":[{"id":"c","contact":{"channel":"telegram"}}],"replies":[{{{reply}}}]}""");
    }

    private async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        _taken.Add(($"{context.Request.Method} {context.Features.Get<IHttpRequestFeature>()!.RawTarget}",
            context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase), body.ToArray()));
        context.Response.StatusCode = _answerStatus;
        context.Response.Headers["x-delivery-id"] = $"{_taken.Count - 1}";
    }

    private string End(string id) => _asked++ < _openFor
        ? """{"end":"open","ends":[]}"""
        : $$"""{"end":"ended","ends":{{_ends[Math.Min(int.Parse(id), _ends.Length - 1)]}}}""";

    private static string Cases(string continuation)
    {
        var number = continuation.Length == 0 ? "AAAA-1111" : "BBBB-2222";
        var next = continuation.Length == 0 ? ""","continuation":"a b" """ : "";
        return $$"""{"cases":[{"id":"1","number":"{{number}}","state":"open","owner":"o","need":"n","channels":["{{(continuation.Length == 0 ? "demo" : "telegram")}}"],"openedAt":"x","dueAt":"y","contacts":1}]{{next}}}""";
    }
}
