using System.Globalization;

namespace Serverless.Registrations;

/// <summary>Checks and repairs of webhook registrations; section <c>Registration</c>.</summary>
public sealed class RegistrationOptions
{
    /// <summary>Channels that may repair their registrations by themselves: names with commas, or <c>*</c> for all. Empty: they only
    /// report.</summary>
    public string Repair { get; set; } = "";

    /// <summary>
    /// Expiry dates of credentials that no API reports, by a name of your choice:
    /// <c>Registration__Expires__MetaAppSecret=2027-03-31</c> (UTC). An event is published 30, 7 and 1 day before.
    /// </summary>
    public Dictionary<string, string> Expires { get; set; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether a channel may repair.</summary>
    internal bool MayRepair(string channel) =>
        Repair.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
        .Any(name => name == "*" || name.Equals(channel, StringComparison.OrdinalIgnoreCase));

    internal static DateTimeOffset? DateOf(string text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
            out var date) ? date : null;
}
