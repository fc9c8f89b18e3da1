using System.Buffers.Text;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;

namespace Serverless.Channels;

/// <summary>Reads fields of a provider's JSON without trusting their type: an absent field or one of another type is null.</summary>
internal static class JsonFields
{
    public static JsonElement Get(this JsonElement parent, ReadOnlySpan<byte> name) =>
        parent.ValueKind is JsonValueKind.Object && parent.TryGetProperty(name, out var value) ? value : default;

    public static bool Has(this JsonElement parent, ReadOnlySpan<byte> name) =>
        parent.Get(name).ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null);

    public static JsonElement.ArrayEnumerator Items(this JsonElement value) =>
        value.ValueKind is JsonValueKind.Array ? value.EnumerateArray() : default;

    public static JsonElement.ObjectEnumerator Properties(this JsonElement value) =>
        value.ValueKind is JsonValueKind.Object ? value.EnumerateObject() : default;

    public static bool IsObject(this JsonElement value) => value.ValueKind is JsonValueKind.Object;

    /// <summary>Whether it is this text; makes no string of it.</summary>
    public static bool Is(this JsonElement value, ReadOnlySpan<byte> text) =>
        value.ValueKind is JsonValueKind.String && value.ValueEquals(text);

    public static bool IsTrue(this JsonElement value) => value.ValueKind is JsonValueKind.True;

    /// <summary>A text as written, null for an empty one.</summary>
    public static string? AsText(this JsonElement value) =>
        value.ValueKind is JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;

    /// <summary>An id, written as text or as a number, with all its digits.</summary>
    public static string? AsId(this JsonElement value) =>
        value.ValueKind is JsonValueKind.Number ? value.GetRawText() : value.AsText();

    public static long? AsNumber(this JsonElement value) =>
        value.ValueKind is JsonValueKind.Number && value.TryGetInt64(out var number) ? number : null;

    /// <summary>A Unix time in seconds; <paramref name="arrival"/> where it is missing, zero or more than a day ahead of it.</summary>
    public static DateTimeOffset AsUnixTime(this JsonElement value, DateTimeOffset arrival) =>
        value.AsNumber() is { } seconds and > 0 && seconds <= arrival.ToUnixTimeSeconds() + 86_400
        ? DateTimeOffset.FromUnixTimeSeconds(seconds) : arrival;

    /// <summary>An ISO 8601 time with its zone; <paramref name="arrival"/> where it is missing, not one, or more than a day ahead of
    /// it.</summary>
    public static DateTimeOffset AsIsoTime(this JsonElement value, DateTimeOffset arrival) =>
        value.ValueKind is JsonValueKind.String
        && DateTimeOffset.TryParse(value.GetString(), CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
        && time <= arrival.AddDays(1)
            ? time
            : arrival;

    /// <summary>An id for what has none: a hash of its bytes, so that the same piece delivered again has the same id.</summary>
    public static string ContentId(this JsonElement piece)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(JsonMarshal.GetRawUtf8Value(piece), hash);
        return Base64Url.EncodeToString(hash[..16]);
    }
}

/// <summary>Collects further fields of the provider under its own names; no allocation while there are none.</summary>
internal struct ExtraFields
{
    private Dictionary<string, string>? _values;

    public readonly IReadOnlyDictionary<string, string>? Values => _values;

    public void Add(string name, string? value)
    {
        if (!string.IsNullOrEmpty(value)) (_values ??= new(StringComparer.Ordinal))[name] = value;
    }
}
