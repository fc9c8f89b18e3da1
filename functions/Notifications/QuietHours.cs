using Serverless.Channels;
using Serverless.Platform.Localization;

namespace Serverless.Notifications;

/// <summary>Earliest time at which a recipient with notification hours may be notified.</summary>
public static class QuietHours
{
    /// <summary>Now (null), or the first moment after it that lies within the hours; hours that hold no moment, or cannot be read, keep nobody waiting.</summary>
    /// <param name="hours">As in <see cref="OpeningHours"/>.</param>
    /// <param name="timeZone">IANA name; UTC if there is no such zone.</param>
    /// <param name="now">Now.</param>
    public static DateTimeOffset? End(string hours, string timeZone, DateTimeOffset now)
    {
        if (!OpeningHours.TryParse(hours, out var open)) return null;
        var zone = LocalTime.ZoneOf(timeZone);
        // Quarter hours are fine enough for people, and a week holds every block there is.
        for (var quarter = 0; quarter <= 7 * 24 * 4; quarter++)
        {
            var at = quarter == 0 ? now : new DateTimeOffset(now.UtcTicks - (now.UtcTicks % TimeSpan.FromMinutes(15).Ticks), TimeSpan.Zero).AddMinutes(15 * quarter);
            if (open.Contains(TimeZoneInfo.ConvertTime(at, zone).DateTime)) return quarter == 0 ? null : at;
        }

        return null;
    }
}
