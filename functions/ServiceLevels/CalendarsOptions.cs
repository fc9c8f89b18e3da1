using Microsoft.Extensions.Options;

namespace Serverless.ServiceLevels;

/// <summary>
/// The calendars by name: <c>Calendars__default__Hours</c>, <c>Calendars__bayern__State</c>. Bound to the root, since the name follows
/// the section directly.
/// </summary>
public sealed class CalendarsOptions
{
    /// <summary>
    /// By a name of your choice: letters, digits, <c>-</c> and <c>_</c>, at most 50. <c>default</c> is used where nothing names one;
    /// <c>always</c> and <c>never</c> are taken.
    /// </summary>
    public Dictionary<string, CalendarOptions> Calendars { get; set; } = new(StringComparer.OrdinalIgnoreCase);
}

/// <summary>When people work; what is not set is an office in Germany.</summary>
public sealed class CalendarOptions
{
    /// <summary>
    /// Working hours of a week, as in <see cref="OpeningHours"/>: several blocks a day, <c>always</c> for round the
    /// clock.
    /// </summary>
    public string Hours { get; set; } = "Mon-Fri 09:00-17:00";

    /// <summary>IANA name of the zone of the hours and days.</summary>
    public string TimeZone { get; set; } = "Europe/Berlin";

    /// <summary>Country of the public holidays, two letters: <see cref="ClosedDays.Countries"/>.</summary>
    public string Country { get; set; } = "DE";

    /// <summary>
    /// <c>ALL</c>: the holidays of the whole country; a state (<c>BY</c>) or canton (<c>ZH</c>): its own, too; <c>none</c>: no public
    /// holidays.
    /// </summary>
    public string State { get; set; } = "ALL";

    /// <summary>Further days without work, separated by commas: <c>2026-12-24</c>, or <c>12-24</c> for every year.</summary>
    public string More { get; set; } = "";

    /// <summary>Public holidays on which people work all the same, written like <see cref="More"/>.</summary>
    public string Less { get; set; } = "";
}

/// <summary>Refuses calendars that cannot be read, each sentence with the setting to change.</summary>
public sealed class CalendarsOptionsValidator : IValidateOptions<CalendarsOptions>
{
    public ValidateOptionsResult Validate(string? name, CalendarsOptions options)
    {
        var problems = Calendars.Mistakes(options).ToList();
        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }
}
