using Serverless.Cases;
using Serverless.Channels;
using Serverless.Replies;
using Serverless.Storage;

namespace Serverless.Receipts;

/// <summary>
/// Brings one delivery to its end: reads each element, takes it into its case, tells what came of it, and writes the end last. Every step may be repeated, so
/// dying anywhere costs only a repetition.
/// </summary>
public sealed partial class DeliveryWork(
    DeliveryLog deliveries, ChannelDirectory channels, Correlator correlator, CaseTeller teller, ReplyFiling replies, Attention attention, QueueStore queues, TimeProvider time, ILogger<DeliveryWork> log)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);

    /// <summary>Works a delivery. What we understand (contention, storage that is slow or down) puts the pointer back for later; only bugs reach the host (D4).</summary>
    public async Task WorkAsync(Pointer pointer, CancellationToken ct)
    {
        try
        {
            await EndAsync(pointer.Key, ct);
        }
        catch (Exception error) when (error is ContentionException or StorageUnavailableException)
        {
            var pause = PauseAfter(pointer.Attempt);
            LogLater(pointer.Channel, pointer.Id, pointer.Attempt + 1, (int)pause.TotalSeconds, error.GetType().Name);
            await queues.SendAsync(Pointer.Queue, (pointer with { Attempt = pointer.Attempt + 1 }).ToJson(), pause, ct);
        }
    }

    private async Task EndAsync(DeliveryKey key, CancellationToken ct)
    {
        if (await deliveries.FindAsync(key, ct) is not { } row)
        {
            LogGone(key.Channel, key.Id);
            return;
        }

        if (row.Text("End") is not (DeliveryEnd.Open or DeliveryEnd.Paused)) return;
        if (channels.Find(key.Channel) is not { } channel || ChannelDirectory.SettingsOf(channel, out _) is not { Enabled: true, Paused: false })
        {
            await deliveries.EndAsync(key, DeliveryEnd.Paused, null, row.Text("Reason"), time.GetUtcNow(), ct);
            return;
        }

        var delivery = await deliveries.LoadAsync(key, row, ct);
        if (row.Text("Reason") is not null && !await DecideAsync(key, channel, delivery, ct)) return;

        List<string> ends = [];
        var failed = false;
        foreach (var element in Elements(channel, delivery))
        {
            var (end, readable) = await TakeAsync(key, delivery, element, ct);
            failed |= !readable;
            ends.Add(end);
        }

        if (ends.Count == 0) ends.Add("ignored:empty");
        await deliveries.EndAsync(key, failed ? DeliveryEnd.Kept : DeliveryEnd.Ended, ends, null, time.GetUtcNow(), ct);
        LogEnded(key.Channel, key.Id, ends.Count, ends.Count == 1 ? ends[0] : "several");
    }

    // A call that could not be judged at the door is judged now; one that still cannot be waits.
    private async Task<bool> DecideAsync(DeliveryKey key, IChannel channel, Delivery delivery, CancellationToken ct)
    {
        switch (channel.Verify(delivery))
        {
            case Verdict.Genuine:
                return true;
            case Verdict.Forged forged:
                await deliveries.EndAsync(key, DeliveryEnd.Quarantined, null, forged.Reason, time.GetUtcNow(), ct);
                return false;
            default:
                throw new ContentionException();
        }
    }

    /// <summary>The elements of a delivery; one that is unreadable as a whole, or from somewhere on, ends with one element that says so.</summary>
    private static IEnumerable<Element> Elements(IChannel channel, Delivery delivery)
    {
        using var elements = Try(() => channel.Read(delivery).GetEnumerator(), out var broken);
        while (broken is null)
        {
            if (!Try(() => elements!.MoveNext(), out broken)) break;
            yield return elements!.Current;
        }

        if (broken is not null) yield return new Element("rest", () => throw broken);
    }

    private async Task<(string End, bool Readable)> TakeAsync(DeliveryKey key, Delivery delivery, Element element, CancellationToken ct)
    {
        var reading = Try(element.Read, out var unreadable);
        if (reading is Reading.Ignored ignored) return ($"ignored:{ignored.Reason}", true);
        if (reading is Reading.Attention asks)
        {
            await attention.MarkAsync(key.Channel, asks.Reason, delivery.ReceivedAt, ct);
            return ($"ignored:{asks.Reason}", true);
        }

        if (reading is Reading.Status status) return (await replies.NoteAsync(key.Channel, status.Message, ct) ? "updated" : "ignored:delivery-status", true);
        if (unreadable is not null) LogUnreadable(key.Channel, key.Id, element.Position, unreadable.GetType().Name);

        var e = (reading as Reading.Found)?.Event ?? Placeholder.For(delivery, element.Position);
        try
        {
            var correlation = await correlator.TakeAsync(e, key.ToString(), ct);
            await teller.AfterAsync(correlation, ct);
            await replies.EchoedAsync(e, ct);
            return (correlation.End, unreadable is null);
        }
        catch (Exception error) when (error is not (ContentionException or StorageUnavailableException or OperationCanceledException))
        {
            // A bug met by one element must not take the others down (P4): it stays visible and replayable.
            LogKept(key.Channel, key.Id, element.Position, error.GetType().Name);
            return ($"kept:{error.GetType().Name}", false);
        }
    }

    private static T? Try<T>(Func<T> read, out Exception? failure)
    {
        failure = null;
        try
        {
            return read();
        }
        catch (Exception error)
        {
            failure = error;
            return default;
        }
    }

    // 5 s, 10 s, 20 s ... up to an hour, each a random part shorter, so that writers who met once do not meet again.
    private static TimeSpan PauseAfter(int attempt)
    {
        var longest = Math.Min(LongestPause.TotalSeconds, 5 * Math.Pow(2, Math.Min(attempt, 20)));
        return TimeSpan.FromSeconds(Math.Max(1, longest * (0.5 + (Random.Shared.NextDouble() / 2))));
    }

    [LoggerMessage(30, LogLevel.Information, "ended {Channel}/{Id} elements={Elements} end={End}")]
    private partial void LogEnded(string channel, string id, int elements, string end);

    [LoggerMessage(31, LogLevel.Warning, "later {Channel}/{Id} attempt={Attempt} seconds={Seconds} because={Because}")]
    private partial void LogLater(string channel, string id, int attempt, int seconds, string because);

    [LoggerMessage(32, LogLevel.Warning, "gone {Channel}/{Id}: its row was erased")]
    private partial void LogGone(string channel, string id);

    [LoggerMessage(33, LogLevel.Error, "unreadable {Channel}/{Id} at={Position} error={Error}: kept as a placeholder")]
    private partial void LogUnreadable(string channel, string id, string position, string error);

    [LoggerMessage(34, LogLevel.Error, "kept {Channel}/{Id} at={Position} error={Error}")]
    private partial void LogKept(string channel, string id, string position, string error);
}
