using System.Globalization;
using Microsoft.Extensions.Options;

namespace Serverless.Notifications;

/// <summary>Retries of failed notifications, and incidents; section <c>Notification</c>.</summary>
public sealed class NotificationOptions
{
    /// <summary>
    /// Seconds before each retry, 1 to 30 numbers separated by commas; after the last one the notification is stored as failed. The
    /// default covers more than two days, as Standard Webhooks proposes.
    /// </summary>
    public string RetrySeconds { get; set; } = "5,300,1800,7200,18000,36000,50400,72000,86400";

    /// <summary>Longest wait in hours that a target may ask for by Retry-After; 1 to 72; a longer wish is cut to it, never below the
    /// schedule.</summary>
    public int LongestWaitHours { get; set; } = 24;

    /// <summary>
    /// Seconds for which a claim on a notification holds, 5 to 3600: longer than a function may run (functionTimeout), or two runs send
    /// at once. A crash delays its notifications by this time.
    /// </summary>
    public int ClaimSeconds { get; set; } = 600;

    /// <summary>
    /// Number of similar cases (same words, post, product or cause: <see cref="CaseSimilarity"/>) sent individually to a person; more
    /// within <see cref="BurstMinutes"/> become one incident, sent again as its number grows, with a link to all of them. 0 to 1000; 0
    /// sends each.
    /// </summary>
    public int BurstCount { get; set; } = 5;

    /// <summary>Minutes, 1 to 1440.</summary>
    public int BurstMinutes { get; set; } = 10;

    /// <summary>The wait before a try, or null when there is none left.</summary>
    /// <param name="attempt">1 for the first later try.</param>
    /// <param name="asked">Delay requested by the target; it extends the wait, never shortens it.</param>
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

/// <summary>Bounds, with the setting's name in the sentence: the sentences that the source generator makes of attributes name the
/// class.</summary>
public sealed class NotificationOptionsValidator : IValidateOptions<NotificationOptions>
{
    public ValidateOptionsResult Validate(string? name, NotificationOptions options)
    {
        if (options.RetrySeconds.Split(',') is not { Length: <= 30 } waits || !Array.TrueForAll(waits, IsWait))
            return ValidateOptionsResult.Fail(
                "Notification__RetrySeconds must be 1 to 30 numbers of seconds below 1000000 with a comma between, say 5,300,1800.");
        if (options.ClaimSeconds is < 5 or > 3600)
            return ValidateOptionsResult.Fail("Notification__ClaimSeconds must be a number from 5 to 3600.");
        if (options.BurstCount is < 0 or > 1000)
            return ValidateOptionsResult.Fail("Notification__BurstCount must be a number from 0 to 1000.");
        if (options.BurstMinutes is < 1 or > 1440)
            return ValidateOptionsResult.Fail("Notification__BurstMinutes must be a number from 1 to 1440.");
        return options.LongestWaitHours is >= 1 and <= 72
            ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail("Notification__LongestWaitHours must be a number from 1 to 72.");
    }

    private static bool IsWait(string text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)
        && seconds is >= 0 and < 1_000_000;
}
