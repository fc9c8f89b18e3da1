using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using Microsoft.Azure.Functions.Worker;
using Serverless.Cases;
using Serverless.Channels;
using Serverless.Notices;
using Serverless.Outbox;
using Serverless.Platform.Http;
using Serverless.Platform.Json;
using Serverless.Registrations;

namespace Serverless.Schema;

/// <summary>
/// Publishes what consumers build on: JSON Schemas of contact, case and events, made from the code, and the OpenAPI document of the HTTP
/// functions.
/// </summary>
public sealed class SchemaFunctions(EventCatalogue catalogue)
{
    private static readonly string[] Documents =
        ["contact", "case", "case-page", "event", "channel-event", "ping-event", "catalogue", "openapi"];

    /// <summary>Names of the documents.</summary>
    [Function("SchemaList")]
    public static Task List([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "schema")] HttpRequest request) =>
        AnswerAsync(request, new JsonObject([new("documents", new JsonArray([.. Documents.Select(d => (JsonNode)$"/api/schema/{d}")]))]));

    /// <summary>One of them.</summary>
    [Function("SchemaShow")]
    public Task Show([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "schema/{document}")] HttpRequest request)
    {
        var json = request.Route("document") switch
        {
            "contact" => ContactJson.Default.Options.GetJsonSchemaAsNode(typeof(Contact)),
            "case" => CaseJson.Default.Options.GetJsonSchemaAsNode(typeof(CaseFile)),
            "case-page" => CaseJson.Default.Options.GetJsonSchemaAsNode(typeof(CasePage)),
            "event" => CaseJson.Default.Options.GetJsonSchemaAsNode(typeof(CloudEvent<CaseFacts>)),
            "channel-event" => ChannelEventJson.Default.Options.GetJsonSchemaAsNode(typeof(CloudEvent<ChannelFacts>)),
            "ping-event" => SubscriptionJson.Default.Options.GetJsonSchemaAsNode(typeof(CloudEvent<PingFacts>)),
            "catalogue" => new JsonObject(catalogue.Kinds.Select(k => KeyValuePair.Create(k.Type, (JsonNode?)Entry(k)))),
            "openapi" => OpenApi(),
            _ => null,
        };
        return json is null
            ? HttpAnswer.ProblemAsync(request, 404, $"Known documents: {string.Join(", ", Documents)}.")
            : AnswerAsync(request, json);
    }

    private static Task AnswerAsync(HttpRequest request, JsonNode json) =>
        HttpAnswer.JsonAsync(request, PlainJson.Bytes(json));

    private static JsonObject Entry(EventKind kind) =>
        new() { ["says"] = kind.Says, ["schema"] = $"/api/schema/{kind.Schema}", ["example"] = JsonNode.Parse(kind.Example.Span) };

    private static JsonNode? OpenApi()
    {
        using var resource = typeof(SchemaFunctions).Assembly.GetManifestResourceStream("openapi.json")!;
        return JsonNode.Parse(resource);
    }
}
