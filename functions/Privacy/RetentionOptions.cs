using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Serverless.Privacy;

/// <summary>Retention periods; section <c>Retention</c>.</summary>
public sealed class RetentionOptions
{
    /// <summary>Months for which raw deliveries are kept after the end of the month of arrival: whole tables are dropped.</summary>
    [Range(1, 120)]
    public int DeliveryMonths { get; set; } = 3;

    /// <summary>
    /// Days for which the log of notifications is kept. Retries take more than two days, and manual resends may follow.
    /// </summary>
    [Range(14, 3650)]
    public int NoticeDays { get; set; } = 90;

    /// <summary>
    /// Months for which a case is kept after the end of the calendar year in which it was closed. 72: commercial and business letters are
    /// kept for six years, counted from
    /// the end of the year. Source: https://www.gesetze-im-internet.de/hgb/__257.html (4), (5);
    /// https://www.gesetze-im-internet.de/ao_1977/__147.html (3), (4).
    /// </summary>
    [Range(0, 240)]
    public int CaseMonths { get; set; } = 72;

    /// <summary>Months for which the audit log and poison messages are kept.</summary>
    [Range(1, 240)]
    public int ActionMonths { get; set; } = 36;
}

/// <summary>Holds the settings to the bounds of their attributes.</summary>
[OptionsValidator]
public sealed partial class RetentionOptionsValidator : IValidateOptions<RetentionOptions>;
