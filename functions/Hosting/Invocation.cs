using System.Text.Json;

namespace Serverless.Hosting;

/// <summary>A call of the Functions host in its JSON mode: <c>{"Data":{binding: value},"Metadata":{...}}</c>.</summary>
/// <remarks>
/// Metadata is not offered: the top-level fields of a JSON message overwrite it, so a sender could write it. What a function needs travels in its own message.
/// Source: https://learn.microsoft.com/azure/azure-functions/functions-custom-handlers#request-payload
/// </remarks>
public sealed class Invocation : IDisposable
{
    private readonly JsonDocument _document;

    private Invocation(JsonDocument document) => _document = document;

    /// <summary>Reads the host's call. Throws <see cref="JsonException"/> when it is not the host speaking.</summary>
    public static async Task<Invocation> ReadAsync(HttpRequest request, CancellationToken ct) =>
        new(await JsonDocument.ParseAsync(request.Body, new JsonDocumentOptions { MaxDepth = 128 }, ct));

    /// <summary>
    /// The text of a trigger's message. The host puts JSON text inside a string, so <c>{"a":1}</c> arrives as <c>"\"{\\\"a\\\":1}\""</c>;
    /// some versions leave out one layer or hand over the object: all three are read.
    /// </summary>
    /// <param name="binding">The binding's name in function.json.</param>
    public string Text(string binding)
    {
        if (!_document.RootElement.TryGetProperty("Data", out var data) || !data.TryGetProperty(binding, out var value))
            throw new JsonException($"The host sent no Data.{binding}: does function.json name that binding?");

        if (value.ValueKind != JsonValueKind.String) return value.GetRawText();
        var text = value.GetString()!;
        if (text is not ['"', .., '"']) return text;
        try
        {
            using var inner = JsonDocument.Parse(text);
            return inner.RootElement.GetString() ?? text;
        }
        catch (JsonException)
        {
            return text;
        }
    }

    public void Dispose() => _document.Dispose();
}
