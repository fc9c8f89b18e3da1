using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml;
using Serverless.Local.CommandLine;

namespace Serverless.Local.ServiceBus;

/// <summary>A topic as planned. For the duplicate window a MessageId is remembered; null switches detection off.</summary>
public sealed record TopicPlan(string Name, TimeSpan? DuplicateWindow, IReadOnlyList<SubscriptionPlan> Subscriptions)
{
    /// <summary>The topics of messaging.json. What else the file says, queues for one, is for the deployment.</summary>
    /// <exception cref="Refusal">The file is missing or cannot be read.</exception>
    public static IReadOnlyDictionary<string, TopicPlan> ReadAll(string file)
    {
        if (!File.Exists(file)) throw new Refusal($"There is no {file}: it names the topic.");
        try
        {
            var topics = JsonNode.Parse(File.ReadAllText(file))?["topics"] as JsonObject ?? [];
            return topics.ToDictionary(pair => pair.Key, pair => Read(pair.Key, pair.Value), StringComparer.OrdinalIgnoreCase);
        }
        catch (Exception problem) when (problem is JsonException or FormatException or InvalidOperationException)
        {
            throw new Refusal($"{file} cannot be read: {problem.Message}");
        }
    }

    private static TopicPlan Read(string name, JsonNode? node)
    {
        var fields = node as JsonObject ?? throw new Refusal($"messaging.json: {name} is not an object.");
        var subscriptions = fields["subscriptions"] as JsonObject ?? [];
        return new TopicPlan(
            name,
            SubscriptionPlan.Span(fields, "duplicateDetectionWindow"),
            [.. subscriptions.Select(pair => SubscriptionPlan.Read(pair.Key, pair.Value))]);
    }
}

/// <summary>A subscription as planned.</summary>
/// <param name="Filters">A message that one of them takes is taken; without any, every message.</param>
public sealed record SubscriptionPlan(
    string Name, TimeSpan LockDuration, int MaxDeliveryCount, bool DeadLetterExpired, IReadOnlyList<SubscriptionFilter> Filters)
{
    private static readonly string[] Known =
        ["name", "lockDuration", "maxDeliveryCount", "deadLetteringOnMessageExpiration", "filters", "types", "properties", "principalId"];

    public bool Takes(TopicMessage message) => Filters.Count == 0 || Filters.Any(filter => filter.Takes(message));

    /// <summary>Subscribers in the form of the template's parameter: a JSON array of objects with name, types, properties.</summary>
    /// <exception cref="Refusal">The file is missing or cannot be read.</exception>
    public static IReadOnlyList<SubscriptionPlan> ReadSubscribers(string file)
    {
        try
        {
            var subscribers = JsonNode.Parse(File.ReadAllText(file)) as JsonArray ?? [];
            return [.. subscribers.Select(one => Read(one?["name"]?.GetValue<string>() ?? "", one))];
        }
        catch (Exception problem) when (problem is IOException or JsonException or FormatException or InvalidOperationException)
        {
            throw new Refusal($"{file} cannot be read: {problem.Message}");
        }
    }

    internal static SubscriptionPlan Read(string name, JsonNode? node)
    {
        var fields = node as JsonObject ?? throw new Refusal($"The subscription {name} is not an object.");
        if (fields.FirstOrDefault(pair => !Known.Contains(pair.Key)).Key is { } unknown)
            throw new Refusal($"The subscription {name} sets {unknown}, which this topic does not have.");
        return new SubscriptionPlan(
            name,
            Span(fields, "lockDuration") ?? TimeSpan.FromMinutes(1),
            fields["maxDeliveryCount"]?.GetValue<int>() ?? 10,
            fields["deadLetteringOnMessageExpiration"]?.GetValue<bool>() ?? false,
            fields["filters"] is JsonObject filters
                ? [.. filters.Select(pair => SubscriptionFilter.Read(pair.Value))]
                : fields.ContainsKey("types") || fields.ContainsKey("properties") ? [SubscriptionFilter.Read(fields)] : []);
    }

    internal static TimeSpan? Span(JsonObject fields, string name) =>
        fields[name] is { } text ? XmlConvert.ToTimeSpan(text.ToString()) : null;
}

/// <summary>What the template's SQL filter says: one of the types (a last <c>*</c> is any ending) and all of the properties.</summary>
public sealed record SubscriptionFilter(IReadOnlyList<string> Types, IReadOnlyDictionary<string, string> Properties)
{
    public bool Takes(TopicMessage message) =>
        (Types.Count == 0 || (message.Text("type") is { } type && Types.Any(wanted => Matches(wanted, type))))
        && Properties.All(pair => message.Text(pair.Key) == pair.Value);

    internal static SubscriptionFilter Read(JsonNode? fields) => new(
        [.. (fields?["types"] as JsonArray ?? []).Select(type => type!.GetValue<string>())],
        (fields?["properties"] as JsonObject ?? []).ToDictionary(pair => pair.Key, pair => $"{pair.Value}", StringComparer.Ordinal));

    private static bool Matches(string wanted, string type) =>
        wanted.EndsWith('*') ? type.StartsWith(wanted[..^1], StringComparison.Ordinal) : type == wanted;
}
