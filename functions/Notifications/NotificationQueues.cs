using Serverless.Platform.Storage;

namespace Serverless.Notifications;

/// <summary>The queue of each route: retries are messages with a visibility delay.</summary>
public sealed class NotificationQueues(QueueStore queues, TimeProvider time)
{
    // A queue hides a message for seven days at most; what waits longer is put back when it comes.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(6);

    /// <summary>The queue of a route.</summary>
    public static string Of(string route) => $"notify-{route}";

    /// <summary>Sends a message with a visibility time; null or past: at once.</summary>
    public Task PutAsync(string route, byte[] message, DateTimeOffset? at, CancellationToken ct)
    {
        var wait = at - time.GetUtcNow() ?? TimeSpan.Zero;
        return queues.SendAsync(Of(route), message, wait < TimeSpan.Zero ? TimeSpan.Zero : wait > Longest ? Longest : wait, ct);
    }

    /// <summary>About how many messages a route's queue holds.</summary>
    public Task<int> CountAsync(string route, CancellationToken ct) => queues.CountAsync(Of(route), ct);

    /// <summary>Empties it.</summary>
    public Task ClearAsync(string route, CancellationToken ct) => queues.ClearAsync(Of(route), ct);
}
