using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Options;
using Serverless.Cases;
using Serverless.Channels;
using Serverless.Intake;
using Serverless.Platform.Storage;
using Serverless.Platform.Telemetry;

namespace Serverless.Processing;

/// <summary>
/// Processes one delivery: parses each item, adds it to its case, publishes the result and records the outcome last. Its time is limited:
/// for a delivery with more items it saves its progress, puts the message back, and the next run continues. Items of different
/// conversations are processed in parallel. Every step may be repeated, so a crash costs only a repetition.
/// </summary>
public sealed partial class DeliveryProcessor(
    DeliveryStore deliveries, ChannelDirectory channels, ItemProcessor filing, QueueStore queues, ReferencedContent thin,
    WaitingDeliveries waiting, DeliveryErasure erasure, KeptDeliveries kept,
    IOptionsMonitor<ReceiveOptions> options, TimeProvider time, ILogger<DeliveryProcessor> log)
{
    /// <summary>
    /// The reason of a delivery that passed verification: a replay does not verify again, since the secret may have been rotated.
    /// </summary>
    private const string Verified = "";

    /// <summary>Result of parsing an item.</summary>
    /// <param name="Position">The element's position.</param>
    /// <param name="Reading">Never thin; null when it cannot be read or cannot be had.</param>
    /// <param name="Unreadable">Name of the error, when reading it failed.</param>
    /// <param name="Lacks">Why it cannot be had; a code.</param>
    /// <param name="Later">Set when it cannot be had just now.</param>
    public sealed record Piece(string Position, Parsed? Reading, string? Unreadable = null, string? Lacks = null,
        FetchedContent.Later? Later = null);

    /// <summary>Works a delivery. What we understand (contention, storage that is slow or down) puts the pointer back for later; only bugs
    /// reach the host (D4).</summary>
    public async Task WorkAsync(DeliveryMessage pointer, CancellationToken ct)
    {
        using var span = Spans.Start("deliver", ActivityKind.Consumer, pointer.Trace);
        span?.SetTag("delivery", pointer.Id).SetTag("channel", pointer.Channel);
        try
        {
            await EndAsync(pointer, ct);
        }
        catch (Exception error) when (error is ContentionException or StorageUnavailableException)
        {
            var pause = BackOff.After(pointer.Attempt);
            LogLater(pointer.Channel, pointer.Id, pointer.Attempt + 1, (int)pause.TotalSeconds, error.GetType().Name);
            await queues.SendAsync(DeliveryMessage.Queue, (pointer with { Attempt = pointer.Attempt + 1 }).ToJson(), pause, ct);
        }
    }

    private async Task EndAsync(DeliveryMessage pointer, CancellationToken ct)
    {
        var key = pointer.Key;
        if (await deliveries.FindAsync(key, ct) is not { } row)
        {
            LogGone(key.Channel, key.Id);
            return;
        }

        if (row.Text("End") is not (DeliveryEnd.Open or DeliveryEnd.Paused) || waiting.IsEarly(row)) return;
        if (row.Time(DeliveryEntity.ErasedAt) is not null)
        {
            await erasure.EraseAsync(key, row, null, ct);
            return;
        }

        if (channels.Find(key.Channel) is not { } channel
            || ChannelDirectory.SettingsOf(channel, out _) is not { Enabled: true, Paused: false })
        {
            await deliveries.EndAsync(key, DeliveryEnd.Paused, null, row.Text("Reason"), time.GetUtcNow(), ct);
            return;
        }

        var delivery = await deliveries.LoadAsync(key, row, ct);
        if (row.Text("Reason") is { Length: > 0 } && !await DecideAsync(pointer, row, channel, delivery, ct)) return;

        var replayedAt = row.Time(DeliveryEntity.ReplayedAt);
        var job = new ItemProcessor.Job(
            channel, delivery, replayedAt ?? row.Time(DeliveryEntity.ReleasedAt), replayedAt is null
            ? null : ProcessedItem.Read(row, now: false));
        var progress = ProcessingProgress.Of(row);
        if (!progress.Fits(Elements(channel, delivery))) progress = new ProcessingProgress();
        var limits = options.CurrentValue;
        var turn = new ProcessingTurn(
            job, progress, TimeSpan.FromSeconds(limits.WorkSeconds), limits.WorkSideBySide, time,
            element => ReadSafelyAsync(job, element, ct), piece => TakeAsync(job, piece, ct));
        while (!await WorkAsync(turn, key, row, job, ct))
        {
            if (!turn.IsHeldUp)
            {
                await GoOnAsync(pointer, row, turn, job, ct);
                return;
            }

            if (!await deliveries.NoteAsync(key, row, progress, job.Before, ct) || await WaitsAsync(pointer, row, turn, ct)) return;
        }

        // Of what took several turns only that is tried again which waits; the rest is noted.
        if (progress is { Left: > 0, Noted: > 0 } && !await deliveries.NoteAsync(key, row, progress, job.Before, ct)) return;
        if (await WaitsAsync(pointer, row, turn, ct)) return;

        var ends = progress.Ends;
        if (ends.Total == 0) ends.Add("ignored:empty");
        if (ends.WithoutCase is { } why) await kept.ListAsync(key, why, ct);
        // It belongs to an erased case: a late copy must not be stored again.
        if (ends.Counts.ContainsKey(DeliveryEnd.Erased)) await erasure.EraseAsync(key, row, ends, ct);
        else
        {
            var end = progress.Failed ? DeliveryEnd.Kept : DeliveryEnd.Ended;
            await deliveries.EndAsync(key, end, ends, Verified, time.GetUtcNow(), progress.Filed, ct);
        }

        if (ends.WithoutCase is null && row.Text(DeliveryStore.WithoutCaseProperty) is { Length: > 0 }) await kept.TakeOffAsync(key, ct);
        foreach (var (word, count) in ends.Counts) Measures.Ended(key.Channel, word, count);
        LogEnded(key.Channel, key.Id, ends.Total, ends.Total == 1 ? ends.Counts.Keys.Single() : "several");
    }

    // True after the last element.
    private async Task<bool> WorkAsync(ProcessingTurn turn, DeliveryKey key, TableRow row, ItemProcessor.Job job, CancellationToken ct)
    {
        var worked = turn.WorkAsync(Elements(job.Channel, job.Delivery));
        await ((Task)worked).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // Storage that fails now and then must not make a large delivery begin at its beginning each time.
        if (!worked.IsCompletedSuccessfully && turn.Progress.Done >= turn.Progress.Noted + ProcessingTurn.Window)
            await deliveries.NoteAsync(key, row, turn.Progress, job.Before, ct);
        return await worked;
    }

    // The row first: after a crash in between, the host delivers the message again, and processing continues. A run that was overtaken
    // stops: the other one has a message of its own.
    private async Task GoOnAsync(DeliveryMessage pointer, TableRow row, ProcessingTurn turn, ItemProcessor.Job job, CancellationToken ct)
    {
        var goesOn = await deliveries.NoteAsync(pointer.Key, row, turn.Progress, job.Before, ct);
        LogTurn(pointer.Channel, pointer.Id, turn.Progress.Done, goesOn ? "goes on" : "overtaken");
        if (goesOn) await queues.SendAsync(DeliveryMessage.Queue, (pointer with { Attempt = 0 }).ToJson(), TimeSpan.Zero, ct);
    }

    // Puts a delivery back of which elements wait for their provider; those that have waited long enough end with the word that says so.
    private async Task<bool> WaitsAsync(DeliveryMessage pointer, TableRow row, ProcessingTurn turn, CancellationToken ct)
    {
        if (turn.Progress.Left == 0) return false;
        if (await waiting.PutBackAsync(pointer, row, turn.Waits?.Reason ?? "out-of-time", turn.Waits?.After, ct)) return true;
        turn.Progress.GiveUp();
        return false;
    }

    // A call that could not be verified at intake is verified now; after days without a key it counts as invalid (P6).
    private async Task<bool> DecideAsync(DeliveryMessage pointer, TableRow row, IChannel channel, Delivery delivery, CancellationToken ct)
    {
        var later = channel is ILoadsSigningKeys loads ? await loads.LoadKeysAsync(delivery, ct) as SigningKeys.Later : null;
        var verdict = later is null ? channel.Verify(delivery) : new VerificationResult.Pending(later.Reason);
        if (verdict is VerificationResult.Valid) return true;
        var reason = verdict is VerificationResult.Invalid forged
            ? forged.Reason : (verdict as VerificationResult.Pending)?.Reason ?? "undecided";
        if (verdict is not VerificationResult.Invalid && await waiting.PutBackAsync(pointer, row, reason, later?.After, ct)) return false;
        await deliveries.EndAsync(pointer.Key, DeliveryEnd.Quarantined, null, reason, time.GetUtcNow(), ct);
        return false;
    }

    /// <summary>The elements of a delivery; one that is unreadable as a whole, or from somewhere on, ends with one element that says
    /// so.</summary>
    internal static IEnumerable<DeliveryItem> Elements(IChannel channel, Delivery delivery)
    {
        using var elements = Try(() => channel.Read(delivery).GetEnumerator(), out var broken);
        while (broken is null)
        {
            if (!Try(() => elements!.MoveNext(), out broken)) break;
            yield return elements!.Current;
        }

        if (broken is not null) yield return new DeliveryItem(ProcessedItem.RestPosition, () => throw broken);
    }

    /// <summary>Parses all items with the current code and writes nothing; referenced content is read only from storage.</summary>
    public async IAsyncEnumerable<Piece> ReadAsync(IChannel channel, Delivery delivery, [EnumeratorCancellation] CancellationToken ct)
    {
        foreach (var element in Elements(channel, delivery)) yield return await ReadAsync(channel, delivery, element, mayAsk: false, ct);
    }

    private async Task<Piece> ReadAsync(IChannel channel, Delivery delivery, DeliveryItem element, bool mayAsk, CancellationToken ct)
    {
        var at = element.Position;
        var reading = Try(element.Read, out var unreadable);
        if (reading is not Parsed.Reference { Resource: var resource }) return Checked(at, reading, unreadable);
        if (channel is not IFetchesContent fetches) return new Piece(at, null, Lacks: "cannot-fetch");
        var fetched = await thin.GetAsync(new DeliveryKey(delivery.Channel, delivery.Id), fetches, resource, mayAsk, ct);
        if (fetched is FetchedContent.Gone gone) return new Piece(at, new Parsed.Ignored(gone.Reason));
        if (fetched is FetchedContent.Later later) return new Piece(at, null, Lacks: later.Reason, Later: later);
        reading = Try(() => fetches.Read(delivery, resource, ((FetchedContent.Document)fetched).Body), out unreadable);
        if (reading is Parsed.Reference) return new Piece(at, null, Lacks: "nested-thin");
        return Checked(at, reading, unreadable);
    }

    // An event without its ids could be stored but never be read again: reading its case would fail.
    private static Piece Checked(string at, Parsed? reading, Exception? unreadable)
    {
        if (reading is not Parsed.Found found) return new Piece(at, reading, unreadable?.GetType().Name);
        var isWhole = found.Event is { EventId.Length: > 0,
            Contact: { Channel.Length: > 0, ExternalId.Length: > 0, Network: not null, Account: not null } };
        return isWhole ? new Piece(at, found with { Event = AttachmentText.Of(found.Event) }) : new Piece(at, null, "IncompleteEvent");
    }

    private async Task<Piece> ReadSafelyAsync(ItemProcessor.Job job, DeliveryItem element, CancellationToken ct)
    {
        try
        {
            return await ReadAsync(job.Channel, job.Delivery, element, mayAsk: true, ct);
        }
        catch (Exception error) when (error is not (ContentionException or StorageUnavailableException or OperationCanceledException))
        {
            LogKept(job.Delivery.Channel, job.Delivery.Id, element.Position, error.GetType().Name);
            return new Piece(element.Position, null, error.GetType().Name);
        }
    }

    // An item that failed after parsing is filed as unreadable: people see it, and a replay parses it again.
    private async Task<ItemProcessor.Taken> TakeAsync(ItemProcessor.Job job, Piece piece, CancellationToken ct)
    {
        for (string? failed = null; ;)
        {
            try
            {
                return await filing.TakeAsync(job, failed is null ? piece : new Piece(piece.Position, null, failed), ct);
            }
            catch (Exception error) when (error is not (ContentionException or StorageUnavailableException or OperationCanceledException))
            {
                // A bug met by one element must not take the others down (P4): it stays visible and replayable.
                LogKept(job.Delivery.Channel, job.Delivery.Id, piece.Position, error.GetType().Name);
                if (failed is not null) return new ItemProcessor.Taken($"{ItemOutcomes.KeptPrefix}{error.GetType().Name}", false);
                failed = error.GetType().Name;
            }
        }
    }

    internal static T? Try<T>(Func<T> read, out Exception? failure)
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

    /// <summary>Reports a delivery whose message failed too often: its row is still open, so Tick queues it again.</summary>
    public void ReportPoison(DeliveryMessage message) => LogPoison(message.Channel, message.Id);

    [LoggerMessage(61, LogLevel.Error, "poison {Channel}/{Id}: failed too often, Tick queues it again")]
    private partial void LogPoison(string channel, string id);

    [LoggerMessage(30, LogLevel.Information, "ended {Channel}/{Id} elements={Elements} end={End}")]
    private partial void LogEnded(string channel, string id, int elements, string end);

    [LoggerMessage(31, LogLevel.Warning, "later {Channel}/{Id} attempt={Attempt} seconds={Seconds} because={Because}")]
    private partial void LogLater(string channel, string id, int attempt, int seconds, string because);

    [LoggerMessage(32, LogLevel.Warning, "gone {Channel}/{Id}: its row was erased")]
    private partial void LogGone(string channel, string id);

    [LoggerMessage(53, LogLevel.Information, "turn over {Channel}/{Id} done={Done}: {How}")]
    private partial void LogTurn(string channel, string id, int done, string how);

    [LoggerMessage(34, LogLevel.Error, "kept {Channel}/{Id} at={Position} error={Error}")]
    private partial void LogKept(string channel, string id, string position, string error);
}
