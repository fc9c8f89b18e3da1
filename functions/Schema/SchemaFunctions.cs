using System.Text.Json.Nodes;
using Microsoft.Azure.Functions.Worker;
using Serverless.Outbox;
using Serverless.Platform.Http;
using Serverless.Platform.Json;

namespace Serverless.Schema;

/// <summary>
/// Publishes what consumers build on: JSON Schemas made from the code, the event catalogue, and the OpenAPI document of the HTTP functions;
/// and tells who calls another address what there is.
/// </summary>
public sealed class SchemaFunctions(EventCatalogue catalogue)
{
    private static readonly string[] Documents = [.. PublishedSchemas.Names, "catalogue", "openapi"];

    private static readonly Lazy<RouteTable> Routes = new(() => new RouteTable(OpenApi()));

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
            "catalogue" => new JsonObject(catalogue.Kinds.Select(k => KeyValuePair.Create(k.Type, (JsonNode?)Entry(k)))),
            "openapi" => OpenApi(),
            var name => PublishedSchemas.Document(name),
        };
        return json is null
            ? HttpAnswer.ProblemAsync(request, 404, $"Known documents: {string.Join(", ", Documents)}.")
            : AnswerAsync(request, json);
    }

    /// <summary>
    /// Takes what no other function takes, since more specific routes win: a wrong method, or an address that is not there. Public, as the
    /// list of addresses is; what needs a key is asked for it by the host before anything else.
    /// </summary>
    [Function("AnswerUnknown")]
    public static Task Unknown([HttpTrigger(AuthorizationLevel.Anonymous, Route = "{*path}")] HttpRequest request)
    {
        var path = request.Path.Value ?? "";
        if (Routes.Value.MethodsOf(path) is not { Count: > 0 } methods)
        {
            return HttpAnswer.ProblemAsync(
                request, 404, $"There is nothing at this address. Known: {string.Join("; ", Routes.Value.Near(path))}.");
        }

        request.HttpContext.Response.Headers.Allow = string.Join(", ", methods);
        return HttpAnswer.ProblemAsync(request, 405, $"This address takes {string.Join(", ", methods)}.");
    }

    private static Task AnswerAsync(HttpRequest request, JsonNode json) =>
        HttpAnswer.JsonAsync(request, PlainJson.Bytes(json));

    private static JsonObject Entry(EventKind kind) =>
        new() { ["says"] = kind.Says, ["schema"] = $"/api/schema/{kind.Schema}", ["example"] = JsonNode.Parse(kind.Example.Span) };

    private static JsonNode OpenApi()
    {
        using var resource = typeof(SchemaFunctions).Assembly.GetManifestResourceStream("openapi.json")!;
        var document = JsonNode.Parse(resource)!;
        document["components"]!["schemas"] = PublishedSchemas.Components(PlainJson.Text(document));
        return document;
    }
}
