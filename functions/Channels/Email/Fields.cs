using System.Globalization;
using System.Text.Json;

namespace Serverless.Channels.Email;

/// <summary>Reads fields of Graph's JSON without trusting their type: what is absent or of another type reads as nothing.</summary>
internal static class Fields
{
    public static JsonElement Get(this JsonElement parent, ReadOnlySpan<byte> name) =>
        parent.ValueKind is JsonValueKind.Object && parent.TryGetProperty(name, out var value) ? value : default;

    public static bool Has(this JsonElement parent, ReadOnlySpan<byte> name) => parent.Get(name).ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null);

    public static JsonElement.ArrayEnumerator Items(this JsonElement value) => value.ValueKind is JsonValueKind.Array ? value.EnumerateArray() : default;

    /// <summary>Whether it is this text; makes no string of it.</summary>
    public static bool Is(this JsonElement value, ReadOnlySpan<byte> text) => value.ValueKind is JsonValueKind.String && value.ValueEquals(text);

    public static bool IsTrue(this JsonElement parent, ReadOnlySpan<byte> name) => parent.Get(name).ValueKind is JsonValueKind.True;

    /// <summary>A text as written; null for an empty one.</summary>
    public static string? Text(this JsonElement parent, ReadOnlySpan<byte> name) =>
        parent.Get(name) is { ValueKind: JsonValueKind.String } value && value.GetString() is { Length: > 0 } text ? text : null;

    /// <summary>A time with its offset, which need not be Z; null when there is none that can be read.</summary>
    public static DateTimeOffset? Time(this JsonElement parent, ReadOnlySpan<byte> name) =>
        parent.Text(name) is { } text && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) ? time : null;
}
