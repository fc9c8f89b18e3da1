using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml;
using Serverless.Local.FunctionsHost;

namespace Serverless.Local.Hosting;

/// <summary>messaging.json: the topics, subscriptions and filters that the deployment would make. Its queues are left to whoever writes to them first.</summary>
public sealed record Messaging(IReadOnlyDictionary<string, TopicPlan> Topics)
{
    /// <exception cref="HostStartException">The file is missing or has something this broker does not know.</exception>
    public static Messaging Read(string file)
    {
        if (!File.Exists(file)) throw new HostStartException($"There is no {file}: it names topics and subscriptions.");
        try
        {
            var root = Fields(JsonNode.Parse(File.ReadAllText(file)), file, "queues", "topics");
            var topics = Children(root["topics"]).ToDictionary(pair => pair.Key, pair => TopicPlan.Read(pair.Key, pair.Value), StringComparer.OrdinalIgnoreCase);
            return new Messaging(topics);
        }
        catch (Exception problem) when (problem is JsonException or FormatException or InvalidOperationException)
        {
            throw new HostStartException($"{file} cannot be read: {problem.Message}", problem);
        }
    }

    /// <summary>The node as an object that has no other fields than these.</summary>
    internal static JsonObject Fields(JsonNode? node, string where, params string[] known)
    {
        var fields = node as JsonObject ?? throw new HostStartException($"messaging.json: {where} is not an object.");
        return fields.FirstOrDefault(pair => !known.Contains(pair.Key)).Key is { } unknown
            ? throw new HostStartException($"messaging.json: {where} sets {unknown}, which this broker does not have.")
            : fields;
    }

    internal static IEnumerable<KeyValuePair<string, JsonNode?>> Children(JsonNode? node) => node as JsonObject ?? [];

    internal static TimeSpan? Span(JsonObject fields, string name) => fields[name] is { } text ? XmlConvert.ToTimeSpan(text.ToString()) : null;
}

/// <summary>A topic as planned. For the duplicate window a MessageId is remembered; null switches detection off.</summary>
public sealed record TopicPlan(string Name, TimeSpan? DuplicateWindow, TimeSpan? TimeToLive, IReadOnlyList<SubscriptionPlan> Subscriptions)
{
    internal static TopicPlan Read(string name, JsonNode? node)
    {
        var fields = Messaging.Fields(node, name, "duplicateDetectionWindow", "defaultMessageTimeToLive", "subscriptions");
        return new TopicPlan(
            name,
            Messaging.Span(fields, "duplicateDetectionWindow"),
            Messaging.Span(fields, "defaultMessageTimeToLive"),
            [.. Messaging.Children(fields["subscriptions"]).Select(pair => SubscriptionPlan.Read(pair.Key, pair.Value))]);
    }
}

/// <summary>A subscription as planned. Without filters it takes every message.</summary>
public sealed record SubscriptionPlan(string Name, TimeSpan LockDuration, int MaxDeliveryCount, bool DeadLetterExpired, TimeSpan? TimeToLive, IReadOnlyList<CorrelationFilter> Filters)
{
    /// <summary>True when any filter matches: a subscription gets one copy however many do.</summary>
    public bool Takes(TopicMessage message) => Filters.Count == 0 || Filters.Any(filter => filter.Matches(message));

    internal static SubscriptionPlan Read(string name, JsonNode? node)
    {
        var fields = Messaging.Fields(node, name, "lockDuration", "maxDeliveryCount", "deadLetteringOnMessageExpiration", "defaultMessageTimeToLive", "filters");
        return new SubscriptionPlan(
            name,
            Messaging.Span(fields, "lockDuration") ?? TimeSpan.FromMinutes(1),
            fields["maxDeliveryCount"]?.GetValue<int>() ?? 10,
            fields["deadLetteringOnMessageExpiration"]?.GetValue<bool>() ?? false,
            Messaging.Span(fields, "defaultMessageTimeToLive"),
            [.. Messaging.Children(fields["filters"]).Select(pair => CorrelationFilter.Read(pair.Key, pair.Value))]);
    }
}

/// <summary>
/// A correlation filter: every field it names must be equal in the message.
/// https://learn.microsoft.com/azure/service-bus-messaging/topic-filters#correlation-filters
/// </summary>
/// <param name="System">By wire name: correlationId, label and so on.</param>
/// <param name="Properties">Application properties, compared as strings.</param>
public sealed record CorrelationFilter(IReadOnlyDictionary<string, string> System, IReadOnlyDictionary<string, string> Properties)
{
    public bool Matches(TopicMessage message) =>
        System.All(pair => message.System.TryGetValue(pair.Key, out var value) && value == pair.Value)
        && Properties.All(pair => message.Text(pair.Key) == pair.Value);

    internal static CorrelationFilter Read(string name, JsonNode? node)
    {
        var fields = Messaging.Fields(node, name, [.. TopicMessage.SystemNames, "properties"]);
        return new CorrelationFilter(
            fields.Where(pair => pair.Key != "properties").ToDictionary(pair => pair.Key, pair => pair.Value!.ToString(), StringComparer.Ordinal),
            Messaging.Children(fields["properties"]).ToDictionary(pair => pair.Key, pair => pair.Value!.ToString(), StringComparer.OrdinalIgnoreCase));
    }
}
