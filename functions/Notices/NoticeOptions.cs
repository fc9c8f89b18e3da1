using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Microsoft.Extensions.Options;

namespace Serverless.Notices;

/// <summary>When a failed notice is tried again; section <c>Notices</c>.</summary>
public sealed class NoticeOptions
{
    /// <summary>Seconds before each later try, separated by commas; after the last one the notice is a kept failure. The default covers more than two days, as Standard Webhooks proposes.</summary>
    [RegularExpression(@"^\d+(\.\d+)?(,\d+(\.\d+)?){0,29}$")]
    public string RetrySeconds { get; set; } = "5,300,1800,7200,18000,36000,50400,72000,86400";

    /// <summary>Longest wait in hours that a target may ask for by Retry-After.</summary>
    [Range(1, 72)]
    public int LongestWaitHours { get; set; } = 24;

    /// <summary>The wait before a try, or null when there is none left.</summary>
    /// <param name="attempt">1 for the first later try.</param>
    public TimeSpan? WaitBefore(int attempt)
    {
        var waits = RetrySeconds.Split(',');
        return attempt <= waits.Length ? TimeSpan.FromSeconds(double.Parse(waits[attempt - 1], CultureInfo.InvariantCulture)) : null;
    }
}

[OptionsValidator]
public sealed partial class NoticeOptionsValidator : IValidateOptions<NoticeOptions>;
