using System.Globalization;
using System.Text.Json;

namespace Serverless.Channels.Meta;

/// <summary>What Meta's JSON needs beyond <see cref="JsonFields"/>.</summary>
internal static class MetaFields
{
    // The year Facebook began; anything before is a clock that was never set.
    private static readonly long Earliest = new DateTimeOffset(2004, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();
    private const long OneDay = 24 * 60 * 60 * 1000L;

    public static int Count(this JsonElement value) => value.ValueKind is JsonValueKind.Array ? value.GetArrayLength() : 0;

    /// <summary>Whether it is this id, written as text or as number.</summary>
    public static bool IsId(this JsonElement value, string id) =>
        value.ValueKind is JsonValueKind.String ? value.ValueEquals(id) : value.AsId() == id;

    /// <summary>What the provider wrote, as JSON.</summary>
    public static string? AsJson(this JsonElement value) =>
        value.ValueKind is JsonValueKind.Object or JsonValueKind.Array ? value.GetRawText() : null;

    /// <summary>
    /// A Unix time in seconds or milliseconds, as a number or as text (Messenger counts milliseconds, WhatsApp writes seconds as text, the
    /// feed
    /// seconds as a number). The time of arrival where it is missing, before 2004 or more than a day ahead.
    /// </summary>
    public static DateTimeOffset AsTime(this JsonElement value, DateTimeOffset arrival)
    {
        long time;
        switch (value.ValueKind)
        {
            case JsonValueKind.Number when value.TryGetInt64(out time): break;
            case JsonValueKind.String when long.TryParse(value.GetString(), NumberStyles.None, CultureInfo.InvariantCulture,
                out time): break;
            default: return arrival;
        }

        // Seconds reach this figure in the year 5138, milliseconds reached it in 1973.
        if (time is >= 0 and < 100_000_000_000) time *= 1000;
        return time >= Earliest && time <= arrival.ToUnixTimeMilliseconds() + OneDay
            ? DateTimeOffset.FromUnixTimeMilliseconds(time) : arrival;
    }
}
