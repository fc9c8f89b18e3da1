using Serverless.ServiceLevels;

namespace Serverless.Notifications;

/// <summary>Earliest time at which a recipient with notification hours may be notified.</summary>
public static class QuietHours
{
    /// <summary>Now (null), or the first moment after it that lies within the hours; hours that hold no moment, or cannot be read, keep
    /// nobody waiting.</summary>
    /// <param name="calendars">The calendars that hours may name.</param>
    /// <param name="hours">As in <see cref="OpeningHours"/>, or <c>calendar:name</c>.</param>
    /// <param name="timeZone">IANA name, for hours that name no calendar; UTC if there is no such zone.</param>
    /// <param name="now">Now.</param>
    public static DateTimeOffset? End(Calendars calendars, string hours, string timeZone, DateTimeOffset now) =>
        calendars.Read(hours, timeZone)?.NextOpen(now) is { } open && open > now ? open : null;
}
