using System.Text;
using System.Text.Json;
using Serverless.Local.FunctionsHost.Rpc;

namespace Serverless.Local.FunctionsHost;

/// <summary>What travels beside the trigger's value in <c>trigger_metadata</c>.</summary>
internal static class TriggerMetadata
{
    /// <summary>The top-level fields of a JSON object; nothing for other text (host-contract.md, "HTTP" 2 and "Queue and timer").</summary>
    public static Dictionary<string, TypedData> OfBody(string text) => OfBody(Encoding.UTF8.GetBytes(text));

    /// <inheritdoc cref="OfBody(string)"/>
    public static Dictionary<string, TypedData> OfBody(ReadOnlyMemory<byte> utf8)
    {
        var fields = new Dictionary<string, TypedData>(StringComparer.OrdinalIgnoreCase);
        if (!utf8.Span.TrimStart(" \t\r\n"u8).StartsWith("{"u8)) return fields;
        try
        {
            // The host reads a body as text: bytes that are none become replacement characters there. The worker gets the bytes themselves.
            using var body = JsonDocument.Parse(Encoding.UTF8.GetString(utf8.Span));
            foreach (var field in body.RootElement.EnumerateObject())
            {
                if (field.Value.ValueKind != JsonValueKind.Null) fields[field.Name] = Value(field.Value);
            }
        }
        catch (JsonException)
        {
            // Text that only begins like JSON has no fields.
        }

        return fields;
    }

    /// <summary>Lays <paramref name="over"/> over what the trigger knows: a field of the body replaces a property of the same name in any
    /// case.</summary>
    public static Dictionary<string, TypedData> Merge(IEnumerable<KeyValuePair<string, TypedData>> known,
        IEnumerable<KeyValuePair<string, TypedData>> over)
    {
        var all = new Dictionary<string, TypedData>(known, StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in over) all[name] = value;
        return all;
    }

    private static TypedData Value(JsonElement value) =>
        value.ValueKind == JsonValueKind.String
        ? new TypedData { String = value.GetString()! } : new TypedData { Json = value.GetRawText() };
}
