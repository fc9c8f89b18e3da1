using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Serverless.Local.FunctionsHost;
using Serverless.Local.Machine;

namespace Serverless.Local.Demo;

/// <summary>Plays everybody who is told: webhook subscribers, a Teams workflow and Graph's sendMail on loopback. Every call is kept for
/// reading and answered as they answer.</summary>
internal sealed class DemoSubscriber : IAsyncDisposable
{
    private const long MaxBody = 10 * 1024 * 1024;
    private readonly DemoFolder _folder;
    private readonly TimeProvider _time;
    private FrontServer? _server;

    private DemoSubscriber(DemoFolder folder, TimeProvider time) => (_folder, _time) = (folder, time);

    /// <summary>E.g. <c>http://127.0.0.1:41231</c>. <c>/teams/{name}</c> takes cards, <c>/graph/users/{mailbox}/sendMail</c> mails; any
    /// other path is a subscriber.</summary>
    public string Address => _server!.Address.GetLeftPart(UriPartial.Authority);

    /// <summary>Whose links lead where in what is kept for a browser: the public address leads nowhere on this machine. The .eml stays as
    /// it was sent.</summary>
    public (string Public, string Here)? Links { get; set; }

    /// <param name="port">Where people read what came; 0, and one that is taken, takes a free one.</param>
    public static async Task<DemoSubscriber> StartAsync(DemoFolder folder, TimeProvider time, CancellationToken ct, int port = 0)
    {
        var subscriber = new DemoSubscriber(folder, time);
        var pages = new DemoPages(folder, subscriber.Here);
        RequestDelegate answer = context => HttpMethods.IsGet(context.Request.Method) ? pages.AnswerAsync(context)
            : subscriber.TakeAsync(context);
        subscriber._server = await FrontServer.StartAsync(PortOwner.IsFree(port) ? port : 0, answer, ct, MaxBody);
        return subscriber;
    }

    private string Here(string address) => Links is var (outside, here) ? address.Replace(outside, here, StringComparison.Ordinal)
        : address;

    public ValueTask DisposeAsync() => _server!.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        var body = await reader.ReadToEndAsync(context.RequestAborted);
        var path = context.Request.Path.Value!;
        var mime = new byte[body.Length];
        // https://learn.microsoft.com/graph/api/user-sendmail: base64 of the MIME, answered with 202; a workflow answers so, too.
        if (path.EndsWith("/sendMail", StringComparison.Ordinal) && Convert.TryFromBase64String(body, mime, out var length))
            KeepMail(mime[..length]);
        else if (path.StartsWith("/teams/", StringComparison.Ordinal) && Parsed(body) is JsonObject card)
            _folder.Keep(DemoFolder.Cards, path["/teams/".Length..], card);
        else
        {
            _folder.Keep(DemoFolder.Webhooks, path.Trim('/'), Call(context.Request, body));
            context.Response.StatusCode = StatusCodes.Status200OK;
            return;
        }

        context.Response.StatusCode = StatusCodes.Status202Accepted;
    }

    private void KeepMail(byte[] mime)
    {
        var parts = MailParts.Read(mime);
        parts = parts with { Html = Here(parts.Html) };
        _folder.Keep(DemoFolder.Mails, parts.To.Split('@')[0], parts.Text, parts.Forms(mime));
    }

    /// <summary>With its headers: they hold id, time and signatures.</summary>
    private JsonObject Call(HttpRequest request, string body) => new()
    {
        ["receivedAt"] = _time.GetUtcNow().ToString("O", CultureInfo.InvariantCulture),
        ["request"] = $"{request.Method} {request.Path}{request.QueryString}",
        ["headers"] =
        new JsonObject(request.Headers.Select(h => KeyValuePair.Create(h.Key, (JsonNode?)JsonValue.Create(h.Value.ToString())))),
        ["body"] = Parsed(body),
    };

    private static JsonNode? Parsed(string body)
    {
        try
        {
            return JsonNode.Parse(body);
        }
        catch (System.Text.Json.JsonException)
        {
            return JsonValue.Create(body);
        }
    }
}
