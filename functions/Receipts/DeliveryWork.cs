using System.Diagnostics;
using System.Runtime.CompilerServices;
using Serverless.Attachments;
using Serverless.Cases;
using Serverless.Channels;
using Serverless.Replies;
using Serverless.Platform.Storage;
using Serverless.Telemetry;

namespace Serverless.Receipts;

/// <summary>
/// Brings one delivery to its end: reads each element, takes it into its case, tells what came of it, and writes the end last. Every step may be repeated, so
/// dying anywhere costs only a repetition.
/// </summary>
public sealed partial class DeliveryWork(
    DeliveryLog deliveries, ChannelDirectory channels, Correlator correlator, CaseTeller teller, ReplyFiling replies, QueueStore queues, ThinElements thin, WaitingDeliveries waiting, Attention attention,
    HeldContacts held, FileRequests files, Successors successors, CallSteps steps, DeliveryErasure erasure, TimeProvider time, ILogger<DeliveryWork> log)
{
    /// <summary>Position of the element that stands for all that could not be taken apart.</summary>
    internal const string Rest = "rest";

    /// <summary>The reason of a delivery that passed its check, at the door or later: a replay does not ask again, since its secret may be long gone.</summary>
    private const string Verified = "";

    // The host ends an invocation after five minutes; what was fetched until then is kept, so the next one goes on from there.
    private static readonly TimeSpan FetchingTime = TimeSpan.FromMinutes(2);

    /// <summary>What came of one element.</summary>
    /// <param name="End">Its end word.</param>
    /// <param name="Readable">False when it is to be kept for a replay.</param>
    /// <param name="Later">Set when the provider cannot give it now; the end word counts once it has waited long enough.</param>
    /// <param name="Filed">Where it was filed, if it was.</param>
    private sealed record Taken(string End, bool Readable, Fetched.Later? Later = null, Filed? Filed = null);

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

        List<string> ends = [];
        List<Filed> filed = [];
        var job = new Job(channel, delivery, row.Time(DeliveryRow.ReplayedAt) ?? row.Time(DeliveryRow.ReleasedAt), row.Time(DeliveryRow.ReplayedAt) is null ? null : Filed.Read(row));
        var failed = false;
        Fetched.Later? later = null;
        var started = time.GetTimestamp();
        foreach (var element in Elements(channel, delivery))
        {
            var taken = await TakeAsync(job, element, mayAsk: time.GetElapsedTime(started) < FetchingTime, ct);
            failed |= !taken.Readable;
            if (taken.Later is { } one && (later is null || one.After > (later.After ?? TimeSpan.Zero))) later = one;
            ends.Add(taken.End);
            if (taken.Filed is not null) filed.Add(taken.Filed);
        }

        if (later is not null && await waiting.PutBackAsync(pointer, row, later.Reason, later.After, ct)) return;
        if (ends.Count == 0) ends.Add("ignored:empty");
        // What it says belongs to somebody whose case is erased: it came again, and must not stay.
        if (ends.Contains(DeliveryEnd.Erased)) await erasure.EraseAsync(key, row, ends, ct);
        else await deliveries.EndAsync(key, failed ? DeliveryEnd.Kept : DeliveryEnd.Ended, ends, Verified, time.GetUtcNow(), ct, filed: filed);
        foreach (var end in ends) Measures.Ended(key.Channel, end);
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
        if (reading is not Reading.Thin { Resource: var resource }) return new Piece(at, reading, unreadable?.GetType().Name);
        if (channel is not IFetches fetches) return new Piece(at, null, Lacks: "cannot-fetch");
        var fetched = await thin.GetAsync(new DeliveryKey(delivery.Channel, delivery.Id), fetches, resource, mayAsk, ct);
        if (fetched is Fetched.Gone gone) return new Piece(at, new Reading.Ignored(gone.Reason));
        if (fetched is Fetched.Later later) return new Piece(at, null, Lacks: later.Reason, Later: later);
        reading = Try(() => fetches.Read(delivery, resource, ((Fetched.Document)fetched).Body), out unreadable);
        return reading is Reading.Thin ? new Piece(at, null, Lacks: "nested-thin") : new Piece(at, reading, unreadable?.GetType().Name);
    }

    private async Task<Taken> TakeAsync(Job job, Element element, bool mayAsk, CancellationToken ct)
    {
        // What failed once it was read is filed as what cannot be read: somebody sees it, and a replay reads it anew.
        for (string? failed = null; ;)
        {
            try
            {
                return await TakeAsync(job, failed is null ? await ReadAsync(job.Channel, job.Delivery, element, mayAsk, ct) : new Piece(element.Position, null, failed), ct);
            }
            catch (Exception error) when (error is not (ContentionException or StorageUnavailableException or OperationCanceledException))
            {
                // A bug met by one element must not take the others down (P4): it stays visible and replayable.
                LogKept(job.Delivery.Channel, job.Delivery.Id, element.Position, error.GetType().Name);
                if (failed is not null) return new Taken($"kept:{error.GetType().Name}", false);
                failed = error.GetType().Name;
            }
        }
    }

    private async Task<Taken> TakeAsync(Job job, Piece piece, CancellationToken ct)
    {
        var key = new DeliveryKey(job.Delivery.Channel, job.Delivery.Id);
        if (piece.Lacks is { } lacks) return new Taken($"kept:{lacks}", false, piece.Later);
        switch (piece.Reading)
        {
            case Reading.Ignored ignored:
                if (job.Before?.FirstOrDefault(f => f.Position == piece.Position) is { IsPlaceholder: true } nothing) await successors.ReplaceAsync(nothing.CaseId, nothing.Event, null, key.ToString(), ct);
                return new Taken($"ignored:{ignored.Reason}", true, await StepAsync(job, ignored, null, ct));
            case Reading.Status status:
                return new Taken(await replies.NoteAsync(key.Channel, status.Message, ct) ? "updated" : "ignored:delivery-status", true);
            case Reading.Attention asks:
                await attention.MarkAsync(key.Channel, asks, job.Delivery.ReceivedAt, ct);
                return new Taken($"ignored:{asks.Reason}", true);
            case Reading.Moved moved:
                await correlator.MovedAsync(key.Channel, moved.Account, moved.From, moved.To, ct);
                return new Taken("ignored:moved", true);
        }

        if (piece.Unreadable is not null) LogUnreadable(key.Channel, key.Id, piece.Position, piece.Unreadable);
        return await FileAsync(job, piece, key.ToString(), ct);
    }

    private async Task<Taken> FileAsync(Job job, Piece piece, string delivery, CancellationToken ct)
    {
        var e = job.Late(piece.Reading is Reading.Found found ? held.Marked(Dated(found.Event), job.Delivery) : Placeholder.For(job.Delivery, piece.Position));
        (e, var shows) = await replies.MarkedAsync(e, ct);
        var before = job.Before is null ? null : await BeforeAsync(job, piece, ct);
        var correlation = await CommitAsync(e, delivery, before?.CaseId, ct);
        e = correlation.FiledAs ?? e;
        if (job.Before is not null && correlation.End is not ("duplicate" or "erased")) await successors.FillAsync(correlation.CaseId, e, correlation.End, ct);
        if (before is not null && before.Event != CaseKeys.Event(e)) await successors.ReplaceAsync(before.CaseId, before.Event, (e, correlation.CaseId), delivery, ct);
        await replies.EchoedAsync(e, shows, ct);
        if (correlation.End is not ("duplicate" or "erased")) await files.SeeToAsync(job.Channel, correlation.CaseId, e, ct);
        var filed = new Filed(piece.Position, correlation.CaseId, CaseKeys.Event(e), e.Contact.Kind == ContactKind.Placeholder);
        // A copy takes its step too: whoever filed the first may have died before he took it.
        var later = correlation.End is "erased" ? null : await StepAsync(job, piece.Reading, (correlation.CaseId, e), ct);
        return new Taken(correlation.End, piece.Unreadable is null, later, filed);
    }

    // A time nobody can have meant (a clock that was never set, a year typed in) counts as that of arrival; tables hold none before 1601.
    private static ContactEvent Dated(ContactEvent e) => e.Contact.OccurredAt >= DateTimeOffset.UnixEpoch && e.Contact.OccurredAt <= e.Contact.ReceivedAt.AddDays(1)
        ? e
        : e with { Contact = e.Contact with { OccurredAt = e.Contact.ReceivedAt } };

    // A replay moves no call; one that was let out of quarantine is too late for its own.
    private async Task<Fetched.Later?> StepAsync(Job job, Reading? reading, (string CaseId, ContactEvent Event)? filed, CancellationToken ct)
    {
        if (reading?.Step is not { } step || job.Before is not null) return null;
        var taken = await steps.TakeAsync(job.Channel, job.Delivery, step, filed, ct);
        if (taken is StepTaken.Later later) return new Fetched.Later(later.Reason, later.After ?? TimeSpan.FromSeconds(1));
        if (taken is StepTaken.Lost && filed is { Event: { Change: ContactChange.Received } rang })
            await CommitAsync(CallSteps.Unanswered(rang), new DeliveryKey(job.Delivery.Channel, job.Delivery.Id).ToString(), null, ct);
        return null;
    }

    private async Task<Correlation> CommitAsync(ContactEvent e, string delivery, string? caseId, CancellationToken ct)
    {
        using var span = Spans.Step("case");
        var correlation = await correlator.TakeAsync(e, delivery, ct, caseId);
        span?.SetTag("case", correlation.CaseId).SetTag("end", correlation.End);
        await teller.AfterAsync(correlation, ct);
        return correlation;
    }

    // A delivery that was kept before it was noted where its pieces went: its placeholder can be told from its bytes.
    private async Task<Filed?> BeforeAsync(Job job, Piece piece, CancellationToken ct)
    {
        if (Filed.Before(job.Before!, piece.Position) is { } noted) return noted;
        var placeholder = Placeholder.For(job.Delivery, piece.Position);
        return await correlator.FindAsync(placeholder, ct) is { } found ? new Filed(piece.Position, found.CaseId, CaseKeys.Event(placeholder), IsPlaceholder: true) : null;
    }

    /// <summary>A delivery that is being worked.</summary>
    /// <param name="Channel">Who reads it.</param>
    /// <param name="Delivery">It.</param>
    /// <param name="LateAt">When it was let out or given to the code again; null for one that is worked as it came.</param>
    /// <param name="Before">Where its pieces were filed before, for a replay; null otherwise.</param>
    private sealed record Job(IChannel Channel, Delivery Delivery, DateTimeOffset? LateAt, IReadOnlyList<Filed>? Before)
    {
        /// <summary>What comes late says so: it triggers no automatic text and restarts no clock (P9).</summary>
        public ContactEvent Late(ContactEvent e) => LateAt is not { } at || e.Contact.Recovery is not null
            ? e
            : e with { Contact = e.Contact with { Recovery = new Recovery(Math.Max(0, (long)(at - e.Contact.OccurredAt).TotalSeconds)) } };
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

    [LoggerMessage(33, LogLevel.Error, "unreadable {Channel}/{Id} at={Position} error={Error}: kept as a placeholder")]
    private partial void LogUnreadable(string channel, string id, string position, string error);

    [LoggerMessage(34, LogLevel.Error, "kept {Channel}/{Id} at={Position} error={Error}")]
    private partial void LogKept(string channel, string id, string position, string error);
}
