using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Microsoft.Extensions.Options;

namespace Serverless.Cases.Rules;

/// <summary>
/// Owners of cases; section <c>Owners</c>. An owner is a name of your choice (the person or team responsible for the case), not an
/// address.
/// </summary>
public sealed class OwnersOptions
{
    /// <summary>
    /// Owner of every case that matches no other rule. Without it contacts are still accepted, but Health is red and each case publishes
    /// an owner gap (P7).
    /// </summary>
    public string? Default { get; set; }

    /// <summary>Owner by entry: the number dialled, the page, the mailbox; e.g. <c>Owners__Entries__493023125100=hotline</c> (an app
    /// setting's name cannot hold a <c>+</c>).</summary>
    public Dictionary<string, string> Entries { get; set; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Owner by network, e.g. <c>Owners__Networks__voice=hotline</c>.</summary>
    public Dictionary<string, string> Networks { get; set; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Further owners, separated by commas: no case is theirs from the beginning, but one can be handed over to them.</summary>
    public string Others { get; set; } = "";

    /// <summary>Every owner there is, sorted.</summary>
    internal IReadOnlyList<string> Known =>
    [
        .. Entries.Values.Concat(Networks.Values).Append(Default ?? "").Select(o => o.Trim())
            .Concat(Others.Split(',', StringSplitOptions.TrimEntries)).Where(o => o.Length > 0)
            .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal),
    ];
}

/// <summary>Reopening, escalation and concurrency of cases; section <c>Cases</c>.</summary>
public sealed class CasesOptions
{
    /// <summary>Days for which a closed case is opened again by a new contact of its conversation; later the conversation gets a new
    /// case.</summary>
    [Range(0, 365)]
    public int ReopenDays { get; set; } = 14;

    /// <summary>
    /// Working minutes after which an overdue case is told again while nobody answers, separated by commas; after the last one it is told
    /// no more. At most ten numbers from 5 to 100000.
    /// </summary>
    [RegularExpression(@"^\s*\d{1,6}\s*(,\s*\d{1,6}\s*){0,9}$")]
    public string EscalateMinutes { get; set; } = "60,240,1440";

    /// <summary>
    /// Working hours in which somebody should accept a new case, 0 to 240; later it is told to those who come after the owner. 0 never
    /// tells it.
    /// </summary>
    [Range(0, 240)]
    public int AcceptHours { get; set; } = 8;

    /// <summary>Tries of one commit against other writers before the delivery is put back for later.</summary>
    [Range(1, 100)]
    public int CommitTries { get; set; } = 24;

    /// <summary>Working minutes before an overdue case is told again; null when it is told no more.</summary>
    /// <param name="told">How often it was told, 1 after the first time.</param>
    public int? WaitAfter(int told)
    {
        var waits = EscalateMinutes.Split(',');
        return told <= waits.Length ? Math.Max(5, int.Parse(waits[told - 1], CultureInfo.InvariantCulture)) : null;
    }
}

[OptionsValidator]
public sealed partial class CasesOptionsValidator : IValidateOptions<CasesOptions>;
