using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml;
using Serverless.Local.CommandLine;

namespace Serverless.Local.ServiceBus;

/// <summary>A topic as planned. For the duplicate window a MessageId is remembered; null switches detection off.</summary>
public sealed record TopicPlan(string Name, TimeSpan? DuplicateWindow, TimeSpan? TimeToLive, IReadOnlyList<SubscriptionPlan> Subscriptions)
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
            SubscriptionPlan.Span(fields, "defaultMessageTimeToLive"),
            [.. subscriptions.Select(pair => SubscriptionPlan.Read(pair.Key, pair.Value))]);
    }
}

/// <summary>A subscription as planned. Without a filter it takes every message.</summary>
/// <param name="Filter">SQL, see <see cref="SqlFilter"/>; null takes everything.</param>
public sealed record SubscriptionPlan(
    string Name, TimeSpan LockDuration, int MaxDeliveryCount, bool DeadLetterExpired, TimeSpan? TimeToLive, SqlFilter? Filter)
{
    private static readonly string[] Known =
        ["name", "lockDuration", "maxDeliveryCount", "deadLetteringOnMessageExpiration", "defaultMessageTimeToLive", "filters", "sqlFilter", "types", "properties", "principalId"];

    /// <summary>With the defaults of the template: a minute, ten deliveries, no dead letter on expiry, everything.</summary>
    public static SubscriptionPlan Of(string name, string? sql = null) =>
        new(name, TimeSpan.FromMinutes(1), 10, DeadLetterExpired: false, null, sql is null ? null : SqlFilter.Parse(sql));

    public bool Takes(TopicMessage message) => Filter is null || Filter.Takes(message);

    /// <summary>Subscribers in the form of the template's parameter: a JSON array of objects with name, types, properties.</summary>
    /// <exception cref="Refusal">The file is missing or cannot be read.</exception>
    public static IReadOnlyList<SubscriptionPlan> ReadSubscribers(string file)
    {
        try
        {
            return [.. (JsonNode.Parse(File.ReadAllText(file)) as JsonArray ?? []).Select(one => Read(one?["name"]?.GetValue<string>() ?? "", one))];
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
            Span(fields, "defaultMessageTimeToLive"),
            Sql(fields) is { Length: > 0 } sql ? SqlFilter.Parse(sql) : null);
    }

    internal static TimeSpan? Span(JsonObject fields, string name) => fields[name] is { } text ? XmlConvert.ToTimeSpan(text.ToString()) : null;

    // A correlation filter compares each property for equality, and one of several filters is enough: the same in SQL.
    private static string Sql(JsonObject fields)
    {
        if (fields["sqlFilter"] is { } sql) return sql.GetValue<string>();
        if (fields["filters"] is JsonObject filters)
            return string.Join(" OR ", filters.Select(f => $"({Equalities((f.Value as JsonObject) ?? [], "sys.")})"));
        var types = (fields["types"] as JsonArray ?? []).Select(t => t!.GetValue<string>()).Where(t => t != "*").Select(TypeIs).ToList();
        var properties = fields["properties"] as JsonObject ?? [];
        List<string> all = [];
        if (types.Count > 0) all.Add($"({string.Join(" OR ", types)})");
        if (properties.Count > 0) all.Add(Equalities(properties, ""));
        return string.Join(" AND ", all);
    }

    private static string TypeIs(string type) => type.EndsWith('*') ? $"type LIKE '{Quoted(type[..^1])}%'" : $"type = '{Quoted(type)}'";

    private static string Equalities(JsonObject fields, string prefix) => string.Join(" AND ", fields.Select(pair =>
        pair.Value is JsonObject properties ? Equalities(properties, "") : $"{prefix}[{pair.Key}] = '{Quoted(pair.Value?.ToString() ?? "")}'"));

    private static string Quoted(string text) => text.Replace("'", "''", StringComparison.Ordinal);
}
