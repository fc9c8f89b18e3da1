using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Options;
using Serverless.Cases;
using Serverless.Channels;
using Serverless.Platform.Storage;
using Serverless.Telemetry;

namespace Serverless.Receipts;

/// <summary>
/// Brings one delivery to its end: reads each element, has it filed, and writes the end last. It works for a bounded time: of a delivery
/// with more elements than that takes it notes how
/// far it is, puts the message back, and the next turn goes on from there. Elements of different conversations are worked side by side.
/// Every step may be repeated, so dying anywhere
/// costs only a repetition.
/// </summary>
public sealed partial class DeliveryWork(
    DeliveryLog deliveries, ChannelDirectory channels, ElementFiling filing, QueueStore queues, ThinElements thin,
    WaitingDeliveries waiting, DeliveryErasure erasure, KeptDeliveries kept,
    IOptionsMonitor<ReceiveOptions> options, TimeProvider time, ILogger<DeliveryWork> log)
{
    /// <summary>Position of the element that stands for all that could not be taken apart.</summary>
    internal const string Rest = "rest";

    /// <summary>The reason of a delivery that passed its check, at the door or later: a replay does not ask again, since its secret may be long gone.</summary>
    private const string Verified = "";

    /// <summary>What an element reads as.</summary>
    /// <param name="Position">The element's position.</param>
    /// <param name="Reading">Never thin; null when it cannot be read or cannot be had.</param>
    /// <param name="Unreadable">Name of the error, when reading it failed.</param>
    /// <param name="Lacks">Why it cannot be had; a code.</param>
    /// <param name="Later">Set when it cannot be had just now.</param>
    public sealed record Piece(string Position, Reading? Reading, string? Unreadable = null, string? Lacks = null, Fetched.Later? Later = null);

    /// <summary>Works a delivery. What we understand (contention, storage that is slow or down) puts the pointer back for later; only bugs reach the host (D4).</summary>
    public async Task WorkAsync(Pointer pointer, CancellationToken ct)
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
        if (row.Time(DeliveryRow.ErasedAt) is not null)
        {
            await erasure.EraseAsync(key, row, null, ct);
            return;
        }

        if (channels.Find(key.Channel) is not { } channel || ChannelDirectory.SettingsOf(channel, out _) is not { Enabled: true, Paused: false })
        {
            await deliveries.EndAsync(key, DeliveryEnd.Paused, null, row.Text("Reason"), time.GetUtcNow(), ct);
            return;
        }

        var delivery = await deliveries.LoadAsync(key, row, ct);
        if (row.Text("Reason") is { Length: > 0 } && !await DecideAsync(pointer, row, channel, delivery, ct)) return;

        var replayedAt = row.Time(DeliveryRow.ReplayedAt);
        var job = new ElementFiling.Job(
            channel, delivery, replayedAt ?? row.Time(DeliveryRow.ReleasedAt), replayedAt is null ? null : Filed.Read(row, now: false));
        var progress = Progress.Of(row);
        if (!progress.Fits(Elements(channel, delivery))) progress = new Progress();
        var limits = options.CurrentValue;
        var turn = new Turn(
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
        // What it says belongs to somebody whose case is erased: it came again, and must not stay.
        if (ends.Counts.ContainsKey(DeliveryEnd.Erased)) await erasure.EraseAsync(key, row, ends, ct);
        else
        {
            var end = progress.Failed ? DeliveryEnd.Kept : DeliveryEnd.Ended;
            await deliveries.EndAsync(key, end, ends, Verified, time.GetUtcNow(), progress.Filed, ct);
        }

        if (ends.WithoutCase is null && row.Text(KeptDeliveries.Property) is { Length: > 0 }) await kept.TakeOffAsync(key, ct);
        foreach (var (word, count) in ends.Counts) Measures.Ended(key.Channel, word, count);
        LogEnded(key.Channel, key.Id, ends.Total, ends.Total == 1 ? ends.Counts.Keys.Single() : "several");
    }

    // True after the last element.
    private async Task<bool> WorkAsync(Turn turn, DeliveryKey key, TableRow row, ElementFiling.Job job, CancellationToken ct)
    {
        var worked = turn.WorkAsync(Elements(job.Channel, job.Delivery));
        await ((Task)worked).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // Storage that fails now and then must not make a large delivery begin at its beginning each time.
        if (!worked.IsCompletedSuccessfully && turn.Progress.Done >= turn.Progress.Noted + Turn.Window)
            await deliveries.NoteAsync(key, row, turn.Progress, job.Before, ct);
        return await worked;
    }

    // The row first: dying in between, the host gives the same message again, which goes on from there. Whoever was overtaken stops: the
    // other one has a message of its own.
    private async Task GoOnAsync(Pointer pointer, TableRow row, Turn turn, ElementFiling.Job job, CancellationToken ct)
    {
        var goesOn = await deliveries.NoteAsync(pointer.Key, row, turn.Progress, job.Before, ct);
        LogTurn(pointer.Channel, pointer.Id, turn.Progress.Done, goesOn ? "goes on" : "overtaken");
        if (goesOn) await queues.SendAsync(Pointer.Queue, (pointer with { Attempt = 0 }).ToJson(), TimeSpan.Zero, ct);
    }

    // Puts a delivery back of which elements wait for their provider; those that have waited long enough end with the word that says so.
    private async Task<bool> WaitsAsync(Pointer pointer, TableRow row, Turn turn, CancellationToken ct)
    {
        if (turn.Progress.Left == 0) return false;
        if (await waiting.PutBackAsync(pointer, row, turn.Waits?.Reason ?? "out-of-time", turn.Waits?.After, ct)) return true;
        turn.Progress.GiveUp();
        return false;
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
    internal static IEnumerable<Element> Elements(IChannel channel, Delivery delivery)
    {
        using var elements = Try(() => channel.Read(delivery).GetEnumerator(), out var broken);
        while (broken is null)
        {
            if (!Try(() => elements!.MoveNext(), out broken)) break;
            yield return elements!.Current;
        }

        if (broken is not null) yield return new Element(Rest, () => throw broken);
    }

    /// <summary>Reads all elements as today's code reads them and writes nothing; what a thin one points at only if it is kept.</summary>
    public async IAsyncEnumerable<Piece> ReadAsync(IChannel channel, Delivery delivery, [EnumeratorCancellation] CancellationToken ct)
    {
        foreach (var element in Elements(channel, delivery)) yield return await ReadAsync(channel, delivery, element, mayAsk: false, ct);
    }

    private async Task<Piece> ReadAsync(IChannel channel, Delivery delivery, Element element, bool mayAsk, CancellationToken ct)
    {
        var at = element.Position;
        var reading = Try(element.Read, out var unreadable);
        if (reading is not Reading.Thin { Resource: var resource }) return Checked(at, reading, unreadable);
        if (channel is not IFetches fetches) return new Piece(at, null, Lacks: "cannot-fetch");
        var fetched = await thin.GetAsync(new DeliveryKey(delivery.Channel, delivery.Id), fetches, resource, mayAsk, ct);
        if (fetched is Fetched.Gone gone) return new Piece(at, new Reading.Ignored(gone.Reason));
        if (fetched is Fetched.Later later) return new Piece(at, null, Lacks: later.Reason, Later: later);
        reading = Try(() => fetches.Read(delivery, resource, ((Fetched.Document)fetched).Body), out unreadable);
        if (reading is Reading.Thin) return new Piece(at, null, Lacks: "nested-thin");
        return Checked(at, reading, unreadable);
    }

    // An event without its ids could be stored and never be read again: whoever shows its case would fail.
    private static Piece Checked(string at, Reading? reading, Exception? unreadable)
    {
        if (reading is not Reading.Found found) return new Piece(at, reading, unreadable?.GetType().Name);
        var isWhole = found.Event is { EventId.Length: > 0, Contact: { Channel.Length: > 0, ExternalId.Length: > 0, Network: not null, Account: not null } };
        return isWhole ? new Piece(at, found with { Event = AttachmentText.Of(found.Event) }) : new Piece(at, null, "IncompleteEvent");
    }

    private async Task<Piece> ReadSafelyAsync(ElementFiling.Job job, Element element, CancellationToken ct)
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

    // What failed once it was read is filed as what cannot be read: somebody sees it, and a replay reads it anew.
    private async Task<ElementFiling.Taken> TakeAsync(ElementFiling.Job job, Piece piece, CancellationToken ct)
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
                if (failed is not null) return new ElementFiling.Taken($"{Ends.KeptPrefix}{error.GetType().Name}", false);
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
