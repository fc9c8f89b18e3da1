using NodaTime;

namespace Serverless.ServiceLevels;

/// <summary>
/// One calendar: hours of a week in a zone, without its closed days. Pure and immutable. NodaTime counts the clock's changes: an hour
/// that is skipped is no working
/// time, one that comes twice is worked twice. Times go in with any offset and come out in UTC.
/// </summary>
public sealed class WorkingTime
{
    /// <summary>A calendar without an open minute in so many days is a mistake (<see cref="IsEmpty"/>).</summary>
    public const int MostClosedDays = 60;

    // A promise of 30 days of 24 hours in a calendar of one hour a week ends within 14 years.
    private const int MostDays = 366 * 20;

    // The calendar of dates ends: beyond these years every minute counts.
    private const int FirstYear = 1900;
    private const int LastYear = 9900;

    private readonly (int From, int To)[][] _week;
    private readonly DateTimeZone _zone;
    private readonly ClosedDays _closed;
    private readonly bool _always;

    /// <summary>A calendar.</summary>
    /// <param name="name">As the settings name it.</param>
    /// <param name="hours">Hours of a week.</param>
    /// <param name="zone">IANA name; UTC if there is none.</param>
    /// <param name="closed">Days without work.</param>
    public WorkingTime(string name, OpeningHours hours, string zone, ClosedDays closed)
    {
        Name = name;
        Zone = TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var found) ? found : TimeZoneInfo.Utc;
        _zone = DateTimeZoneProviders.Tzdb.GetZoneOrNull(zone) ?? DateTimeZone.Utc;
        _closed = closed;
        _week = [.. Enum.GetValues<DayOfWeek>().Select(day => Merged(hours.Of(day)))];
        _always = closed == ClosedDays.Never && _week.All(day => day is [(0, 24 * 60 * 60)]);
    }

    /// <summary>As the settings name it.</summary>
    public string Name { get; }

    /// <summary>The zone in which its times are written for people.</summary>
    public TimeZoneInfo Zone { get; }

    /// <summary>Round the clock.</summary>
    /// <param name="zone">IANA name of the zone in which times are written.</param>
    public static WorkingTime Always(string zone) => new(Calendars.AlwaysName, OpeningHours.Always, zone, ClosedDays.Never);

    /// <summary>Whether there is such a zone.</summary>
    public static bool IsZone(string zone) => DateTimeZoneProviders.Tzdb.GetZoneOrNull(zone) is not null && TimeZoneInfo
        .TryFindSystemTimeZoneById(zone, out _);

    /// <summary>Whether people work at this instant.</summary>
    public bool IsOpen(DateTimeOffset at)
    {
        if (IsBeyond(at)) return true;
        var instant = Instant.FromDateTimeOffset(at);
        return Of(instant.InZone(_zone).Date).Any(piece => piece.Start <= instant && instant < piece.End);
    }

    /// <summary>Whether a promise may name this instant: people work then, or until then.</summary>
    public bool IsOpenUntil(DateTimeOffset at) => IsOpen(at) || IsOpen(at.AddTicks(-1));

    /// <summary>The first open instant that is not before; null when there is none in <see cref="MostClosedDays"/> days.</summary>
    public DateTimeOffset? NextOpen(DateTimeOffset at)
    {
        if (IsBeyond(at)) return at;
        foreach (var (start, _) in From(Instant.FromDateTimeOffset(at), MostClosedDays)) return start.ToDateTimeOffset();
        return null;
    }

    /// <summary>No open minute in <see cref="MostClosedDays"/> days from an instant.</summary>
    public bool IsEmpty(DateTimeOffset from) => NextOpen(from) is null;

    /// <summary>The instant at which so many working minutes have passed; the end of a block belongs to it.</summary>
    /// <param name="from">Any instant, also a closed one.</param>
    /// <param name="minutes">0 and more; 0 gives the first open instant.</param>
    public DateTimeOffset Add(DateTimeOffset from, int minutes)
    {
        if (_always || IsBeyond(from)) return from.AddMinutes(minutes);
        var left = Duration.FromMinutes(minutes);
        foreach (var (start, end) in From(Instant.FromDateTimeOffset(from), MostDays))
        {
            if (end - start >= left) return (start + left).ToDateTimeOffset();
            left -= end - start;
        }

        return from.AddMinutes(minutes);
    }

    /// <summary>Working time between two instants; none when the second is not after the first.</summary>
    public TimeSpan Between(DateTimeOffset from, DateTimeOffset to)
    {
        if (to <= from) return TimeSpan.Zero;
        if (_always || IsBeyond(from) || IsBeyond(to)) return to - from;
        var (sum, last) = (Duration.Zero, Instant.FromDateTimeOffset(to));
        foreach (var (start, end) in From(Instant.FromDateTimeOffset(from), MostDays))
        {
            if (start >= last) break;
            sum += (end < last ? end : last) - start;
        }

        return sum.ToTimeSpan();
    }

    private static bool IsBeyond(DateTimeOffset at) => at.Year is < FirstYear or > LastYear;

    // Open pieces from an instant on, in order.
    private IEnumerable<(Instant Start, Instant End)> From(Instant from, int days)
    {
        var day = from.InZone(_zone).Date;
        for (var i = 0; i < days; i++, day = day.PlusDays(1))
            foreach (var (start, end) in Of(day))
                if (end > from) yield return (start > from ? start : from, end);
    }

    // The blocks of a day as they lie in the zone: once for each offset that the day has.
    private IEnumerable<(Instant Start, Instant End)> Of(LocalDate day)
    {
        var blocks = _week[(int)day.DayOfWeek % 7];
        if (blocks.Length == 0 || _closed.Contains(day.ToDateOnly())) yield break;
        var midnight = day.AtMidnight();
        var next = _zone.AtStartOfDay(day.PlusDays(1)).ToInstant();
        for (var at = _zone.AtStartOfDay(day).ToInstant(); at < next;)
        {
            var offset = _zone.GetZoneInterval(at);
            var until = offset.HasEnd && offset.End < next ? offset.End : next;
            foreach (var (from, to) in blocks)
            {
                var start = midnight.PlusSeconds(from).WithOffset(offset.WallOffset).ToInstant();
                var end = midnight.PlusSeconds(to).WithOffset(offset.WallOffset).ToInstant();
                if (start < at) start = at;
                if (end > until) end = until;
                if (start < end) yield return (start, end);
            }

            at = until;
        }
    }

    private static (int From, int To)[] Merged(IEnumerable<(int From, int To)> blocks)
    {
        List<(int From, int To)> merged = [];
        foreach (var (from, to) in blocks.OrderBy(b => b.From))
        {
            if (merged.Count > 0 && from <= merged[^1].To) merged[^1] = (merged[^1].From, Math.Max(merged[^1].To, to));
            else merged.Add((from, to));
        }

        return [.. merged];
    }
}
