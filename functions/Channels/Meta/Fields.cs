using System.Buffers.Text;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;

namespace Serverless.Channels.Meta;

/// <summary>Reads fields of Meta's JSON without trusting their type: what is absent or of another type reads as nothing.</summary>
internal static class Fields
{
    // The year Facebook began; anything before is a clock that was never set.
    private static readonly long Earliest = new DateTimeOffset(2004, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();
    private const long OneDay = 24 * 60 * 60 * 1000L;

    public static JsonElement Get(this JsonElement parent, ReadOnlySpan<byte> name) =>
        parent.ValueKind is JsonValueKind.Object && parent.TryGetProperty(name, out var value) ? value : default;

    public static bool Has(this JsonElement parent, ReadOnlySpan<byte> name) =>
        parent.Get(name).ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null);

    public static JsonElement.ArrayEnumerator Items(this JsonElement value) =>
        value.ValueKind is JsonValueKind.Array ? value.EnumerateArray() : default;

    public static JsonElement.ObjectEnumerator Properties(this JsonElement value) =>
        value.ValueKind is JsonValueKind.Object ? value.EnumerateObject() : default;

    public static int Count(this JsonElement value) => value.ValueKind is JsonValueKind.Array ? value.GetArrayLength() : 0;

    /// <summary>Whether it is this text; makes no string of it.</summary>
    public static bool Is(this JsonElement value, ReadOnlySpan<byte> text) =>
        value.ValueKind is JsonValueKind.String && value.ValueEquals(text);

    /// <summary>Whether it is this id, written as text or as number.</summary>
    public static bool IsId(this JsonElement value, string id) =>
        value.ValueKind is JsonValueKind.String ? value.ValueEquals(id) : value.AsId() == id;

    public static bool IsTrue(this JsonElement value) => value.ValueKind is JsonValueKind.True;

    /// <summary>A text as written, null for an empty one.</summary>
    public static string? AsText(this JsonElement value) =>
        value.ValueKind is JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;

    /// <summary>An id: older webhook versions send numbers past 2^53, so a number keeps its digits.</summary>
    public static string? AsId(this JsonElement value) =>
        value.ValueKind is JsonValueKind.Number ? value.GetRawText() : value.AsText();

    /// <summary>What the provider wrote, as JSON.</summary>
    public static string? AsJson(this JsonElement value) =>
        value.ValueKind is JsonValueKind.Object or JsonValueKind.Array ? value.GetRawText() : null;

    /// <summary>
    /// A Unix time in seconds or milliseconds, as a number or as text (Messenger counts milliseconds, WhatsApp writes seconds as text, the feed
    /// seconds as a number). The time of arrival where it is missing, before 2004 or more than a day ahead.
    /// </summary>
    public static DateTimeOffset AsTime(this JsonElement value, DateTimeOffset arrival)
    {
        long time;
        switch (value.ValueKind)
        {
            case JsonValueKind.Number when value.TryGetInt64(out time): break;
            case JsonValueKind.String when long.TryParse(value.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out time): break;
            default: return arrival;
        }

        // Seconds reach this figure in the year 5138, milliseconds reached it in 1973.
        if (time is >= 0 and < 100_000_000_000) time *= 1000;
        return time >= Earliest && time <= arrival.ToUnixTimeMilliseconds() + OneDay ? DateTimeOffset.FromUnixTimeMilliseconds(time) : arrival;
    }

    /// <summary>An id for what has none: a hash of its bytes, so that the same piece delivered again has the same id.</summary>
    public static string ContentId(this JsonElement piece)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(JsonMarshal.GetRawUtf8Value(piece), hash);
        return Base64Url.EncodeToString(hash[..16]);
    }
}
