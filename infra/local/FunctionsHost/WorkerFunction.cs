using System.Text.Json;
using System.Text.Json.Nodes;
using Serverless.Local.FunctionsHost.Rpc;

namespace Serverless.Local.FunctionsHost;

/// <summary>What makes a function run.</summary>
public enum TriggerKind
{
    /// <summary>A trigger that this host does not have: the function is in error, the others run (host-contract.md,
    /// "Extensions").</summary>
    Unknown,

    /// <summary>An HTTP call.</summary>
    Http,

    /// <summary>A message of a storage queue.</summary>
    Queue,

    /// <summary>A schedule.</summary>
    Timer,
}

/// <summary>One function as the worker's metadata describes it (host-contract.md, table "Start", row 6).</summary>
/// <param name="Name">Name of the function.</param>
/// <param name="Id">The id by which it is loaded and invoked.</param>
/// <param name="Kind">Its trigger.</param>
/// <param name="Binding">Name of the trigger's parameter.</param>
public sealed record WorkerFunction(string Name, string Id, TriggerKind Kind, string Binding)
{
    /// <summary>Route template below the prefix; the function's name where none is set.</summary>
    public string Route { get; init; } = "";

    /// <summary>Methods in capitals; empty means all.</summary>
    public IReadOnlyList<string> Methods { get; init; } = [];

    /// <summary>anonymous, function or admin.</summary>
    public string AuthLevel { get; init; } = "";

    /// <summary>Name of the queue, <c>%SETTING%</c> not yet resolved.</summary>
    public string QueueName { get; init; } = "";

    /// <summary>Setting that holds the connection; empty means AzureWebJobsStorage.</summary>
    public string Connection { get; init; } = "";

    /// <summary>NCrontab expression, <c>%SETTING%</c> not yet resolved.</summary>
    public string Schedule { get; init; } = "";

    /// <summary>True when the parameter is an SDK type (QueueMessage), which travels as model_binding_data.</summary>
    public bool WantsModelBindingData { get; init; }

    /// <summary>Type of the trigger's binding, e.g. <c>httpTrigger</c>.</summary>
    public string TriggerType { get; init; } = "";

    internal static WorkerFunction Read(RpcFunctionMetadata metadata)
    {
        var trigger = metadata.RawBindings.Select(Parse).FirstOrDefault(IsTrigger)
            ?? throw new HostStartException($"The worker's function {metadata.Name} has no trigger.");
        var type = Text(trigger, "type");
        var function = new WorkerFunction(metadata.Name, metadata.FunctionId, KindOf(type), Text(trigger, "name")) { TriggerType = type };
        return function.Kind switch
        {
            TriggerKind.Http => function with
            {
                Route = trigger["route"] is null ? metadata.Name : Text(trigger, "route").Trim('/'),
                Methods = [.. (trigger["methods"] as JsonArray ?? []).Select(method => method!.ToString().ToUpperInvariant())],
                AuthLevel = trigger["authLevel"] is null ? "function" : Text(trigger, "authLevel").ToLowerInvariant(),
            },
            TriggerKind.Queue => function with
            {
                QueueName = Text(trigger, "queueName"),
                Connection = Text(trigger, "connection"),
                WantsModelBindingData = trigger["properties"] is JsonObject properties
                    && Text(properties, "supportsDeferredBinding").Equals("true", StringComparison.OrdinalIgnoreCase),
            },
            TriggerKind.Timer => function with { Schedule = Text(trigger, "schedule") },
            _ => function,
        };
    }

    private static JsonObject Parse(string binding)
    {
        try
        {
            return JsonNode.Parse(binding, new JsonNodeOptions { PropertyNameCaseInsensitive = true }) as JsonObject ?? [];
        }
        catch (JsonException problem)
        {
            throw new HostStartException("The worker's metadata holds a binding that is not JSON.", problem);
        }
    }

    private static bool IsTrigger(JsonObject binding) => Text(binding, "type").EndsWith("Trigger", StringComparison.OrdinalIgnoreCase);

    private static TriggerKind KindOf(string type) => type.ToLowerInvariant() switch
    {
        "httptrigger" => TriggerKind.Http,
        "queuetrigger" => TriggerKind.Queue,
        "timertrigger" => TriggerKind.Timer,
        _ => TriggerKind.Unknown,
    };

    private static string Text(JsonObject node, string name) => node[name]?.ToString() ?? "";
}
