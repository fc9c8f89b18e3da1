using Serverless.Cases;
using Serverless.Channels;
using Serverless.Storage;

namespace Serverless.Receipts;

/// <summary>
/// Brings one delivery to its end: reads each element, takes it into its case, tells what came of it, and writes the end last. Every step may be repeated, so
/// dying anywhere costs only a repetition.
/// </summary>
public sealed partial class DeliveryWork(
    DeliveryLog deliveries, ChannelDirectory channels, Correlator correlator, CaseTeller teller, QueueStore queues, ThinElements thin, WaitingDeliveries waiting, Attention attention,
    TimeProvider time, ILogger<DeliveryWork> log)
{
    // The host ends an invocation after five minutes; what was fetched until then is kept, so the next one goes on from there.
    private static readonly TimeSpan FetchingTime = TimeSpan.FromMinutes(2);

    /// <summary>What came of one element.</summary>
    /// <param name="End">Its end word.</param>
    /// <param name="Readable">False when it is to be kept for a replay.</param>
    /// <param name="Later">Set when the provider cannot give it now; the end word counts once it has waited long enough.</param>
    private readonly record struct Taken(string End, bool Readable, Fetched.Later? Later = null);

    /// <summary>Works a delivery. What we understand (contention, storage that is slow or down) puts the pointer back for later; only bugs reach the host (D4).</summary>
    public async Task WorkAsync(Pointer pointer, CancellationToken ct)
    {
        try
        {
            await EndAsync(pointer, ct);
        }
        catch (Exception error) when (error is ContentionException or StorageUnavailableException)
        {
            var pause = BackOff.After(pointer.Attempt);
            LogLater(pointer.Channel, pointer.Id, pointer.Attempt + 1, (int)pause.TotalSeconds, error.GetType().Name);
            await queues.SendAsync(Pointer.Queue, (pointer with { Attempt = pointer.Attempt + 1 }).ToJson(), pause, ct);
        }
    }

    private async Task EndAsync(Pointer pointer, CancellationToken ct)
    {
        var key = pointer.Key;
        if (await deliveries.FindAsync(key, ct) is not { } row)
        {
            LogGone(key.Channel, key.Id);
            return;
        }

        if (row.Text("End") is not (DeliveryEnd.Open or DeliveryEnd.Paused) || waiting.IsEarly(row)) return;
        if (channels.Find(key.Channel) is not { } channel || ChannelDirectory.SettingsOf(channel, out _) is not { Enabled: true, Paused: false })
        {
            await deliveries.EndAsync(key, DeliveryEnd.Paused, null, row.Text("Reason"), time.GetUtcNow(), ct);
            return;
        }

        var delivery = await deliveries.LoadAsync(key, row, ct);
        if (row.Text("Reason") is not null && !await DecideAsync(pointer, row, channel, delivery, ct)) return;

        List<string> ends = [];
        var failed = false;
        Fetched.Later? later = null;
        var started = time.GetTimestamp();
        foreach (var element in Elements(channel, delivery))
        {
            var taken = await TakeAsync(channel, delivery, element, mayAsk: time.GetElapsedTime(started) < FetchingTime, ct);
            failed |= !taken.Readable;
            if (taken.Later is { } one && (later is null || one.After > (later.After ?? TimeSpan.Zero))) later = one;
            ends.Add(taken.End);
        }

        if (later is not null && await waiting.PutBackAsync(pointer, row, later.Reason, later.After, ct)) return;
        if (ends.Count == 0) ends.Add("ignored:empty");
        await deliveries.EndAsync(key, failed ? DeliveryEnd.Kept : DeliveryEnd.Ended, ends, null, time.GetUtcNow(), ct);
        LogEnded(key.Channel, key.Id, ends.Count, ends.Count == 1 ? ends[0] : "several");
    }

    // A call that could not be judged at the door is judged now; one that still cannot be waits for days and is then as good as forged (P6).
    private async Task<bool> DecideAsync(Pointer pointer, TableRow row, IChannel channel, Delivery delivery, CancellationToken ct)
    {
        var later = channel is ILoadsKeys loads ? await loads.LoadKeysAsync(delivery, ct) as Keys.Later : null;
        var verdict = later is null ? channel.Verify(delivery) : new Verdict.Undecided(later.Reason);
        if (verdict is Verdict.Genuine) return true;
        var reason = verdict is Verdict.Forged forged ? forged.Reason : (verdict as Verdict.Undecided)?.Reason ?? "undecided";
        if (verdict is not Verdict.Forged && await waiting.PutBackAsync(pointer, row, reason, later?.After, ct)) return false;
        await deliveries.EndAsync(pointer.Key, DeliveryEnd.Quarantined, null, reason, time.GetUtcNow(), ct);
        return false;
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

    private async Task<Taken> TakeAsync(IChannel channel, Delivery delivery, Element element, bool mayAsk, CancellationToken ct)
    {
        var key = new DeliveryKey(delivery.Channel, delivery.Id);
        try
        {
            var reading = Try(element.Read, out var unreadable);
            if (reading is Reading.Thin { Resource: var resource })
            {
                if (channel is not IFetches fetches) return new Taken("kept:cannot-fetch", false);
                var fetched = await thin.GetAsync(key, fetches, resource, mayAsk, ct);
                if (fetched is Fetched.Gone gone) return new Taken($"ignored:{gone.Reason}", true);
                if (fetched is Fetched.Later later) return new Taken($"kept:{later.Reason}", false, later);
                reading = Try(() => fetches.Read(delivery, resource, ((Fetched.Document)fetched).Body), out unreadable);
                if (reading is Reading.Thin) return new Taken("kept:nested-thin", false);
            }

            switch (reading)
            {
                case Reading.Ignored ignored:
                    return new Taken($"ignored:{ignored.Reason}", true);
                case Reading.Status:
                    return new Taken("ignored:delivery-status", true);
                case Reading.Attention asks:
                    await attention.MarkAsync(key.Channel, asks.Reason, delivery.ReceivedAt, ct);
                    return new Taken($"ignored:{asks.Reason}", true);
            }

            if (unreadable is not null) LogUnreadable(key.Channel, key.Id, element.Position, unreadable.GetType().Name);
            var e = (reading as Reading.Found)?.Event ?? Placeholder.For(delivery, element.Position);
            var correlation = await correlator.TakeAsync(e, key.ToString(), ct);
            await teller.AfterAsync(correlation, ct);
            return new Taken(correlation.End, unreadable is null);
        }
        catch (Exception error) when (error is not (ContentionException or StorageUnavailableException or OperationCanceledException))
        {
            // A bug met by one element must not take the others down (P4): it stays visible and replayable.
            LogKept(key.Channel, key.Id, element.Position, error.GetType().Name);
            return new Taken($"kept:{error.GetType().Name}", false);
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
