
namespace Serverless.ServiceLevels;

/// <summary>
/// The calendars by name: the one notion of hours for due times, escalation, receipts and recipients. Pure; built once from the settings.
/// <c>default</c> is Monday to Friday 09:00 to 17:00 in Germany unless the settings say otherwise; <c>always</c> is round the clock.
/// </summary>
public sealed class Calendars
{
    /// <summary>The calendar that is used where nothing names one.</summary>
    public const string DefaultName = "default";

    /// <summary>Round the clock, in the zone of the default calendar.</summary>
    public const string AlwaysName = "always";

    /// <summary>What an hours setting begins with to name a calendar: <c>calendar:default</c>.</summary>
    public const string Prefix = "calendar:";

    private const int LongestName = 50;

    private readonly Dictionary<string, WorkingTime> _byName = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Builds them. What cannot be read is round the clock: <see cref="Mistakes"/> refuses it at start.</summary>
    public Calendars(CalendarsOptions options)
    {
        if (!options.Calendars.ContainsKey(DefaultName)) _byName[DefaultName] = Build(DefaultName, new CalendarOptions());
        foreach (var (name, calendar) in options.Calendars) _byName[name] = Build(name, calendar);
        _byName[AlwaysName] = WorkingTime.Always(options.Calendars.GetValueOrDefault(DefaultName)?.TimeZone
            ?? new CalendarOptions().TimeZone);
    }

    /// <summary>The calendar <c>default</c>.</summary>
    public WorkingTime Default => _byName[DefaultName];

    /// <summary>Names of all, <c>always</c> and <c>default</c> among them.</summary>
    public IEnumerable<string> Names => _byName.Keys;

    /// <summary>A calendar by its name; null when there is none.</summary>
    public WorkingTime? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>A calendar by its name; <c>default</c> for null or a name that is gone.</summary>
    public WorkingTime Of(string? name) => name is not null && Find(name) is { } known ? known : Default;

    /// <summary>
    /// A calendar to count promises in: round the clock, in its zone, where it holds no open minute (<see cref="Problems"/> makes health
    /// red for it), so that a
    /// slip in the hours never turns a promise into none.
    /// </summary>
    public WorkingTime Counting(string? name, DateTimeOffset from) => Of(name) is var calendar && calendar.IsEmpty(from) ? WorkingTime
        .Always(calendar.Zone.Id) : calendar;

    /// <summary>
    /// What an hours setting says: <c>calendar:name</c>, or hours of its own in a zone of its own without closed days. Null when it
    /// cannot be read.
    /// </summary>
    /// <param name="hours">As in <see cref="OpeningHours"/>, or the name of a calendar.</param>
    /// <param name="zone">IANA name for hours of its own.</param>
    public WorkingTime? Read(string hours, string zone)
    {
        if (hours.Trim() is var text && text.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
            return Find(text[Prefix.Length..].Trim());
        return OpeningHours.TryParse(text, out var own) ? new WorkingTime(text, own, zone, ClosedDays.Never) : null;
    }

    /// <summary>Sentences for calendars that hold no open minute for <see cref="WorkingTime.MostClosedDays"/> days.</summary>
    public IEnumerable<string> Problems(DateTimeOffset now) => _byName.Where(c => c.Value.IsEmpty(now)).Select(c =>
        $"Calendars__{c.Key} holds no open minute in the next {WorkingTime.MostClosedDays} days: promises count round the clock. "
        + $"Change Calendars__{c.Key}__Hours or __More.");

    /// <summary>Sentences for calendars that cannot be read, each with the setting to change.</summary>
    public static IEnumerable<string> Mistakes(CalendarsOptions options)
    {
        foreach (var (name, calendar) in options.Calendars)
        {
            var setting = $"Calendars__{name}";
            if (name.Length > LongestName || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
                yield return $"{setting}: a calendar's name has letters, digits, - and _, at most {LongestName}.";
            if (name.Equals(AlwaysName, StringComparison.OrdinalIgnoreCase) || name.Equals("never", StringComparison.OrdinalIgnoreCase))
                yield return $"{setting}: this name is taken; {AlwaysName} is round the clock.";
            if (!OpeningHours.TryParse(calendar.Hours, out _))
                yield return $"{setting}__Hours is not like 'Mon-Fri 08:00-12:00 13:00-17:00; Sat 09:00-12:00' or 'always'.";
            if (!WorkingTime.IsZone(calendar.TimeZone)) yield return $"{setting}__TimeZone is no IANA zone such as Europe/Berlin.";
            foreach (var mistake in ClosedDays.Mistakes(calendar, setting)) yield return mistake;
        }
    }

    private static WorkingTime Build(string name, CalendarOptions options) =>
        OpeningHours.TryParse(options.Hours, out var hours) ? new WorkingTime(name, hours, options.TimeZone, ClosedDays.Of(options))
            : WorkingTime.Always(options.TimeZone);
}
