using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Serverless.Local.Hosting;

/// <summary>What makes a function run. One record per trigger this host has; there are no others.</summary>
public abstract record Trigger(string Binding);

/// <summary>An HTTP call.</summary>
/// <param name="Binding">Name of the binding.</param>
/// <param name="AuthLevel">anonymous, function or admin.</param>
/// <param name="Methods">In capitals; empty means all.</param>
/// <param name="Route">Below the route prefix, without slashes around it.</param>
public sealed record HttpTrigger(string Binding, string AuthLevel, IReadOnlyList<string> Methods, string Route) : Trigger(Binding);

/// <summary>A message of a storage queue.</summary>
public sealed record QueueTrigger(string Binding, string Queue, string Connection) : Trigger(Binding);

/// <summary>A schedule.</summary>
public sealed record TimerTrigger(string Binding, Ncrontab Schedule) : Trigger(Binding);

/// <summary>A message of a topic's subscription.</summary>
public sealed record BusTrigger(string Binding, string Topic, string Subscription, string Connection) : Trigger(Binding);

/// <summary>One function: its folder's name and its trigger, as its function.json states them.</summary>
public sealed partial record FunctionDefinition(string Name, Trigger Trigger)
{
    /// <summary>Reads every */function.json below the app root, in order of their names.</summary>
    public static IReadOnlyList<FunctionDefinition> ReadAll(string appRoot, IReadOnlyDictionary<string, string> settings)
    {
        var found = new List<FunctionDefinition>();
        foreach (var folder in Directory.EnumerateDirectories(appRoot).Order(StringComparer.Ordinal))
        {
            var file = Path.Combine(folder, "function.json");
            if (File.Exists(file)) found.Add(Read(Path.GetFileName(folder), file, settings));
        }

        return found.Count > 0 ? found : throw new HostStartException($"There is no function in {appRoot}: no folder below it holds a function.json.");
    }

    /// <summary>Replaces <c>%NAME%</c> by the setting of that name.</summary>
    /// <exception cref="HostStartException">The setting is missing.</exception>
    public static string Resolve(string text, IReadOnlyDictionary<string, string> settings, string where) =>
        PercentName().Replace(text, match => settings.TryGetValue(match.Groups["name"].Value, out var value)
            ? value
            : throw new HostStartException($"{where} uses {match.Value}, but there is no setting of that name."));

    private static FunctionDefinition Read(string name, string file, IReadOnlyDictionary<string, string> settings)
    {
        JsonArray bindings;
        try
        {
            bindings = JsonNode.Parse(File.ReadAllText(file))?["bindings"] as JsonArray ?? throw new JsonException();
        }
        catch (JsonException problem)
        {
            throw new HostStartException($"{name}/function.json is not a JSON object with a list of bindings.", problem);
        }

        Trigger? trigger = null;
        var httpOut = 0;
        foreach (var binding in bindings.OfType<JsonObject>().Select(node => new Binding(name, node, settings)))
        {
            if (binding.Type == "http") httpOut++;
            else if (trigger is not null) throw new HostStartException($"{name}/function.json has a second trigger or a further binding ({binding.Type}): this host runs one trigger, and for http one output.");
            else trigger = binding.Read();
        }

        if (trigger is null) throw new HostStartException($"{name}/function.json has no trigger.");

        // host-contract.md, "HTTP functions with exactly one httpTrigger and one http output: the raw request". Anything else would be JSON mode.
        if (trigger is HttpTrigger ? httpOut != 1 : httpOut != 0)
            throw new HostStartException($"{name}/function.json: an httpTrigger needs exactly one http output, any other trigger none, or the bytes would not be raw.");
        return new FunctionDefinition(name, trigger);
    }

    [GeneratedRegex("%(?<name>[^%]+)%", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex PercentName();

    /// <summary>One entry of "bindings" with its settings resolved.</summary>
    private sealed class Binding(string function, JsonObject node, IReadOnlyDictionary<string, string> settings)
    {
        private static readonly Dictionary<string, string[]> Known = new(StringComparer.OrdinalIgnoreCase)
        {
            ["httpTrigger"] = ["authLevel", "methods", "route"],
            ["queueTrigger"] = ["queueName", "connection"],
            ["timerTrigger"] = ["schedule", "useMonitor"],
            ["serviceBusTrigger"] = ["topicName", "subscriptionName", "connection", "cardinality"],
        };

        public string Type { get; } = node["type"]?.ToString() ?? "";

        public Trigger Read()
        {
            if (!Known.TryGetValue(Type, out var known))
                throw new HostStartException($"{function}/function.json uses the binding type {Type}; this host has {string.Join(", ", Known.Keys)} and http.");
            var unknown = node.Select(pair => pair.Key).Except([.. known, "type", "direction", "name", "dataType"], StringComparer.OrdinalIgnoreCase).FirstOrDefault();
            if (unknown is not null) throw new HostStartException($"{function}/function.json sets {unknown} of its {Type}; this host does not have that setting.");
            var name = Required("name");
            return Type.ToUpperInvariant() switch
            {
                "HTTPTRIGGER" => Http(name),
                "QUEUETRIGGER" => new QueueTrigger(name, Required("queueName"), Text("connection") ?? "AzureWebJobsStorage"),
                "TIMERTRIGGER" => new TimerTrigger(name, Schedule(Required("schedule"))),
                _ when Text("cardinality") is { } many && !many.Equals("one", StringComparison.OrdinalIgnoreCase) =>
                    throw new HostStartException($"{function}/function.json asks for cardinality {many}; this host hands over one message at a time."),
                _ => new BusTrigger(name, Required("topicName"), Required("subscriptionName"), Text("connection") ?? "AzureWebJobsServiceBus"),
            };
        }

        private HttpTrigger Http(string name)
        {
            var level = (Text("authLevel") ?? "function").ToLowerInvariant();
            if (level is not ("anonymous" or "function" or "admin"))
                throw new HostStartException($"{function}/function.json asks for authLevel {level}; there are anonymous, function and admin.");
            var methods = node["methods"] is JsonArray list ? list.Select(item => item!.ToString().ToUpperInvariant()).ToArray() : [];
            return new HttpTrigger(name, level, methods, (Text("route") ?? function).Trim('/'));
        }

        private Ncrontab Schedule(string text) => Ncrontab.TryParse(text, out var schedule)
            ? schedule
            : throw new HostStartException($"{function}/function.json: \"{text}\" is not a schedule of six (or five) fields.");

        private string Required(string property) =>
            Text(property) ?? throw new HostStartException($"{function}/function.json: {Type} needs {property}.");

        private string? Text(string property) => node[property] is JsonValue value ? Resolve(value.ToString(), settings, $"{function}/function.json") : null;
    }
}
