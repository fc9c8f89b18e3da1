using System.Text.Json.Nodes;

namespace Serverless.Schemas;

/// <summary>Existing paths with their methods, read from the OpenAPI document: for calls without a matching function.</summary>
public sealed class RouteTable
{
    private const int MostNamed = 12;

    private static readonly string[] Methods = ["get", "post", "put", "patch", "delete", "options"];

    private readonly IReadOnlyList<(string[] Segments, string[] Methods, string Says)> _routes;

    /// <param name="openapi">The document.</param>
    public RouteTable(JsonNode openapi) =>
        _routes = [.. openapi["paths"]!.AsObject().Select(path => Route(path.Key, path.Value!.AsObject()))];

    /// <summary>Methods of an address, in capitals; empty when there is no such address.</summary>
    public IReadOnlyList<string> MethodsOf(string path)
    {
        var segments = Segments(path);
        var matching = _routes.Where(route => Matches(route.Segments, segments));
        return [.. matching.SelectMany(route => route.Methods).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>The addresses that are nearest, each with its methods.</summary>
    public IReadOnlyList<string> Near(string path)
    {
        var segments = Segments(path);
        var best = _routes.Max(route => Alike(route.Segments, segments));
        var near = _routes.Where(route => Alike(route.Segments, segments) == best).Select(route => route.Says).ToList();
        return near.Count <= MostNamed ? near : [.. near.Take(MostNamed), "and more: GET /api/schema/openapi"];
    }

    private static (string[] Segments, string[] Methods, string Says) Route(string path, JsonObject operations)
    {
        string[] methods = [.. Methods.Where(operations.ContainsKey).Select(method => method.ToUpperInvariant())];
        return (Segments(path), methods, $"{string.Join(", ", methods)} {path}");
    }

    private static string[] Segments(string path) => path.Split('/', StringSplitOptions.RemoveEmptyEntries);

    private static bool Matches(string[] route, string[] path) => route.Length == path.Length && Alike(route, path) == path.Length;

    // How many segments are the same from the beginning on.
    private static int Alike(string[] route, string[] path)
    {
        var same = 0;
        while (same < route.Length && same < path.Length
            && (route[same][0] == '{' || route[same].Equals(path[same], StringComparison.OrdinalIgnoreCase))) same++;
        return same;
    }
}
