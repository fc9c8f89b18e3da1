using Microsoft.Extensions.Options;

using Serverless.ServiceLevels;

namespace Serverless.Notifications.Acknowledgement;

/// <summary>Acknowledgements to customers; section <c>Acknowledgement</c>.</summary>
public sealed class AcknowledgementOptions
{
    /// <summary>By channel: <c>on</c>, <c>dryRun</c> or <c>off</c>. A channel that is not named is off.</summary>
    public Dictionary<string, string> Channels { get; set; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The way to a person, as the customer reads it: a number, hours, an address. Needed: without it receipts wait.</summary>
    public string? Contact { get; set; }

    /// <summary><c>de</c> or <c>en</c>, for contacts in neither language.</summary>
    public string Language { get; set; } = "de";

    /// <summary>
    /// When receipts go out, as in <see cref="OpeningHours"/> or <c>calendar:name</c>; what comes outside waits. A
    /// cancellation or withdrawal does not.
    /// </summary>
    public string Hours { get; set; } = "always";

    /// <summary>
    /// IANA name of the zone of <see cref="Hours"/>, of the day, and of the times in the text; that of the calendar unless set.
    /// </summary>
    public string? TimeZone { get; set; }

    /// <summary>Whether contacts that others can read get one, too; it holds no facts of the case.</summary>
    public bool InPublic { get; set; }

    /// <summary>Hours after a receipt in which its case gets no other, 1 to 168: two machines stop after one.</summary>
    public int GuardHours { get; set; } = 24;

    /// <summary>
    /// Most acknowledgements for one customer and day, over all cases, 1 to 100: it stops an auto-responder whose answers open a new case
    /// each.
    /// </summary>
    public int MostPerCustomer { get; set; } = 3;

    /// <summary>Value of a channel's setting; off if it cannot be read.</summary>
    internal Switch Of(string channel) => Channels.TryGetValue(channel, out var word)
        && Enum.TryParse<Switch>(word.Trim(), ignoreCase: true, out var state) && Enum.IsDefined(state) ? state : Switch.Off;

    /// <summary>Whether any channel has receipts, be it only shown.</summary>
    internal bool IsOn => Channels.Keys.Any(c => Of(c) != Switch.Off);

    /// <summary>Whether receipts of a channel are sent.</summary>
    internal enum Switch
    {
        Off,
        DryRun,
        On,
    }
}

/// <summary>Bounds, with the setting's name in the sentence.</summary>
public sealed class AcknowledgementOptionsValidator : IValidateOptions<AcknowledgementOptions>
{
    public ValidateOptionsResult Validate(string? name, AcknowledgementOptions options)
    {
        if (options.GuardHours is < 1 or > 168)
            return ValidateOptionsResult.Fail("Acknowledgement__GuardHours must be a number from 1 to 168.");
        return options.MostPerCustomer is >= 1 and <= 100 ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail("Acknowledgement__MostPerCustomer must be a number from 1 to 100.");
    }
}
