using System.Globalization;

namespace Serverless.ServiceLevels;

/// <summary>
/// Lets answer plans of telephone channels name a calendar: <c>Channels__Twilio__Default__Hours=calendar:default</c>. The calendar's
/// hours, zone and closed
/// days take the place of the name before the channels read their settings, so a channel knows nothing of calendars.
/// </summary>
public static class CalendarHours
{
    // Closed days are written out: those of past years are of no use, and nobody sets hours for longer.
    private const int FirstYear = 2026;
    private const int LastYear = 2045;

    private const string Channels = "Channels:";
    private const string HoursName = ":Hours";

    /// <summary>
    /// Writes out every calendar that an answer plan names. A name that is no calendar stays as it is, and the channel's health tells it.
    /// </summary>
    public static void UseCalendars(this IConfigurationManager configuration)
    {
        var named = configuration.AsEnumerable()
            .Where(s => s.Key.StartsWith(Channels, StringComparison.OrdinalIgnoreCase) && s.Key
                .EndsWith(HoursName, StringComparison.OrdinalIgnoreCase))
            .Where(s => s.Value?.TrimStart().StartsWith(Calendars.Prefix, StringComparison.OrdinalIgnoreCase) == true).ToList();
        if (named.Count == 0) return;
        var options = new CalendarsOptions();
        configuration.Bind(options);
        Dictionary<string, string?> written = [];
        foreach (var (key, value) in named)
        {
            var name = value!.Trim()[Calendars.Prefix.Length..].Trim();
            if (OptionsOf(options, name) is not { } calendar) continue;
            var plan = key[..^HoursName.Length];
            written[key] = calendar.Hours;
            written[$"{plan}:TimeZone"] = calendar.TimeZone;
            written[$"{plan}:Holidays"] = string.Join(',', ClosedDaysOf(calendar).Append(configuration[$"{plan}:Holidays"] ?? "")
                .Where(d => d.Length > 0));
        }

        configuration.AddInMemoryCollection(written);
    }

    private static CalendarOptions? OptionsOf(CalendarsOptions options, string name) =>
        options.Calendars.GetValueOrDefault(name)
        ?? (name.Equals(Calendars.DefaultName, StringComparison.OrdinalIgnoreCase) ? new CalendarOptions()
            : name.Equals(Calendars.AlwaysName, StringComparison.OrdinalIgnoreCase)
                ? new CalendarOptions { Hours = "always", State = "none" }
            : null);

    private static IEnumerable<string> ClosedDaysOf(CalendarOptions calendar)
    {
        var closed = ClosedDays.Of(calendar);
        for (var day = new DateOnly(FirstYear, 1, 1); day.Year <= LastYear; day = day.AddDays(1))
            if (closed.Contains(day)) yield return day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
    }
}
