using Serverless.Contacts;

namespace Serverless.Notifications;

/// <summary>A notification route: makes one attempt and returns its outcome.</summary>
public interface INotificationRoute
{
    /// <summary>Its name in the log, e.g. <c>webhook</c>; its queue is <c>notify-{Name}</c>.</summary>
    string Name { get; }

    /// <summary>Outcome of a first attempt that is days late, after the route was off or failed for so long.</summary>
    AttemptOutcome TooLate => new(AttemptOutcomeKind.Refused, "expired");

    /// <summary>The targets that want this notice. One whose settings are incomplete is among them: its notices wait.</summary>
    Task<IReadOnlyList<NotificationTarget>> TargetsAsync(Notification notice, CancellationToken ct);

    /// <summary>A target by name, for a later try; null when it is no longer there.</summary>
    Task<NotificationTarget?> FindAsync(string name, CancellationToken ct);

    /// <summary>Tries once. Answers of the target and failures of the network are values; throws only for our own mistakes.</summary>
    /// <param name="notice">The notification.</param>
    /// <param name="target">One of the targets.</param>
    /// <param name="readContact">Reads the contact, for targets that need its fields; gives null when it is erased or there is
    /// none.</param>
    /// <param name="ct">Cancels.</param>
    Task<AttemptOutcome> TryAsync(Notification notice, NotificationTarget target, Func<Task<Contact?>> readContact, CancellationToken ct);

    /// <summary>Sentences for missing or wrong settings, each naming the setting to change; empty when there are none.</summary>
    IEnumerable<string> Problems();
}

/// <summary>A route that can send digests.</summary>
public interface IDigestRoute : INotificationRoute
{
    /// <summary>Makes one attempt to send all of them in one message; at most a hundred, oldest first.</summary>
    Task<AttemptOutcome> TryDigestAsync(IReadOnlyList<Notification> notices, NotificationTarget target, CancellationToken ct);
}

/// <summary>A target of notifications.</summary>
/// <param name="Name">Letters, digits, <c>-</c> and <c>_</c>, at most 50: it becomes part of row keys.</param>
/// <param name="Address">Identifies its address, never shown: when it changes, a target that was switched off is enabled again.</param>
public sealed record NotificationTarget(string Name, string Address)
{
    /// <summary>Earliest time of sending; null: at once.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>Told together with others; null: on its own. Only on an <see cref="IDigestRoute"/>.</summary>
    public Digest? Digest { get; init; }

    /// <summary>Paused on request: notifications wait until it is resumed.</summary>
    public bool IsPaused { get; init; }

    /// <summary>A person or team: similar cases are sent as one incident.</summary>
    public bool IsPerson { get; init; }

    /// <summary>One that is not configured any more.</summary>
    internal static NotificationTarget Forgotten(string name) => new(name, NoAddress);

    /// <summary>Whether it is not configured any more.</summary>
    internal bool IsForgotten => Address == NoAddress;

    // No real address contains it.
    private const string NoAddress = "\0";

    /// <summary>Whether a name can be one of a target.</summary>
    public static bool IsName(string name) =>
        name.Length is > 0 and <= 50 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
}
