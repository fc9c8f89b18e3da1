using System.Collections.Concurrent;
using System.Globalization;
using PublicHoliday;

namespace Serverless.ServiceLevels;

/// <summary>
/// Days without work: the public holidays of a country and state, more and less than these. Pure. The package lists what the law says; it
/// takes 15 August for
/// all of Bavaria, where only towns with a Catholic majority keep it: <c>Calendars__name__Less=08-15</c> elsewhere.
/// </summary>
public sealed class ClosedDays
{
    private const string None = "none";
    private const string All = "ALL";

    private static readonly Dictionary<string, Func<string, PublicHolidayBase?>> Known = new(StringComparer.OrdinalIgnoreCase)
    {
        ["DE"] = state => StateOf<GermanPublicHoliday.States>(state, All) is { } known ? new GermanPublicHoliday { State = known } : null,
        ["CH"] = canton => IsAll(canton) ? new SwitzerlandPublicHoliday()
            : StateOf<SwitzerlandPublicHoliday.Cantons>(canton, "") is { } known ? new SwitzerlandPublicHoliday { Canton = known } : null,
        ["AT"] = state => IsAll(state) ? new AustriaPublicHoliday() : null,
        ["BE"] = state => IsAll(state) ? new BelgiumPublicHoliday() : null,
        ["CZ"] = state => IsAll(state) ? new CzechRepublicPublicHoliday() : null,
        ["DK"] = state => IsAll(state) ? new DenmarkPublicHoliday() : null,
        ["FR"] = state => IsAll(state) ? new FrancePublicHoliday() : null,
        ["IT"] = state => IsAll(state) ? new ItalyPublicHoliday() : null,
        ["LU"] = state => IsAll(state) ? new LuxembourgPublicHoliday() : null,
        ["NL"] = state => IsAll(state) ? new DutchPublicHoliday() : null,
        ["PL"] = state => IsAll(state) ? new PolandPublicHoliday() : null,
    };

    private readonly PublicHolidayBase? _public;
    private readonly HashSet<DateOnly> _more;
    private readonly HashSet<DateOnly> _less;
    private readonly ConcurrentDictionary<int, HashSet<DateOnly>> _years = new();

    private ClosedDays(PublicHolidayBase? ofState, HashSet<DateOnly> more, HashSet<DateOnly> less) =>
        (_public, _more, _less) = (ofState, more, less);

    /// <summary>Countries whose holidays are known; two letters each.</summary>
    public static IReadOnlyCollection<string> Countries => Known.Keys;

    /// <summary>No day is closed.</summary>
    public static ClosedDays Never { get; } = new(null, [], []);

    /// <summary>The days of a calendar; what cannot be read closes no day (<see cref="Mistakes"/> names it at start).</summary>
    public static ClosedDays Of(CalendarOptions options)
    {
        var known = IsNone(options.State) ? null : Known.GetValueOrDefault(options.Country)?.Invoke(options.State);
        HashSet<DateOnly> more = [.. Days(options.More)];
        return known is null && more.Count == 0 ? Never : new ClosedDays(known, more, [.. Days(options.Less)]);
    }

    /// <summary>Sentences for what cannot be read.</summary>
    /// <param name="options">The settings.</param>
    /// <param name="setting">Name of the calendar's settings, e.g. <c>Calendars__default</c>.</param>
    public static IEnumerable<string> Mistakes(CalendarOptions options, string setting)
    {
        if (!Known.TryGetValue(options.Country, out var country))
            yield return $"{setting}__Country is {options.Country}; it must be one of {string.Join(' ', Countries.Order(StringComparer.Ordinal))}.";
        else if (!IsNone(options.State) && country(options.State) is null)
            yield return $"{setting}__State is {options.State}; it must be one of ALL none {StatesOf(options.Country)}".TrimEnd() + ".";
        foreach (var (name, text) in new[] { ("More", options.More), ("Less", options.Less) })
            foreach (var word in Words(text).Where(w => DayOf(w) is null))
                yield return $"{setting}__{name} holds {word}, which is neither a date like 2026-12-24 nor a day of every year like 12-24.";
    }

    /// <summary>Whether nobody works on a local day.</summary>
    public bool Contains(DateOnly day)
    {
        var everyYear = EveryYear(day.Month, day.Day);
        if (_more.Contains(day) || _more.Contains(everyYear)) return true;
        if (_public is null || _less.Contains(day) || _less.Contains(everyYear)) return false;
        return _years.GetOrAdd(day.Year, year => [.. _public.PublicHolidays(year).Select(DateOnly.FromDateTime)]).Contains(day);
    }

    private static bool IsNone(string state) => state.Equals(None, StringComparison.OrdinalIgnoreCase);

    private static bool IsAll(string state) => state.Equals(All, StringComparison.OrdinalIgnoreCase);

    // Names alone: a number would pass as a value of the enumeration.
    private static T? StateOf<T>(string name, string beside) where T : struct, Enum =>
        (name.Length == 2 || name.Equals(beside, StringComparison.OrdinalIgnoreCase)) && char.IsAsciiLetter(name[0])
            && Enum.TryParse<T>(name, ignoreCase: true, out var state) ? state : null;

    private static string StatesOf(string country) => country.ToUpperInvariant() switch
    {
        "DE" => string.Join(' ', Enum.GetNames<GermanPublicHoliday.States>().Where(n => n.Length == 2)),
        "CH" => string.Join(' ', Enum.GetNames<SwitzerlandPublicHoliday.Cantons>().Where(n => n.Length == 2)),
        _ => "",
    };

    private static string[] Words(string text) => text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static IEnumerable<DateOnly> Days(string text) => Words(text).Select(DayOf).OfType<DateOnly>();

    // A leap year stands for every year, so that 02-29 is a day.
    private static DateOnly EveryYear(int month, int day) => new(4, month, day);

    private static DateOnly? DayOf(string word)
    {
        var everyYear = word.Length == 5;
        if (!DateOnly.TryParseExact(everyYear ? $"2024-{word}" : word, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None,
            out var day)) return null;
        return everyYear ? EveryYear(day.Month, day.Day) : day;
    }
}
