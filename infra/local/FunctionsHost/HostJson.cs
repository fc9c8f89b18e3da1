using System.Globalization;

namespace Serverless.Local.FunctionsHost;

/// <summary>host.json with the overrides of app settings (<c>AzureFunctionsJobHost__a__b</c>) laid over it: the few values this host
/// honours.</summary>
internal sealed class HostJson
{
    private readonly IConfigurationRoot _root;

    private HostJson(IConfigurationRoot root)
    {
        _root = root;
    }

    /// <summary>After this long an invocation is given up. 30 minutes when host.json is silent.</summary>
    public TimeSpan FunctionTimeout => Span("functionTimeout", TimeSpan.FromMinutes(30));

    public string RoutePrefix => _root["extensions:http:routePrefix"] ?? "api";

    public TimeSpan QueuePollingMax => Span("extensions:queues:maxPollingInterval", TimeSpan.FromMinutes(1));

    /// <summary>How long a message stays invisible after a failed try.</summary>
    public TimeSpan QueueVisibilityTimeout => Span("extensions:queues:visibilityTimeout", TimeSpan.Zero);

    public int QueueBatchSize => Math.Clamp(Number("extensions:queues:batchSize", 16), 1, 32);

    public int QueueNewBatchThreshold => Number("extensions:queues:newBatchThreshold", QueueBatchSize / 2);

    public int QueueMaxDequeueCount => Math.Max(1, Number("extensions:queues:maxDequeueCount", 5));

    /// <summary>False when messages travel as plain text (<c>messageEncoding: none</c>).</summary>
    public bool QueueBase64 => !string.Equals(_root["extensions:queues:messageEncoding"], "none", StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads host.json of the app root.</summary>
    public static HostJson Read(string appRoot, IReadOnlyDictionary<string, string> settings)
    {
        const string Overrides = "AzureFunctionsJobHost__";
        var file = Path.Combine(Path.GetFullPath(appRoot), "host.json");
        if (!File.Exists(file)) throw new HostStartException($"There is no host.json in {appRoot}: publish the app first.");
        var over = settings.Where(pair => pair.Key.StartsWith(Overrides, StringComparison.OrdinalIgnoreCase))
            .Select(pair =>
                KeyValuePair.Create(pair.Key[Overrides.Length..].Replace("__", ":", StringComparison.Ordinal), (string?)pair.Value));
        try
        {
            return new HostJson(new ConfigurationBuilder().AddJsonFile(file, optional: false, reloadOnChange: false)
                .AddInMemoryCollection(over).Build());
        }
        catch (InvalidDataException problem)
        {
            throw new HostStartException($"{file} is not a JSON object.", problem);
        }
    }

    private int Number(string path, int otherwise) => _root[path] is not { } text ? otherwise
        : int.TryParse(text, CultureInfo.InvariantCulture, out var number)
        ? number : throw new HostStartException($"host.json: {path} is not a whole number: {text}.");

    private TimeSpan Span(string path, TimeSpan otherwise) => _root[path] is not { } text ? otherwise
        : TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var span)
        ? span : throw new HostStartException($"host.json: {path} is not a time like 00:05:00: {text}.");
}
