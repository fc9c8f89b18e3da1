using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Serverless.Local.Hosting;

/// <summary>host.json with the overrides of app settings laid over it: the few values this host honours.</summary>
public sealed class HostJson
{
    private const string OverridePrefix = "AzureFunctionsJobHost__";
    private readonly JsonObject root;

    private HostJson(JsonObject root)
    {
        this.root = root;
    }

    /// <summary>Program name or path below the app root.</summary>
    public string Executable => Text("customHandler:description:defaultExecutablePath")
        ?? throw new HostStartException("host.json names no customHandler.description.defaultExecutablePath: this host runs custom handlers only.");

    /// <summary>Arguments as written, <c>%VAR%</c> not yet expanded.</summary>
    public IReadOnlyList<string> Arguments =>
        Find("customHandler:description:arguments") is JsonArray list ? [.. list.Select(item => item?.ToString() ?? "")] : [];

    /// <summary>Relative to the app root; empty means the app root.</summary>
    public string WorkingDirectory => Text("customHandler:description:workingDirectory") ?? "";

    public bool Forwarding => Flag("customHandler:enableForwardingHttpRequest");

    public bool Proxying => Flag("customHandler:enableProxyingHttpRequest");

    /// <summary>After this long an invocation is given up and the handler is killed. 30 minutes when host.json is silent.</summary>
    public TimeSpan FunctionTimeout => Span("functionTimeout", TimeSpan.FromMinutes(30));

    public string RoutePrefix => Text("extensions:http:routePrefix") ?? "api";

    public TimeSpan QueuePollingMax => Span("extensions:queues:maxPollingInterval", TimeSpan.FromMinutes(1));

    /// <summary>How long a message stays invisible after a failed try.</summary>
    public TimeSpan QueueVisibilityTimeout => Span("extensions:queues:visibilityTimeout", TimeSpan.Zero);

    public int QueueBatchSize => Math.Clamp(Number("extensions:queues:batchSize", 16), 1, 32);

    public int QueueNewBatchThreshold => Number("extensions:queues:newBatchThreshold", QueueBatchSize / 2);

    public int QueueMaxDequeueCount => Math.Max(1, Number("extensions:queues:maxDequeueCount", 5));

    /// <summary>False when messages travel as plain text (<c>messageEncoding: none</c>).</summary>
    public bool QueueBase64 => !string.Equals(Text("extensions:queues:messageEncoding"), "none", StringComparison.OrdinalIgnoreCase);

    public int BusMaxConcurrentCalls => Math.Max(1, Number("extensions:serviceBus:maxConcurrentCalls", 16));

    /// <summary>For how long the extension prolongs the lock of a message that is being worked on.</summary>
    public TimeSpan BusMaxRenewal => Span("extensions:serviceBus:maxAutoLockRenewalDuration", TimeSpan.FromMinutes(5));

    /// <summary>Reads host.json of the app root and lays <c>AzureFunctionsJobHost__a__b</c> settings over it.</summary>
    public static HostJson Read(string appRoot, IReadOnlyDictionary<string, string> settings)
    {
        var file = Path.Combine(appRoot, "host.json");
        if (!File.Exists(file)) throw new HostStartException($"There is no host.json in {appRoot}: publish the app first.");
        JsonObject document;
        try
        {
            var options = new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };
            document = JsonNode.Parse(File.ReadAllText(file), documentOptions: options) as JsonObject ?? throw new JsonException();
        }
        catch (JsonException problem)
        {
            throw new HostStartException($"{file} is not a JSON object.", problem);
        }

        foreach (var (name, value) in settings)
        {
            // host-contract.md, "Process": app settings are environment variables; the host reads its own under this prefix.
            if (name.StartsWith(OverridePrefix, StringComparison.OrdinalIgnoreCase))
                Lay(document, name[OverridePrefix.Length..].Split("__"), value);
        }

        return new HostJson(document);
    }

    private static void Lay(JsonObject document, string[] path, string value)
    {
        var place = document;
        foreach (var part in path[..^1])
        {
            var key = KeyOf(place, part);
            if (place[key] is not JsonObject next) place[key] = next = [];
            place = next;
        }

        place[KeyOf(place, path[^1])] = value;
    }

    private static string KeyOf(JsonObject place, string name)
    {
        foreach (var (key, _) in place)
        {
            if (string.Equals(key, name, StringComparison.OrdinalIgnoreCase)) return key;
        }

        return name;
    }

    private JsonNode? Find(string path)
    {
        JsonNode? place = root;
        foreach (var part in path.Split(':'))
            place = place is JsonObject parent ? parent[KeyOf(parent, part)] : null;
        return place;
    }

    private string? Text(string path) => Find(path) is JsonValue value ? value.ToString() : null;

    private bool Flag(string path) => Text(path) is { } text && bool.TryParse(text, out var flag) && flag;

    private int Number(string path, int otherwise)
    {
        if (Text(path) is not { } text) return otherwise;
        return int.TryParse(text, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new HostStartException($"host.json: {path} is not a whole number: {text}.");
    }

    private TimeSpan Span(string path, TimeSpan otherwise)
    {
        if (Text(path) is not { } text) return otherwise;
        return TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var span)
            ? span
            : throw new HostStartException($"host.json: {path} is not a time like 00:05:00: {text}.");
    }
}
