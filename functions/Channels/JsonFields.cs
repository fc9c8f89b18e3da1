using System.Text.Json;

namespace Serverless.Channels;

/// <summary>Reads fields of a provider's JSON without trusting their type: what is absent or of another type reads as nothing.</summary>
internal static class JsonFields
{
    /// <summary>A member; an undefined element when there is none.</summary>
    public static JsonElement Get(this JsonElement parent, ReadOnlySpan<byte> name) =>
        parent.ValueKind is JsonValueKind.Object && parent.TryGetProperty(name, out var value) ? value : default;

    public static JsonElement.ArrayEnumerator Items(this JsonElement value) =>
        value.ValueKind is JsonValueKind.Array ? value.EnumerateArray() : default;

    public static JsonElement.ObjectEnumerator Members(this JsonElement value) =>
        value.ValueKind is JsonValueKind.Object ? value.EnumerateObject() : default;

    public static bool IsObject(this JsonElement value) => value.ValueKind is JsonValueKind.Object;

    /// <summary>Whether it is this text; makes no string of it.</summary>
    public static bool Is(this JsonElement value, ReadOnlySpan<byte> text) => value.ValueKind is JsonValueKind.String && value.ValueEquals(text);

    /// <summary>A text as written, null for an empty one.</summary>
    public static string? AsText(this JsonElement value) =>
        value.ValueKind is JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;

    /// <summary>An id; one written as a number keeps its digits.</summary>
    public static string? AsId(this JsonElement value) => value.ValueKind is JsonValueKind.Number ? value.GetRawText() : value.AsText();
}
