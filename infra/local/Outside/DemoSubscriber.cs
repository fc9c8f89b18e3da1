using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Serverless.Local.Hosting;
using Serverless.Local.Machine;
using Serverless.Local.Run;

namespace Serverless.Local.Outside;

/// <summary>Plays everybody outside: a webhook subscriber, a Teams workflow and Graph on loopback. Every call is kept as a JSON file, a mail as .eml beside it, and answered with 200.</summary>
internal sealed class DemoSubscriber : IAsyncDisposable
{
    private const long MaxBody = 10 * 1024 * 1024;
    private readonly string _folder;
    private readonly TimeProvider _time;
    private LoopbackServer? _server;
    private int _count;

    private DemoSubscriber(string folder, TimeProvider time) => (_folder, _time) = (folder, time);

    /// <summary>E.g. <c>http://127.0.0.1:41231</c>; any path below it is a subscriber.</summary>
    public string Address => _server!.Address.GetLeftPart(UriPartial.Authority);

    /// <param name="folder">Made if need be; calls recorded before stay there.</param>
    public static async Task<DemoSubscriber> StartAsync(string folder, TimeProvider time, CancellationToken ct)
    {
        Directory.CreateDirectory(folder);
        var subscriber = new DemoSubscriber(folder, time);
        subscriber._server = await LoopbackServer.StartAsync(0, MaxBody, subscriber.RecordAsync, ct);
        return subscriber;
    }

    public ValueTask DisposeAsync() => _server!.DisposeAsync();

    private async Task RecordAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        var body = await reader.ReadToEndAsync(context.RequestAborted);
        var now = _time.GetUtcNow();
        var call = new JsonObject
        {
            ["receivedAt"] = now.ToString("O", CultureInfo.InvariantCulture),
            ["request"] = $"{context.Request.Method} {context.Request.Path}{context.Request.QueryString}",
            ["headers"] = new JsonObject(context.Request.Headers.Select(h => KeyValuePair.Create(h.Key, (JsonNode?)JsonValue.Create(h.Value.ToString())))),
            ["body"] = Parsed(body),
        };
        // The name sorts by time and is taken once, whatever the subscriber's path says.
        var name = $"{now:yyyyMMdd'T'HHmmss'.'fff}-{Interlocked.Increment(ref _count):d6}.json";
        RunFolder.Write(Path.Combine(_folder, name), Encoding.UTF8.GetBytes(call.ToJsonString(LocalSettings.Readable)));
        // Graph gets a mail as base64 of its MIME; a mail program opens it as it is.
        var mail = new byte[body.Length];
        if (context.Request.Path.Value!.EndsWith("/sendMail", StringComparison.Ordinal) && Convert.TryFromBase64String(body, mail, out var length)) RunFolder.Write(Path.Combine(_folder, Path.ChangeExtension(name, ".eml")), mail.AsSpan(0, length).ToArray());
        context.Response.StatusCode = StatusCodes.Status200OK;
    }

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
