using Azure;
using Microsoft.Extensions.Options;
using Serverless.Channels;
using Serverless.Outbox;
using Serverless.Platform.Storage;

namespace Serverless.Cases;

/// <summary>What became of one contact event.</summary>
/// <param name="End">The end word: case, joined, updated, outbound, duplicate</param>
/// <param name="CaseId">The case it belongs to.</param>
/// <param name="Committed">What this call made true and is now to be told; null when it was true before, and what is still untold must be looked up.</param>
/// <param name="Relisted">The head, if this call opened the case, opened it again, set its clock or answered an overdue one: it is to be listed anew.</param>
public sealed record Correlation(string End, string CaseId, IReadOnlyList<OutboxEntry>? Committed, Case? Relisted)
{
    /// <summary>The event as it was filed, where that is under another id than it came with; null otherwise.</summary>
    public ContactEvent? FiledAs { get; init; }
}

/// <summary>Too many writers at once: to be tried again later. Nothing was written.</summary>
public sealed class ContentionException() : Exception("Too many writers changed this case at once.");

/// <summary>
/// Finds the case of a contact and makes the decision true, once. Order: thread pointer (reserves the case id), head, <c>seen</c> (binds the contact to the case
/// for good), batch. Each step is insert-if-absent or guarded by an ETag, so it may be repeated and raced: whoever comes later takes over what is there.
/// </summary>
public sealed class Correlator(
    TableStore tables, CaseStore cases, TimeProvider time, IOptionsMonitor<OwnersOptions> owners, IOptionsMonitor<ServiceLevelsOptions> levels, IOptionsMonitor<CasesOptions> options)
{
    private const string Threads = "threads";
    private const string Seen = "seen";
    private const int MaxAnswers = 20;

    // What is left of an erased contact: its row in seen, with the flag Erased.
    private static readonly CaseStore.Versioned Tombstone = new(null, default, IsErased: true);

    /// <summary>Takes an event into its case. The same event taken again, by the same or another delivery, changes nothing.</summary>
    /// <param name="e">What happened.</param>
    /// <param name="delivery">The delivery it came with, <c>channel/id</c>: its repetition gets its first end again, another delivery's copy is a duplicate.</param>
    /// <param name="ct">Cancels.</param>
    /// <param name="beside">A case it goes to when its conversation has none of its own: that of the placeholder which stood for it. It is not opened again for that.</param>
    /// <param name="into">The case it belongs to, for a contact that we made; a contact that has a case already keeps it. Null: the case is found.</param>
    public async Task<Correlation> TakeAsync(ContactEvent e, string delivery, CancellationToken ct, string? beside = null, string? into = null)
    {
        if (into is not null) await BindAsync(e, into, ct);
        for (var attempt = 0; attempt < options.CurrentValue.CommitTries; attempt++)
        {
            if (await TryAsync(e, delivery, beside, ct) is { } done) return done;
        }

        throw new ContentionException();
    }

    /// <summary>True when an event of this contact was taken into a case before, even one that was erased since.</summary>
    public async Task<bool> IsKnownAsync(ContactEvent e, CancellationToken ct) => (await NamedAsync(e, ct)).Seen is not null;

    /// <summary>The case of a contact by its parts, also of one that was erased since; null when it is not known.</summary>
    public async Task<string?> CaseOfAsync(string channel, string account, string externalId, CancellationToken ct) =>
        (await tables.GetAsync(Seen, CaseKeys.Contact(channel, account, externalId), "seen", ct))?.Text("CaseId");

    /// <summary>What is stored of an event, and in which case; null when nothing is.</summary>
    public async Task<(string CaseId, StoredEvent Event)?> FindAsync(ContactEvent e, CancellationToken ct)
    {
        var (named, seen) = await NamedAsync(e, ct);
        return seen?.Text("CaseId") is { } caseId && await cases.EventAsync(caseId, CaseKeys.Event(named), ct) is { } stored ? (caseId, stored.Event) : null;
    }

    // What is known of a contact: under its own id, or where a different one has that id, under the one it got then.
    private async Task<(ContactEvent Named, TableRow? Seen)> NamedAsync(ContactEvent e, CancellationToken ct)
    {
        var seen = await tables.GetAsync(Seen, CaseKeys.Contact(e.Contact), "seen", ct);
        if (seen is null || !IsAnother(seen, e)) return (e, seen);
        var named = Renamed(e);
        return (named, await tables.GetAsync(Seen, CaseKeys.Contact(named.Contact), "seen", ct));
    }

    // Some senders give one id to different messages.
    private static bool IsAnother(TableRow seen, ContactEvent e) => e.Clues?.Digest is { } digest && seen.Text("Digest") is { } known && known != digest;

    // Only the second one and those after it get a longer id, so that ids are the provider's wherever that can be.
    private static ContactEvent Renamed(ContactEvent e) => e with
    {
        EventId = $"{e.EventId}#{e.Clues!.Digest}",
        Contact = e.Contact with { ExternalId = $"{e.Contact.ExternalId}#{e.Clues.Digest}" },
    };

    // Null: somebody changed the head or the pointer in between; look again.
    private async Task<Correlation?> TryAsync(ContactEvent e, string delivery, string? beside, CancellationToken ct)
    {
        if (await PlaceAsync(e, beside, ct) is not { } place) return null;
        if (place.IsAnother)
        {
            var named = Renamed(e);
            return await TryAsync(named, delivery, beside, ct) is { } other ? other with { FiledAs = named } : null;
        }

        var (caseId, head, _) = place;
        // Erased stays erased: a tombstone blocks old data, whoever brings it again (P12).
        if (head is { IsErased: true }) return new Correlation("erased", caseId, [], null);
        var now = time.GetUtcNow();
        var decision = CaseRules.Decide(head?.Head, e, pinned: true, now, levels.CurrentValue, options.CurrentValue);
        if (beside == caseId && head?.Head?.State == CaseState.Closed) decision = new Decision.Append(CaseEvent.ContactReceived);
        var cause = CaseKeys.Event(e);
        var (end, change, entries) = decision switch
        {
            Decision.Open open => await OpenAsync(caseId, head?.ETag, e, open, cause, now, ct),
            Decision.Change it => (EndWord(e), (it.Head, head!.ETag), [CaseEvent.Of(it.Tells, it.Head, e, cause, now)]),
            Decision.Append it => (EndWord(e), ((Case?, ETag?)?)null, [CaseEvent.Of(it.Tells, head!.Head!, e, cause, now)]),
            // The event waits. Its row of the head makes sure that whoever opens the case at this instant sees it, or that we see the case.
            _ => (EndWord(e), (null, head?.ETag), new List<OutboxEntry>()),
        };

        var written = await cases.CommitAsync(caseId, e, new CaseStore.Origin(delivery, end), change, entries, ct);
        return written switch
        {
            { State: WriteState.Written } => new Correlation(end, caseId, entries, Relists(head?.Head, change?.Item1) ? change?.Item1 : null),
            { State: WriteState.Exists, FailedIndex: 0 } => await KnownAsync(caseId, e, delivery, ct),
            _ => null,
        };
    }

    // It was opened, or opened again, or its clock was set, or it is not overdue any more.
    private static bool Relists(Case? before, Case? after) => before?.State != CaseState.Open || (after?.DueAt is { } due && due != before.DueAt) || (before.Overdue > 0 && after?.Overdue == 0);

    /// <summary>Which case the contact belongs to from now on, and its head if there is one.</summary>
    private async Task<(string CaseId, CaseStore.Versioned? Head, bool IsAnother)?> PlaceAsync(ContactEvent e, string? beside, CancellationToken ct)
    {
        var contactKey = CaseKeys.Contact(e.Contact);
        if (CaseKeys.Thread(e.Contact) is not { } threadKey)
        {
            // It stands alone, or follows a contact that is known already.
            var alone = await BindAsync(e, beside ?? NewCaseId(), ct);
            return (alone.CaseId, alone.Erased ? Tombstone : alone.Known || beside is not null ? await cases.HeadAsync(alone.CaseId, ct) : null, alone.IsAnother);
        }

        var pointer = await tables.GetAsync(Threads, threadKey, "thread", ct);
        var reserved = pointer is null;
        if (pointer is null)
        {
            var answered = beside is null ? await AnsweredAsync(e, ct) : null;
            reserved = answered is null;
            pointer = new TableRow(threadKey, "thread") { ["CaseId"] = beside ?? answered ?? NewCaseId() };
            var inserted = await tables.InsertAsync(Threads, pointer, ct);
            if (inserted.State != WriteState.Written) return null;
            pointer.ETag = inserted.ETag;
        }

        var caseId = pointer.Text("CaseId")!;
        var head = reserved && beside is null ? null : await cases.HeadAsync(caseId, ct);
        if (caseId != beside && MovesOn(head, e))
        {
            // A late copy of a contact of the old case, or of an erased one, must not move the thread: it belongs where it was seen.
            if (await tables.GetAsync(Seen, contactKey, "seen", ct) is { } before)
                return (before.Text("CaseId")!, before.Flag("Erased") == true ? Tombstone : await cases.HeadAsync(before.Text("CaseId")!, ct), IsAnother(before, e));
            (caseId, head) = beside is null ? (NewCaseId(), null) : (beside, await cases.HeadAsync(beside, ct));
            if (!await RepointAsync(pointer, caseId, ct)) return null;
        }

        var bound = await BindAsync(e, caseId, ct);
        if (bound.IsAnother || bound.Erased) return (bound.CaseId, Tombstone, bound.IsAnother);
        if (bound.CaseId == caseId) return (caseId, head, false);

        // The contact came before without naming its thread: the thread follows the contact, unless it has a case of its own.
        if (head?.Head is null) await RepointAsync(pointer, bound.CaseId, ct);
        return (bound.CaseId, await cases.HeadAsync(bound.CaseId, ct), false);
    }

    /// <summary>The case of the nearest contact that this one answers and that is with the same person; null for none. Asked only where a conversation is new, so a known one costs nothing more.</summary>
    private async Task<string?> AnsweredAsync(ContactEvent e, CancellationToken ct)
    {
        if (e.Clues is not { With: { } with, Answers: { Count: > 0 } answers }) return null;
        foreach (var id in answers.Take(MaxAnswers))
        {
            var seen = await tables.GetAsync(Seen, CaseKeys.Contact(e.Contact.Channel, e.Contact.Account, id), "seen", ct);
            if (seen is not null && seen.Flag("Erased") != true && seen.Text("With") == with) return seen.Text("CaseId");
        }

        return null;
    }

    // Or the case was erased: that blocks what was said then, never what the customer says next (P12).
    private bool MovesOn(CaseStore.Versioned? head, ContactEvent e) => head is { IsErased: true }
        || (head?.Head is { } known && CaseRules.Decide(known, e, pinned: false, time.GetUtcNow(), levels.CurrentValue, options.CurrentValue) is Decision.MoveOn);

    /// <summary>Makes what is known of a contact a tombstone: it keeps every copy out for good.</summary>
    public Task BuryAsync(string contactKey, string caseId, CancellationToken ct) =>
        tables.UpsertAsync(Seen, new TableRow(contactKey, "seen") { ["CaseId"] = caseId, ["Erased"] = true }, ct);

    /// <summary>Forgets a contact that came into a case just when that was erased, so that it finds another one.</summary>
    public Task ForgetAsync(string contactKey, CancellationToken ct) => tables.DeleteAsync(Seen, contactKey, "seen", ETag.All, ct);

    /// <summary>Takes the pointer of a conversation away, if it leads to a case.</summary>
    public async Task LetGoAsync(string threadKey, string caseId, CancellationToken ct)
    {
        if (await tables.GetAsync(Threads, threadKey, "thread", ct) is { } pointer && pointer.Text("CaseId") == caseId) await tables.DeleteAsync(Threads, threadKey, "thread", pointer.ETag, ct);
    }

    // Binds the contact to a case for good: outlives the case, blocks erased data, and late copies never decide anew.
    private async Task<(string CaseId, bool Known, bool Erased, bool IsAnother)> BindAsync(ContactEvent e, string caseId, CancellationToken ct)
    {
        var contactKey = CaseKeys.Contact(e.Contact);
        var row = new TableRow(contactKey, "seen") { ["CaseId"] = caseId };
        if (e.Clues?.Digest is { } digest) row["Digest"] = digest;
        if (e.Clues?.With is { } with) row["With"] = with;
        var inserted = await tables.InsertAsync(Seen, row, ct);
        if (inserted.State == WriteState.Written) return (caseId, false, false, false);
        var seen = await tables.GetAsync(Seen, contactKey, "seen", ct);
        return (seen?.Text("CaseId") ?? caseId, true, seen?.Flag("Erased") == true, seen is not null && IsAnother(seen, e));
    }

    private async Task<bool> RepointAsync(TableRow pointer, string caseId, CancellationToken ct)
    {
        var next = new TableRow(pointer.PartitionKey, pointer.RowKey) { ["CaseId"] = caseId };
        return (await tables.ReplaceAsync(Threads, next, pointer.ETag, ct)).State == WriteState.Written;
    }

    private async Task<(string End, (Case?, ETag?)? Head, List<OutboxEntry> Entries)> OpenAsync(
        string caseId, ETag? waiting, ContactEvent e, Decision.Open open, string cause, DateTimeOffset now, CancellationToken ct)
    {
        var head = new Case
        {
            Id = caseId,
            Number = await cases.ClaimNumberAsync(caseId, ct),
            Owner = Owners.For(e.Contact, owners.CurrentValue),
            Need = open.Need,
            NeedRule = open.NeedRule,
            Networks = [e.Contact.Network],
            OpenedAt = now,
            WaitingSince = open.WaitingSince,
            DueAt = open.DueAt,
        };
        var answers = waiting is null ? [] : (await cases.WaitingAsync(caseId, ct)).Where(w => w.Event.Contact.Direction == Direction.Outbound).Select(w => w.Event).ToList();
        if (answers.Exists(a => a.Contact.OccurredAt >= open.WaitingSince))
            head = head with { WaitingSince = null, DueAt = null, AnsweredAt = answers.Max(a => a.Contact.OccurredAt) };

        List<OutboxEntry> entries = [CaseEvent.Of(CaseEvent.Opened, head, e, cause, now)];
        if (head.Owner is null) entries.Add(CaseEvent.Of(CaseEvent.OwnerGap, head, e, cause, now));
        // A batch holds 100 rows, two of them for each event told.
        entries.AddRange(answers.Take(40).Select(a => CaseEvent.Of(CaseEvent.ContactSent, head, a, CaseKeys.Event(a), now)));
        return ("case", (head, waiting), entries);
    }

    private async Task<Correlation?> KnownAsync(string caseId, ContactEvent e, string delivery, CancellationToken ct) =>
        await cases.OriginAsync(caseId, e, ct) is { } origin
            ? new Correlation(origin.Delivery == delivery ? origin.End : "duplicate", caseId, null, null)
            : null;

    private static string EndWord(ContactEvent e) =>
        e.Contact.Direction == Direction.Outbound ? "outbound" : e.Change == ContactChange.Received ? "joined" : "updated";

    // The random half first: a time-led key would send every new case to the last range of the table.
    private string NewCaseId()
    {
        var id = Guid.CreateVersion7(time.GetUtcNow()).ToString("N");
        return string.Concat(id.AsSpan(16), id.AsSpan(0, 16));
    }
}
