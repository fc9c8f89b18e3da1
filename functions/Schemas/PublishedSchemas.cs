using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Serverless.Cases;
using Serverless.Cases.Rules;
using Serverless.Contacts;
using Serverless.Notifications;
using Serverless.Notifications.Subscriptions;
using Serverless.Operations;
using Serverless.Operations.Diagnostics;
using Serverless.Operations.Review;
using Serverless.Operations.Rules;
using Serverless.Outbox;
using Serverless.Platform.Audit;
using Serverless.Privacy;
using Serverless.Registrations;

namespace Serverless.Schemas;

/// <summary>
/// JSON Schemas (draft 2020-12) of all responses and published events, generated from the code that writes them. Each is a document of
/// its own with an <c>$id</c>, and a component of the OpenAPI document under its name in capitals (<c>case-page</c>: <c>CasePage</c>).
/// </summary>
public static class PublishedSchemas
{
    private const string Draft = "https://json-schema.org/draft/2020-12/schema";

    private static readonly JsonSchemaExporterOptions Exact =
        new() { TreatNullObliviousAsNonNullable = true, TransformSchemaNode = AsWritten };

    private static readonly SortedDictionary<string, Func<JsonNode>> All = new(StringComparer.Ordinal)
    {
        ["contact"] = () => Of<Contact>(ContactJson.Default),
        ["case"] = () => Of<CaseFile>(CaseJson.Default),
        ["case-page"] = () => Of<CasePage>(CaseJson.Default),
        ["case-act"] = () => Of<CaseActionLink>(CaseJson.Default),
        ["promise"] = () => Of<Promise>(CaseJson.Default),
        ["reply"] = () => Of<CaseReply>(CaseJson.Default),
        ["event"] = () => Of<CloudEvent<CaseFacts>>(CaseJson.Default),
        ["channel-event"] = () => Of<CloudEvent<ChannelFacts>>(ChannelEventJson.Default),
        ["channels-report"] = () => Of<ChannelsReport>(ChannelEventJson.Default),
        ["channel-report"] = () => Of<ChannelReport>(ChannelEventJson.Default),
        ["ping-event"] = () => Of<CloudEvent<PingFacts>>(SubscriptionJson.Default),
        ["subscription"] = () => Of<SubscriptionView>(SubscriptionJson.Default),
        ["subscriptions"] = () => Of<IReadOnlyList<SubscriptionView>>(SubscriptionJson.Default),
        ["ping-result"] = () => Of<PingResult>(SubscriptionJson.Default),
        ["redelivery"] = () => Of<RedeliveryResult>(SubscriptionJson.Default),
        ["notice-page"] = () => Of<NotificationPage>(SubscriptionJson.Default),
        ["notices"] = () => Of<IReadOnlyList<NotificationState>>(OperationsJson.Default),
        ["health"] = () => Of<HealthReport>(OperationsJson.Default),
        ["summary"] = () => Of<Summary>(OperationsJson.Default),
        ["delivery"] = () => Of<DeliveryReport>(OperationsJson.Default),
        ["resend-step"] = () => Of<ResendStep>(OperationsJson.Default),
        ["route-discarded"] = () => Of<RouteDiscarded>(OperationsJson.Default),
        ["quarantine-page"] = () => Of<QuarantinePage>(ReviewJson.Default),
        ["quarantined"] = () => Of<QuarantinedFile>(ReviewJson.Default),
        ["review-step"] = () => Of<ReviewStep>(ReviewJson.Default),
        ["replay-step"] = () => Of<ReplayStep>(ReviewJson.Default),
        ["poison-page"] = () => Of<PoisonPage>(ReviewJson.Default),
        ["poison-step"] = () => Of<PoisonStep>(ReviewJson.Default),
        ["kept-page"] = () => Of<KeptPage>(ReviewJson.Default),
        ["kept-step"] = () => Of<KeptStep>(ReviewJson.Default),
        ["action-page"] = () => Of<AuditLog.Page>(ReviewJson.Default),
        ["rules"] = () => JsonNode.Parse(
            """
            {"type":"object","required":["rules"],"properties":{"rules":{"type":"array","maxItems":500,"items":{"type":"object",
            "required":["id","when","then"],"properties":{"id":{"type":"string"},"when":{"type":"object"},"then":{"type":"object"},
            "note":{"type":"string"}}}}}}
            """)!,
        ["rule-trial"] = () => Of<TrialStep>(RulesJson.Default),
        ["privacy-order"] = () => Of<PrivacyRequestReport>(PrivacyJson.Default),
        ["privacy-orders"] = () => Of<IReadOnlyList<PrivacyRequestReport>>(PrivacyJson.Default),
        ["privacy-erase"] = () => new JsonObject
        {
            ["anyOf"] = new JsonArray(Of<ErasurePlan>(PrivacyJson.Default), Of<PrivacyRequestReport>(PrivacyJson.Default)),
        },
        ["sender-report"] = () => Of<SenderReport>(DiagnosticsJson.Default),
        ["diagnostics-link"] = () => Of<DiagnosticsLinks.Link>(DiagnosticsJson.Default),
        ["documents"] = () => JsonNode.Parse(
            """{"type":"object","required":["documents"],"properties":{"documents":{"type":"array","items":{"type":"string"}}}}""")!,
        ["problem"] = () => JsonNode.Parse(
            """{"type":"object","required":["status","detail"],"properties":{"status":{"type":"integer"},"detail":{"type":"string"}}}""")!,
    };

