using System.Text.Json;

namespace Serverless.Channels.Email;

/// <summary>Time and place of a meeting request: a mail with fields of its own.</summary>
/// <remarks>https://learn.microsoft.com/en-us/graph/api/resources/eventmessage</remarks>
internal static class Meeting
{
    /// <summary>Its begin, as Exchange keeps it: PidLidAppointmentStartWhole. Fields of a derived type cannot be selected beside those of a
    /// message, named properties can.</summary>
    /// <remarks>https://learn.microsoft.com/en-us/openspecs/exchange_server_protocols/ms-oxocal/</remarks>
    public const string StartProperty = $"SystemTime {{{Calendar}}} Id 0x820D";

    /// <summary>Its end: PidLidAppointmentEndWhole.</summary>
    public const string EndProperty = $"SystemTime {{{Calendar}}} Id 0x820E";

    /// <summary>Its place: PidLidLocation.</summary>
    public const string PlaceProperty = $"String {{{Calendar}}} Id 0x8208";

    private const string Calendar = "00062002-0000-0000-C000-000000000046";

    /// <summary>Adds <c>start</c>, <c>end</c>, <c>location</c> and <c>meeting</c> (Graph's word for what it is), as far as they are
    /// there.</summary>
    public static void Add(JsonElement message, ref ExtraFields extras)
    {
        extras.Add("meeting", message.Text("meetingMessageType"u8));
        extras.Add("start", Time(message.Get("startDateTime"u8)) ?? Property(message, StartProperty));
        extras.Add("end", Time(message.Get("endDateTime"u8)) ?? Property(message, EndProperty));
        extras.Add("location", message.Get("location"u8).Text("displayName"u8) ?? Property(message, PlaceProperty));
    }

    // Graph's time and its zone, which is a name and not an offset: both are stored as written.
    private static string? Time(JsonElement time) =>
        time.Text("dateTime"u8) is { } at ? time.Text("timeZone"u8) is { } zone ? $"{at} {zone}" : at : null;

    private static string? Property(JsonElement message, string id)
    {
        foreach (var property in message.Get("singleValueExtendedProperties"u8).Items())
        {
            if (SameId(property.Text("id"u8), id)) return property.Text("value"u8);
        }

        return null;
    }

    // Graph writes letters and digits of an id back as it likes: 0x820d, Id 0x820D.
    private static bool SameId(string? id, string wanted) => wanted.Equals(id, StringComparison.OrdinalIgnoreCase);
}
