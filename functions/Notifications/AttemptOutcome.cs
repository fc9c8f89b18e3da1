using System.Net;

namespace Serverless.Notifications;

/// <summary>Outcome of one attempt as reported by a route; <see cref="NotificationDispatcher"/> decides what follows.</summary>
/// <param name="Kind">Its effect.</param>
/// <param name="Reason">A status code or a short code; never what the target wrote.</param>
/// <param name="RetryAfter">Delay requested by the target; null when it requested none.</param>
public sealed record AttemptOutcome(AttemptOutcomeKind Kind, string Reason, TimeSpan? RetryAfter = null)
{
    /// <summary>The next try is then, or minutes later; null leaves it to the schedule.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>Key of the incident that was or will be sent; null when there is none. A retry sends the same.</summary>
    public string? Incident { get; init; }

    /// <summary>
    /// Meaning of a status code. Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    /// </summary>
    public static AttemptOutcome Of(HttpStatusCode status, TimeSpan? retryAfter) => (int)status switch
    {
        >= 200 and < 300 => new(AttemptOutcomeKind.Delivered, Code(status)),
        410 => new(AttemptOutcomeKind.Gone, Code(status)),
        413 => new(AttemptOutcomeKind.Refused, Code(status)),
        _ => new(AttemptOutcomeKind.Later, Code(status), retryAfter),
    };

    private static string Code(HttpStatusCode status) => ((int)status).ToString(System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>Effect of an attempt on the next one.</summary>
public enum AttemptOutcomeKind
{
    /// <summary>The target has it.</summary>
    Delivered,

    /// <summary>Not now: to be tried again.</summary>
    Later,

    /// <summary>The target asks never to be called again: it is switched off until its address changes.</summary>
    Gone,

    /// <summary>No later try can help.</summary>
    Refused,

    /// <summary>There is nothing to send any more: its subject was erased.</summary>
    Void,
}