    /// <summary>Names, sorted.</summary>
    public static IReadOnlyCollection<string> Names => All.Keys;

    /// <summary>A schema as a document of its own; null when there is none of that name.</summary>
    public static JsonObject? Document(string name)
    {
        if (!All.TryGetValue(name, out var schema)) return null;
        var document = new JsonObject { ["$schema"] = Draft, ["$id"] = $"/api/schema/{name}", ["title"] = Component(name) };
        foreach (var (member, value) in (JsonObject)schema()) document[member] = value?.DeepClone();
        return document;
    }

    /// <summary>Those that an OpenAPI document names, as its components.</summary>
    /// <param name="openapi">Its text.</param>
    public static JsonObject Components(string openapi)
    {
        JsonObject components = [];
        foreach (var (name, schema) in All)
        {
            if (!openapi.Contains($"\"#/components/schemas/{Component(name)}\"", StringComparison.Ordinal)) continue;
            var component = schema();
            Anchor(component, $"#/components/schemas/{Component(name)}");
            components[Component(name)] = component;
        }

        return components;
    }

    private static string Component(string name) =>
        string.Concat(name.Split('-').Select(word => char.ToUpperInvariant(word[0]) + word[1..]));

    private static JsonNode Of<T>(JsonSerializerContext context) => context.Options.GetJsonSchemaAsNode(typeof(T), Exact);

    // Values are always written, and nulls never: a constructor parameter that may be null is not required.
    private static JsonNode AsWritten(JsonSchemaExporterContext context, JsonNode schema)
    {
        if (context.TypeInfo.Kind != JsonTypeInfoKind.Object || schema is not JsonObject members) return schema;
        if (!members.ContainsKey("properties")) return schema;
        members.Remove("required");
        var written = context.TypeInfo.Properties.Where(p => p.Get is not null && !p.IsGetNullable);
        JsonNode[] required = [.. written.Select(p => (JsonNode)p.Name)];
        if (required.Length > 0) members["required"] = new JsonArray(required);
        return schema;
    }

    // A reference within a schema is one from the root of its document.
    private static void Anchor(JsonNode? node, string root)
    {
        if (node is JsonArray items)
        {
            foreach (var item in items) Anchor(item, root);
        }
        else if (node is JsonObject members)
        {
            if (members["$ref"]?.GetValue<string>() is ['#', .. var path]) members["$ref"] = root + path;
            foreach (var (_, member) in members) Anchor(member, root);
        }
    }
}
