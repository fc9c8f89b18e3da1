using System.Globalization;

namespace Serverless.Platform.Localization;

/// <summary>The only formatter of times for people: date and time in the reader's zone, always with the zone.</summary>
public static class LocalTime
{
    /// <summary>
    /// <c>20.11.2026, 14:00 Uhr MEZ</c> or <c>20 November 2026, 14:00 CET</c>. Zones of Central Europe have their short name, every other
    /// one its offset (<c>UTC</c>, <c>UTC-3:30</c>). So the hour that a clock change repeats is never ambiguous.
    /// </summary>
    /// <param name="at">The time.</param>
    /// <param name="zone">The reader's zone.</param>
    /// <param name="language"><see cref="TextBook.German"/> or <see cref="TextBook.English"/>.</param>
    /// <param name="text">A text by its key, in that language.</param>
    public static string Write(DateTimeOffset at, TimeZoneInfo zone, string language, Func<string, string> text)
    {
        var local = TimeZoneInfo.ConvertTime(at, zone);
        var format = language == TextBook.German ? "dd.MM.yyyy, HH:mm 'Uhr'" : "d MMMM yyyy, HH:mm";
        return $"{local.ToString(format, CultureInfo.InvariantCulture)} {NameOf(zone, local.Offset, text)}";
    }

    private static string NameOf(TimeZoneInfo zone, TimeSpan offset, Func<string, string> text)
    {
        if (IsCentralEuropean(zone) && offset == TimeSpan.FromHours(1)) return text("zone_cet");
        if (IsCentralEuropean(zone) && offset == TimeSpan.FromHours(2)) return text("zone_cest");
        if (offset == TimeSpan.Zero) return "UTC";
        var minutes = offset.Minutes == 0 ? "" : $":{Math.Abs(offset.Minutes):00}";
        return string.Create(CultureInfo.InvariantCulture, $"UTC{(offset < TimeSpan.Zero ? '-' : '+')}{Math.Abs(offset.Hours)}{minutes}");
    }

    // Standard time of Europe/Dublin is one hour ahead of UTC as well (Irish Standard Time, in summer).
    private static bool IsCentralEuropean(TimeZoneInfo zone) =>
        zone.BaseUtcOffset == TimeSpan.FromHours(1) && zone.Id.StartsWith("Europe/", StringComparison.Ordinal)
        && zone.Id != "Europe/Dublin";
}
