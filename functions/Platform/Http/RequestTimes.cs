using System.Globalization;

namespace Serverless.Platform.Http;

/// <summary>Times in requests: in UTC unless stated otherwise, within the years of the tables (2020 to 2199).</summary>
public static class RequestTimes
{
    /// <summary>A sentence for a time that is none.</summary>
    public const string Years = "years from 2020 to 2199";

    /// <summary>A month as <c>2026-11</c>; null when it is none.</summary>
    public static DateTimeOffset? Month(string text) => Exact(text, "yyyy-MM");

    /// <summary>A day as <c>2026-11-22</c>; null when it is none.</summary>
    public static DateTimeOffset? Day(string text) => Exact(text, "yyyy-MM-dd");

    /// <summary>A time such as <c>2026-11-22T12:00:00Z</c>; null when it is none.</summary>
    public static DateTimeOffset? Time(string text) => Within(DateTimeOffset.TryParse(
        text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at) ? at : null);

    private static DateTimeOffset? Exact(string text, string format) => Within(DateTimeOffset.TryParseExact(
        text, format, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : null);

    private static DateTimeOffset? Within(DateTimeOffset? at) => at is { UtcDateTime.Year: >= 2020 and < 2200 } ? at : null;
}
