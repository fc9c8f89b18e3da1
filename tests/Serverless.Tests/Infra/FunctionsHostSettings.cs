using System.Globalization;
using System.Text.Json;

namespace Serverless.Tests.Infra;

/// <summary>What host.json may hold, with bounds; a key that is not here is one that the host ignores without a word.</summary>
/// <remarks>https://learn.microsoft.com/azure/azure-functions/functions-host-json and the page of the queue binding. An extension bundle is
/// ignored for isolated apps.</remarks>
internal static class FunctionsHostSettings
{
    private static readonly Dictionary<string, Func<JsonElement, bool>> Known = new(StringComparer.Ordinal)
    {
        ["version"] = v => v.GetString() == "2.0",
        ["functionTimeout"] = v => Time(v, 1, 3600),
        ["extensions.http.routePrefix"] = v => v.GetString() == "api",
        ["extensions.queues.maxPollingInterval"] = v => Time(v, 2, 5),
        ["extensions.queues.visibilityTimeout"] = v => Time(v, 30, 30),
        ["extensions.queues.batchSize"] = v => Number(v, 1, 32),
        ["extensions.queues.newBatchThreshold"] = v => Number(v, 0, 1000),
        ["extensions.queues.maxDequeueCount"] = v => Number(v, 1, 100),
        ["extensions.queues.messageEncoding"] = v => v.GetString() is "base64" or "none",
        ["healthMonitor.enabled"] = v => v.ValueKind is JsonValueKind.True or JsonValueKind.False,
        ["healthMonitor.healthCheckInterval"] = v => Time(v, 1, 600),
        ["healthMonitor.healthCheckWindow"] = v => Time(v, 1, 3600),
        ["healthMonitor.healthCheckThreshold"] = v => Number(v, 1, 100),
        ["healthMonitor.counterThreshold"] = v => v.GetDouble() is > 0 and <= 1,
        ["aggregator.flushTimeout"] = v => Time(v, 1, 300),
        ["logging.applicationInsights.samplingSettings.isEnabled"] = v => v.ValueKind is JsonValueKind.True or JsonValueKind.False,
        ["logging.applicationInsights.samplingSettings.maxTelemetryItemsPerSecond"] = v => Number(v, 1, 1000),
        ["logging.applicationInsights.samplingSettings.excludedTypes"] = v =>
        v.GetString()!.Split(';').All(t => t is "Dependency" or "Event" or "Exception" or "PageView" or "Request" or "Trace"),
        ["logging.applicationInsights.enableDependencyTracking"] = v => v.ValueKind is JsonValueKind.True or JsonValueKind.False,
        ["logging.applicationInsights.enableLiveMetrics"] = v => v.ValueKind is JsonValueKind.True or JsonValueKind.False,
    };

    public static IEnumerable<string> Violations(InfraFiles files)
    {
        var found = Leaves(files.Json("host.json"), "").ToList();
        foreach (var (path, value) in found)
        {
            if (path.StartsWith("logging.logLevel.", StringComparison.Ordinal))
            {
                if (value.GetString() is not ("Trace" or "Debug" or "Information" or "Warning" or "Error" or "Critical" or "None"))
                    yield return $"host.json: {path} is no log level.";
                // Debug lines of the host hold trigger payloads, and those pointers and ids; our own hold none, but stay out too.
                if (value.GetString() is "Trace" or "Debug") yield return $"host.json: {path} would log more than ids.";
            }
            else if (!Known.TryGetValue(path, out var holds)) yield return $"host.json: the host does not know {path}.";
            else if (!holds(value)) yield return $"host.json: {path} is out of bounds: {value}.";
        }

        // Without these the platform chooses, and its choice changes with its version.
        foreach (var needed in new[] { "extensions.queues.batchSize", "extensions.queues.maxDequeueCount", "functionTimeout",
            "healthMonitor.enabled", "logging.applicationInsights.samplingSettings.isEnabled" })
            if (!found.Exists(l => l.Path == needed)) yield return $"host.json: {needed} is not set.";
    }

    private static IEnumerable<(string Path, JsonElement Value)> Leaves(JsonElement element, string path)
    {
        if (element.ValueKind != JsonValueKind.Object) return [(path, element)];
        return element.EnumerateObject()
            .SelectMany(p => path == "logging.logLevel"
                ? [($"{path}.{p.Name}", p.Value)] : Leaves(p.Value, path.Length == 0 ? p.Name : $"{path}.{p.Name}"));
    }

    private static bool Number(JsonElement value, int least, int most) =>
        value.TryGetInt32(out var number) && number >= least && number <= most;

    private static bool Time(JsonElement value, double least, double most) =>
        TimeSpan.TryParse(value.GetString(), CultureInfo.InvariantCulture, out var time) && time.TotalSeconds >= least
        && time.TotalSeconds <= most;
}
