using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Serverless.Local.FunctionsHost;

namespace Serverless.Local.Demo;

/// <summary>
/// Plays the providers on loopback: serves the documents that seeds name (<c>NN-name.fetched.json</c>, <c>outside.json</c>) under
/// <c>/{channel}/...</c>, so that the real app fetches them
/// over HTTP, and takes texts to customers where somebody keeps them. What no seed names is answered 404 and remembered.
/// </summary>
internal sealed class SeedProvider : IAsyncDisposable
{
    private const long MaxBody = 1024 * 1024;
    private readonly IReadOnlyList<DemoAnswer> _answers;
    private readonly ConcurrentQueue<string> _strays = new();
    private FrontServer? _server;

    private readonly ReplyCounter? _replies;

    private SeedProvider(IReadOnlyList<DemoAnswer> answers, ReplyCounter? replies) => (_answers, _replies) = (answers, replies);

    /// <summary>E.g. <c>http://127.0.0.1:41231</c>; a channel's base address is below it, by its name.</summary>
    public string Address => _server!.Address.GetLeftPart(UriPartial.Authority);

    /// <summary>Method and address of each request that no seed names.</summary>
    public IReadOnlyCollection<string> Strays => _strays;

    /// <param name="seeds">The folder <c>seeds</c>; it may be missing.</param>
    /// <param name="replies">Takes texts to customers; null: nobody does.</param>
    public static async Task<SeedProvider> StartAsync(string seeds, CancellationToken ct, ReplyCounter? replies = null)
    {
        var provider = new SeedProvider(DemoAnswer.ReadAll(seeds), replies);
        provider._server = await FrontServer.StartAsync(0, provider.AnswerAsync, ct, MaxBody);
        return provider;
    }

    public ValueTask DisposeAsync() => _server!.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var request = context.Request;
        var query = Uri.UnescapeDataString(request.QueryString.Value ?? "");
        // The best is the one that names most of the address.
        var answer = _answers.Where(a => a.Answers(request.Method, request.Path.Value ?? "", query)).MaxBy(a => a.Names.Length);
        if (answer is null && _replies is not null && await TakenAsync(_replies, context)) return;
        if (answer is null)
        {
            _strays.Enqueue($"{request.Method} {request.Path}{request.QueryString}");
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync("""{"error":{"code":"not-in-seeds"}}""", context.RequestAborted);
            return;
        }

        context.Response.ContentType = answer.ContentType;
        var body = answer.BodyAt(Address);
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }

    private static async Task<bool> TakenAsync(ReplyCounter replies, HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body, System.Text.Encoding.UTF8);
        if (replies.Answer(context.Request.Method, context.Request.Path.Value ?? "",
            await reader.ReadToEndAsync(context.RequestAborted)) is not var (status, document)) return false;
        context.Response.StatusCode = status;
        if (document is null) return true;
        context.Response.ContentType = "application/json; charset=utf-8";
        await context.Response.WriteAsync(document.ToJsonString(), context.RequestAborted);
        return true;
    }
}

/// <summary>One document a provider holds.</summary>
/// <param name="Channel">Folder of its seed: the first part of its address.</param>
/// <param name="Method">Of the request it answers.</param>
/// <param name="Names">Path behind the channel, with a leading slash, decoded; with <c>?query</c> where the query counts.</param>
/// <param name="Whole">False when the request's path need only end with it.</param>
internal sealed record DemoAnswer(string Channel, string Method, string Names, bool Whole, byte[] Body, string ContentType)
{
    public static IReadOnlyList<DemoAnswer> ReadAll(string seeds) => !Directory.Exists(seeds) ? [] :
    [
        .. Directory.EnumerateFiles(seeds, "*.fetched.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
        .SelectMany(f => Read(f, resources: true)),
        .. Directory.EnumerateFiles(seeds, "outside.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
        .SelectMany(f => Read(f, resources: false)),
    ];

    /// <summary>Whether it answers a request.</summary>
    /// <param name="path">Decoded, with the channel.</param>
    /// <param name="query">Decoded, with its question mark; empty for none.</param>
    public bool Answers(string method, string path, string query)
    {
        var channel = $"/{Channel}/";
        if (method != Method || !path.StartsWith(channel, StringComparison.Ordinal)) return false;
        var behind = path[(channel.Length - 1)..];
        var mark = Names.IndexOf('?', StringComparison.Ordinal);
        if (mark >= 0 && Names[mark..] != query) return false;
        var named = mark < 0 ? Names : Names[..mark];
        return Whole ? behind.Equals(named, StringComparison.OrdinalIgnoreCase)
            : behind.EndsWith(named, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The document; <c>{provider}</c> in a JSON one stands for where it is served, for addresses of files.</summary>
    public byte[] BodyAt(string provider) =>
        Body.AsSpan().IndexOf("{provider}"u8) < 0
        ? Body : Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(Body).Replace("{provider}", provider, StringComparison.Ordinal));

    private static IEnumerable<DemoAnswer> Read(string file, bool resources)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(file));
        var channel = Path.GetFileName(Path.GetDirectoryName(file))!;
        foreach (var entry in json.RootElement.EnumerateObject().ToList())
        {
            var (method, names, whole) = resources
                ? ("GET", "/" + entry.Name.TrimStart('/'), false) : (entry.Name.Split(' ')[0], entry.Name.Split(' ', 2)[1], true);
            var document = entry.Value;
            if (Text(document, "$path") is { } path)
            {
                (names, whole) = (path, true);
                if (document.TryGetProperty("$document", out var inner)) document = inner;
            }

            var bytes = Text(document, "$base64");
            yield return new DemoAnswer(channel, method, Uri.UnescapeDataString(names), whole,
                bytes is null ? Encoding.UTF8.GetBytes(document.GetRawText()) : Convert.FromBase64String(bytes),
                bytes is null ? "application/json; charset=utf-8" : Text(document, "$type") ?? "application/octet-stream");
        }
    }

    private static string? Text(JsonElement document, string name) =>
        document.ValueKind == JsonValueKind.Object && document.TryGetProperty(name, out var value)
        && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
