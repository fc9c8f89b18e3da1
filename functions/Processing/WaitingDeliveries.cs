using Azure;
using Serverless.Intake;
using Serverless.Platform.Storage;

namespace Serverless.Processing;

/// <summary>
/// Puts back a delivery that waits for its provider (an offline mailbox, an unavailable key), for days. Its row's <c>QueuedAt</c> moves
/// to the time of the next attempt, so that Tick neither queues it nor counts a lost attempt, and it is not reported as overdue.
/// </summary>
public sealed partial class WaitingDeliveries(TableStore tables, QueueStore queues, TimeProvider time, ILogger<WaitingDeliveries> log)
{
    /// <summary>Longest wait of a delivery; then it is stored, visible and replayable.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(7);

    private static readonly TimeSpan LongestAsked = TimeSpan.FromDays(1);
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);

    // Clocks of two instances differ a little.
    private static readonly TimeSpan Early = TimeSpan.FromSeconds(30);

    /// <summary>True for a pointer that comes while the delivery waits: another pointer lies in the queue for the time of its next
    /// try.</summary>
    public bool IsEarly(TableRow row) => row.Text("Waits") is { Length: > 0 } && row.Time("QueuedAt") > time.GetUtcNow() + Early;

    /// <summary>Puts the message back. False when the delivery has waited long enough.</summary>
    /// <param name="pointer">The pointer that is being worked.</param>
    /// <param name="row">The delivery's row, as it was read.</param>
    /// <param name="reason">Reason of the wait; a code.</param>
    /// <param name="asked">The wait the provider requested, at most a day; null for our own back-off, up to an hour.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<bool> PutBackAsync(DeliveryMessage pointer, TableRow row, string reason, TimeSpan? asked, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var since = row.Text("Waits") is { Length: > 0 } && row.Time("WaitsSince") is { } first ? first : now;
        var left = since + Longest - now;
        if (left <= TimeSpan.Zero) return false;

        var pause = asked is { } wanted
            ? TimeSpan.FromTicks(Math.Clamp(wanted.Ticks, Shortest.Ticks, LongestAsked.Ticks)) : BackOff.After(pointer.Attempt);
        if (pause > left) pause = left;
        LogWaits(pointer.Channel, pointer.Id, pointer.Attempt + 1, (int)pause.TotalSeconds, reason);

        // The message first: dying in between leaves one message too many, which finds itself early, and never none.
        await queues.SendAsync(DeliveryMessage.Queue, (pointer with { Attempt = pointer.Attempt + 1 }).ToJson(), pause, ct);
        var waits = new TableRow(row.PartitionKey, row.RowKey) { ["Waits"] = reason, ["WaitsSince"] = since, ["QueuedAt"] = now + pause,
            ["Tries"] = 0 };
        await tables.MergeAsync(pointer.Key.Table, waits, ETag.All, ct);
        return true;
    }

    [LoggerMessage(35, LogLevel.Warning, "waits {Channel}/{Id} attempt={Attempt} seconds={Seconds} for={Reason}")]
    private partial void LogWaits(string channel, string id, int attempt, int seconds, string reason);
}
