using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Serverless.ServiceLevels;

/// <summary>By when a customer has an answer, in working minutes; section <c>ServiceLevels</c>.</summary>
public sealed class ServiceLevelsOptions
{
    /// <summary>Working minutes until an answer is due where neither need nor network has a level of its own.</summary>
    [Range(1, Levels.LongestMinutes)]
    public int DefaultMinutes { get; set; } = 480;

    /// <summary>Name of the calendar in which they count; one of <c>Calendars</c>, or <c>always</c>.</summary>
    public string Calendar { get; set; } = Calendars.DefaultName;

    /// <summary>
    /// Minutes by network, e.g. <c>ServiceLevels__Networks__voice=60</c>; over the level that comes with the app for the need.
    /// </summary>
    public Dictionary<string, int> Networks { get; set; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Levels by why the customer came, e.g. <c>ServiceLevels__Needs__fault__First=240</c>; over everything else.</summary>
    public Dictionary<string, NeedLevelOptions> Needs { get; set; } = new(StringComparer.OrdinalIgnoreCase);
}

/// <summary>The level of a need.</summary>
public sealed class NeedLevelOptions
{
    /// <summary>Working minutes until the first answer; 0 promises none, and starts no clock.</summary>
    public int? First { get; set; }

    /// <summary>
    /// By the place in which the customer came, e.g. <c>ServiceLevels__Needs__complaint__Places__public=240</c>; over <see
    /// cref="First"/>.
    /// </summary>
    public Dictionary<string, int> Places { get; set; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Name of the calendar in which they count; that of <see cref="ServiceLevelsOptions.Calendar"/> unless set.</summary>
    public string? Calendar { get; set; }
}

/// <summary>Bounds, with the setting's name in each sentence.</summary>
public sealed class ServiceLevelsOptionsValidator(Calendars calendars) : IValidateOptions<ServiceLevelsOptions>
{
    public ValidateOptionsResult Validate(string? name, ServiceLevelsOptions options)
    {
        var problems = Problems(options).ToList();
        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }

    private IEnumerable<string> Problems(ServiceLevelsOptions options)
    {
        if (options.DefaultMinutes is < 1 or > Levels.LongestMinutes) yield
            return $"ServiceLevels__DefaultMinutes must be 1 to {Levels.LongestMinutes} minutes.";
        foreach (var (network, minutes) in options.Networks.Where(n => !IsLevel(n.Value)))
            yield return $"ServiceLevels__Networks__{network} is {minutes}; it must be 0 (no promise) to {Levels.LongestMinutes} minutes.";
        foreach (var (setting, minutes) in options.Needs.SelectMany(Minutes).Where(m => !IsLevel(m.Minutes)))
            yield return $"{setting} is {minutes}; it must be 0 (no promise) to {Levels.LongestMinutes} minutes.";
        var named = options.Needs.Select(n => (Setting: $"ServiceLevels__Needs__{n.Key}__Calendar", n.Value.Calendar))
            .Prepend(("ServiceLevels__Calendar", options.Calendar));
        foreach (var (setting, calendar) in named)
        {
            if (calendar is not null && calendars.Find(calendar) is null)
                yield return $"{setting} names {calendar}, which is no calendar: there are {string.Join(' ', calendars.Names.Order(StringComparer.Ordinal))}.";
        }
    }

    private static IEnumerable<(string Setting, int Minutes)> Minutes(KeyValuePair<string, NeedLevelOptions> need)
    {
        if (need.Value.First is { } first) yield return ($"ServiceLevels__Needs__{need.Key}__First", first);
        foreach (var (place, minutes) in need.Value.Places) yield return ($"ServiceLevels__Needs__{need.Key}__Places__{place}", minutes);
    }

    private static bool IsLevel(int minutes) => minutes is >= 0 and <= Levels.LongestMinutes;
}
