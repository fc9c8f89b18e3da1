using System.Text.Json;

namespace Serverless.Platform.Http;

/// <summary>Reads values of a request, each in one place.</summary>
/// <remarks>
/// Never from the trigger's metadata: the top-level fields of a JSON body overwrite it, so a sender could write it.
/// </remarks>
public static class RequestReader
{
    /// <summary>A value of the route; empty when the route names it as optional and it is not there.</summary>
    public static string Route(this HttpRequest request, string name) => request.RouteValues[name] as string ?? "";

    /// <summary>The first value of a query parameter; null when it is not there or empty.</summary>
    public static string? Value(this HttpRequest request, string name) =>
        request.Query.TryGetValue(name, out var value) && value is [{ Length: > 0 } text, ..] ? text : null;

    /// <summary>The body as JSON; null when it is empty, too long or no JSON.</summary>
    /// <param name="request">The request.</param>
    /// <param name="limit">Most bytes.</param>
    public static async Task<JsonDocument?> JsonBodyAsync(this HttpRequest request, int limit = RawBody.Small)
    {
        if (await RawBody.ReadAsync(request, limit) is not { Length: > 0 } body) return null;
        try
        {
            return JsonDocument.Parse(body);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>A text of a JSON object; null when it is not there or no text.</summary>
    public static string? TextOf(this JsonElement body, string name) =>
        body.ValueKind == JsonValueKind.Object && body.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}
