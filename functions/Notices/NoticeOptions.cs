using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Microsoft.Extensions.Options;

namespace Serverless.Notices;

/// <summary>When a failed notice is tried again; section <c>Notices</c>.</summary>
public sealed class NoticeOptions
{
    /// <summary>Seconds before each later try, separated by commas; after the last one the notice is a kept failure. The default covers more than two days, as Standard Webhooks proposes.</summary>
    [RegularExpression(@"^\d{1,6}(\.\d{1,3})?(,\d{1,6}(\.\d{1,3})?){0,29}$", ErrorMessage = "Notices__RetrySeconds must be 1 to 30 numbers of seconds below 1000000 with a comma between, say 5,300,1800.")]
    public string RetrySeconds { get; set; } = "5,300,1800,7200,18000,36000,50400,72000,86400";

    /// <summary>Longest wait in hours that a target may ask for by Retry-After; a longer wish is cut to it, never below the schedule.</summary>
    [Range(1, 72, ErrorMessage = "Notices__LongestWaitHours must be a number from 1 to 72.")]
    public int LongestWaitHours { get; set; } = 24;

    /// <summary>The wait before a try, or null when there is none left.</summary>
    /// <param name="attempt">1 for the first later try.</param>
    /// <param name="asked">What the target asked for; it makes the wait longer, never shorter.</param>
    public TimeSpan? WaitBefore(int attempt, TimeSpan? asked = null)
    {
        var waits = RetrySeconds.Split(',');
        if (attempt > waits.Length) return null;
        var planned = TimeSpan.FromSeconds(double.Parse(waits[attempt - 1], CultureInfo.InvariantCulture));
        var longest = TimeSpan.FromHours(LongestWaitHours);
        var wish = asked < longest ? asked.Value : asked is null ? TimeSpan.Zero : longest;
        return wish > planned ? wish : planned;
    }
}

[OptionsValidator]
public sealed partial class NoticeOptionsValidator : IValidateOptions<NoticeOptions>;
