using System.Globalization;
using System.Runtime.InteropServices;

namespace Serverless.Intake;

/// <summary>A period of whole hours in UTC, matching the partitions of deliveries: the end is exclusive.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct HourRange(DateTimeOffset From, DateTimeOffset To)
{
    /// <summary>The longest span one request may name.</summary>
    public const int LongestDays = 31;

    public const string HowTo =
        "Give the period in UTC: hour=2026-11-20T09, or day=2026-11-20, or from and to in either format (to is exclusive), at most 31 days.";

    /// <summary>The last hours, the running one included.</summary>
    public static HourRange Last(int hours, DateTimeOffset now)
    {
        var end = Floor(now).AddHours(1);
        return new HourRange(end.AddHours(-hours), end);
    }

    /// <summary>The requested period; null when it is invalid or too long.</summary>
    /// <param name="hour">As <c>2026-11-20T09</c>.</param>
    /// <param name="day">As <c>2026-11-20</c>.</param>
    /// <param name="from">As either, together with <paramref name="to"/>.</param>
    /// <param name="to">The end, not included.</param>
    public static HourRange? Parse(string? hour, string? day, string? from, string? to)
    {
        HourRange? range = (hour, day, from, to) switch
        {
            ({ } text, null, null, null) when At(text, "yyyy-MM-ddTHH") is { } begin => new HourRange(begin, begin.AddHours(1)),
            (null, { } text, null, null) when At(text, "yyyy-MM-dd") is { } begin => new HourRange(begin, begin.AddDays(1)),
            (null, null, { } first, { } last) when Either(first) is { } begin && Either(last) is { } end => new HourRange(begin, end),
            _ => null,
        };
        return range is { } asked && asked.From < asked.To && asked.To - asked.From <= TimeSpan.FromDays(LongestDays) ? asked : null;
    }

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{From.UtcDateTime:yyyy-MM-ddTHH}/{To.UtcDateTime:yyyy-MM-ddTHH}");

    private static DateTimeOffset? Either(string text) => At(text, "yyyy-MM-ddTHH") ?? At(text, "yyyy-MM-dd");

    // A table's months end with the year 9999, and none of ours lies before this project.
    private static DateTimeOffset? At(string text, string format) =>
        DateTimeOffset.TryParseExact(text, format, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
        && at.Year is >= 2020 and < 2200 ? at : null;

    private static DateTimeOffset Floor(DateTimeOffset at) =>
        new(at.UtcDateTime.Year, at.UtcDateTime.Month, at.UtcDateTime.Day, at.UtcDateTime.Hour, 0, 0, TimeSpan.Zero);
}
