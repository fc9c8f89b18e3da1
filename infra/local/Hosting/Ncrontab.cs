using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Numerics;

namespace Serverless.Local.Hosting;

/// <summary>
/// A schedule of six fields (second, minute, hour, day, month, day of week) or five (without seconds), in UTC.
/// Written here because the NCrontab package does not restore from the registry this project builds with.
/// Syntax: https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer#ncrontab-expressions
/// </summary>
public sealed class Ncrontab
{
    private static readonly string[] Months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
    private static readonly string[] Days = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
    private readonly ulong seconds;
    private readonly ulong minutes;
    private readonly ulong hours;
    private readonly ulong days;
    private readonly ulong months;
    private readonly ulong weekdays;
    private readonly string text;

    private Ncrontab(string text, ReadOnlySpan<ulong> fields)
    {
        this.text = text;
        (seconds, minutes, hours, days, months, weekdays) = (fields[0], fields[1], fields[2], fields[3], fields[4], fields[5]);
    }

    /// <summary>Reads an expression; false when it is not one, or names a day that never comes (30 February).</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out Ncrontab? schedule)
    {
        schedule = null;
        var parts = text.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (parts.Length == 5) parts = ["0", .. parts];
        if (parts.Length != 6) return false;
        Span<ulong> fields = stackalloc ulong[6];
        if (!Field(parts[0], 0, 59, [], out fields[0]) || !Field(parts[1], 0, 59, [], out fields[1]) || !Field(parts[2], 0, 23, [], out fields[2])
            || !Field(parts[3], 1, 31, [], out fields[3]) || !Field(parts[4], 1, 12, Months, out fields[4]) || !Field(parts[5], 0, 6, Days, out fields[5]))
            return false;
        var read = new Ncrontab(text, fields);
        if (read.Next(DateTimeOffset.UnixEpoch) is null) return false;
        schedule = read;
        return true;
    }

    /// <summary>The first moment after <paramref name="after"/>, in UTC; null when there is none within eight years (29 February is at most eight away).</summary>
    public DateTimeOffset? Next(DateTimeOffset after)
    {
        var utc = after.ToUniversalTime();
        var from = utc.AddTicks(-(utc.Ticks % TimeSpan.TicksPerSecond)).AddSeconds(1);
        var day = new DateTimeOffset(from.Date, TimeSpan.Zero);
        for (var last = day.AddYears(8).AddDays(1); day <= last; day = day.AddDays(1), from = day)
        {
            if (!Has(months, day.Month) || !Has(days, day.Day) || !Has(weekdays, (int)day.DayOfWeek)) continue;
            if (OfDay(from) is { } time) return day + time;
        }

        return null;
    }

    public override string ToString() => text;

    private TimeSpan? OfDay(DateTimeOffset from)
    {
        for (var hour = From(hours, from.Hour); hour >= 0; hour = From(hours, hour + 1))
        {
            var sameHour = hour == from.Hour;
            for (var minute = From(minutes, sameHour ? from.Minute : 0); minute >= 0; minute = From(minutes, minute + 1))
            {
                var second = From(seconds, sameHour && minute == from.Minute ? from.Second : 0);
                if (second >= 0) return new TimeSpan(hour, minute, second);
            }
        }

        return null;
    }

    private static bool Has(ulong set, int value) => (set >> value & 1) == 1;

    // The first member of the set that is not below the value, or -1.
    private static int From(ulong set, int value)
    {
        var rest = value > 63 ? 0 : set >> value << value;
        return rest == 0 ? -1 : BitOperations.TrailingZeroCount(rest);
    }

    private static bool Field(string text, int min, int max, string[] names, out ulong set)
    {
        set = 0;
        foreach (var part in text.Split(','))
        {
            if (!Part(part, min, max, names, ref set)) return false;
        }

        return true;
    }

    private static bool Part(string part, int min, int max, string[] names, ref ulong set)
    {
        var step = 1;
        var slash = part.IndexOf('/', StringComparison.Ordinal);
        if (slash >= 0 && (!Digits(part[(slash + 1)..], out step) || step == 0)) return false;
        var range = slash >= 0 ? part[..slash] : part;
        int from, to;
        if (range == "*")
        {
            (from, to) = (min, max);
        }
        else
        {
            var ends = range.Split('-');
            if (ends.Length > 2 || !Value(ends[0], min, max, names, out from)) return false;
            to = slash >= 0 ? max : from;
            if (ends.Length == 2 && !Value(ends[1], min, max, names, out to)) return false;
        }

        if (from > to) return false;
        for (var value = from; value <= to; value += step) set |= 1ul << value;
        return true;
    }

    private static bool Value(string text, int min, int max, string[] names, out int value)
    {
        var named = Array.FindIndex(names, name => name.Equals(text, StringComparison.OrdinalIgnoreCase));
        if (named >= 0)
        {
            value = named + min;
            return true;
        }

        return Digits(text, out value) && value >= min && value <= max;
    }

    private static bool Digits(string text, out int value) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
}
