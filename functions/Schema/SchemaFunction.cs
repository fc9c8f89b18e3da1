using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using Serverless.Cases;
using Serverless.Channels;
using Serverless.Hosting;
using Serverless.Notices;
using Serverless.Outbox;
using Serverless.Registrations;

namespace Serverless.Schema;

/// <summary>Publishes what consumers build on: JSON Schemas of contact, case and events, made from the code, and the OpenAPI document of the HTTP functions.</summary>
public static class SchemaFunction
{
    private static readonly string[] Documents = ["contact", "case", "case-page", "event", "channel-event", "ping-event", "catalogue", "openapi"];

    public static void Map(IEndpointRouteBuilder routes) => routes.MapRaw("Schema", ["GET"], "schema/{document?}", async context =>
    {
        var json = (string?)context.Request.RouteValues["document"] switch
        {
            null => new JsonObject([new("documents", new JsonArray([.. Documents.Select(d => (JsonNode)$"/api/schema/{d}")]))]),
            "contact" => ContactJson.Default.Options.GetJsonSchemaAsNode(typeof(Contact)),
            "case" => CaseJson.Default.Options.GetJsonSchemaAsNode(typeof(CaseFile)),
            "case-page" => CaseJson.Default.Options.GetJsonSchemaAsNode(typeof(CasePage)),
            "event" => CaseJson.Default.Options.GetJsonSchemaAsNode(typeof(CloudEvent<CaseFacts>)),
            "channel-event" => ChannelEventJson.Default.Options.GetJsonSchemaAsNode(typeof(CloudEvent<ChannelFacts>)),
            "ping-event" => SubscriptionJson.Default.Options.GetJsonSchemaAsNode(typeof(CloudEvent<PingFacts>)),
            "catalogue" => new JsonObject(context.RequestServices.GetRequiredService<EventCatalogue>().Kinds.Select(k => KeyValuePair.Create(k.Type, (JsonNode?)Entry(k)))),
            "openapi" => OpenApi(),
            _ => null,
        };
        if (json is null) await HttpAnswer.ProblemAsync(context, 404, $"Known documents: {string.Join(", ", Documents)}.");
        else await HttpAnswer.JsonAsync(context, System.Text.Encoding.UTF8.GetBytes(json.ToJsonString()));
    });

    private static JsonObject Entry(EventKind kind) => new() { ["says"] = kind.Says, ["schema"] = $"/api/schema/{kind.Schema}", ["example"] = JsonNode.Parse(kind.Example.Span) };

    private static JsonNode? OpenApi()
    {
        using var resource = typeof(SchemaFunction).Assembly.GetManifestResourceStream("openapi.json")!;
        return JsonNode.Parse(resource);
    }
}
