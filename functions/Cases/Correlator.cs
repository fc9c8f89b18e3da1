using Azure;
using Microsoft.Extensions.Options;
using Serverless.Cases.Rules;
using Serverless.Contacts;
using Serverless.Needs;
using Serverless.Outbox;
using Serverless.Platform.Features;
using Serverless.Platform.Storage;
using Serverless.ServiceLevels;

namespace Serverless.Cases;

/// <summary>
/// Finds or opens the case of a contact and commits the decision exactly once. Order: thread pointer (reserves the case id), head,
/// <c>seen</c> (binds the contact to the case for good), batch. Each step is insert-if-absent or guarded by an ETag, so it may be
/// repeated and raced: a later run continues with the existing rows.
/// </summary>
public sealed partial class Correlator(
    TableStore tables, CaseStore cases, TimeProvider time, IOptionsMonitor<OwnersOptions> owners, Levels levels, PromiseRules promises,
    IOptionsMonitor<CasesOptions> options, Provided<RuleSet> rules)
{
    private const string Seen = "seen";
    private const int MaxAnswers = 20;
    // In place of the event that brought the contact: nothing did yet that counts as one.
    private const string Nothing = "-";

    private readonly ThreadPointers _conversations = new(tables);

    /// <summary>Case of a contact.</summary>
    /// <param name="CaseId">Its case from now on.</param>
    /// <param name="Head">The case's head if there is one.</param>
    /// <param name="Known">Whether an event of the contact was taken before, or this one before a crash.</param>
    /// <param name="First">Whether this event is the one that brought the contact.</param>
    /// <param name="IsAnother">Whether a different contact has this id already.</param>
    private sealed record Place(string CaseId, CaseStore.Versioned? Head, bool Known, bool First, bool IsAnother = false);

    // Rest of an erased contact: its row in the contact index, with the flag Erased.
    private static readonly CaseStore.Versioned Tombstone = new(null, default, IsErased: true);

    /// <summary>Adds an event to its case. Repeating it, by the same or another delivery, changes nothing.</summary>
    /// <param name="e">The event.</param>
    /// <param name="delivery">The delivery it came with, <c>channel/id</c>: its repetition gets its first end again, another delivery's
    /// copy is a duplicate.</param>
    /// <param name="ct">Cancels.</param>
    /// <param name="beside">A case it goes to when its conversation has none of its own: that of the placeholder which stood for it. It is
    /// not opened again for that.</param>
    /// <param name="into">The case it belongs to, for a contact that we made; a contact that has a case already keeps it. Null: the case is
    /// found.</param>
    public async Task<Correlation> TakeAsync(ContactEvent e, string delivery, CancellationToken ct, string? beside = null,
        string? into = null)
    {
        if (into is not null) await BindAsync(e, into, ct);
        var read = await rules.CurrentAsync(ct);
        for (var attempt = 0; attempt < options.CurrentValue.CommitTries; attempt++)
        {
            if (await TryAsync(e, delivery, beside, again: attempt > 0, read, ct) is { } done) return done;
        }

        throw new ContentionException();
    }

    /// <summary>True when an event of this contact was taken into a case before, even one that was erased since.</summary>
    public async Task<bool> IsKnownAsync(ContactEvent e, CancellationToken ct) => (await NamedAsync(e, ct)).Seen is not null;

    /// <summary>The case of a contact by its parts, also of one that was erased since; null when it is not known.</summary>
    public async Task<string?> CaseOfAsync(string channel, string account, string externalId, CancellationToken ct) =>
        (await tables.GetAsync(Seen, CaseKeys.Contact(channel, account, externalId), "seen", ct))?.Text("CaseId");

    /// <summary>The stored event and its case; null when there is none.</summary>
    public async Task<(string CaseId, StoredEvent Event)?> FindAsync(ContactEvent e, CancellationToken ct)
    {
        var (named, seen) = await NamedAsync(e, ct);
        return seen?.Text("CaseId") is { } caseId && await cases.EventAsync(caseId, CaseKeys.Event(named), ct) is { } stored
            ? (caseId, stored.Event) : null;
    }

    // Known events of a contact: under its own id, or, where another contact has that id, under the one assigned then.
    private async Task<(ContactEvent Named, TableRow? Seen)> NamedAsync(ContactEvent e, CancellationToken ct)
    {
        var seen = await tables.GetAsync(Seen, CaseKeys.Contact(e.Contact), "seen", ct);
        if (seen is null || !ContactIds.IsAnother(seen, e)) return (e, seen);
        var named = ContactIds.Renamed(e);
        return (named, await tables.GetAsync(Seen, CaseKeys.Contact(named.Contact), "seen", ct));
    }

    /// <summary>Remembers that a place in a conversation's name has another name now, so that the conversations there go on.</summary>
    public Task MovedAsync(string channel, string account, string from, string to, CancellationToken ct) =>
        _conversations.MoveAsync(channel, account, from, to, ct);

    // Null: head or pointer changed in between; read again.
    private async Task<Correlation?> TryAsync(ContactEvent e, string delivery, string? beside, bool again, RuleSet read,
        CancellationToken ct)
    {
        if (await PlaceAsync(e, beside, read, ct) is not { } place) return null;
        if (place.IsAnother)
        {
            var named = ContactIds.Renamed(e);
            return await TryAsync(named, delivery, beside, again, read, ct) is { } other ? other with { FiledAs = named } : null;
        }

        var (caseId, head) = (place.CaseId, place.Head);
        // Erased data stays erased: a tombstone blocks late copies, wherever they come from (P12).
        if (head is { IsErased: true }) return new Correlation("erased", caseId, [], null);
        var now = time.GetUtcNow();
        var cause = CaseKeys.Event(e);
        var before = await BeforeAsync(place, e, again, ct);
        if (before.Find(b => CaseKeys.Event(b.Event) == cause) is { } stored)
            return new Correlation(stored.Delivery == delivery ? stored.End : "duplicate", caseId, null, null);
        var decision = CaseRules.Decide(head?.Head, e, pinned: true, now, levels, options.CurrentValue,
            [.. before.Select(b => b.Event)], read);
        if (beside == caseId && head?.Head?.State == CaseState.Closed) decision = new Decision.Append(CaseEvent.ContactReceived);
        var contact = before.Count == 0 ? e.Contact : ContactFold.Fold([.. before.Select(b => b.Event), e]);
        if (decision is Decision.Append plain && head?.Head is { } known && promises.Concerns(known, contact))
            decision = new Decision.Change(known with { Version = known.Version + 1 }, plain.Tells);
        IReadOnlyList<Promise> made = [];
        var word = EndWord(e, place.First && !before.Exists(b => b.End is "case" or "joined" or "outbound"));
        var (end, change, entries) = decision switch
        {
            Decision.Open open => await OpenAsync(caseId, head?.ETag, e, contact, open, cause, now, rows => made = rows, ct),
            Decision.Change it => Changed(promises.Follow(head!.Head, it.Head, contact, now), it.Tells),
            Decision.Append it => (word, ((Case?, ETag?)?)null, [CaseEvent.Of(it.Tells, head!.Head!, e, cause, now)]),
            // The event waits. Its guard on the head ensures that a concurrent opening of the case sees it, or that we see the case.
            _ => (word, (null, head?.ETag), new List<OutboxEntry>()),
        };

        // What nobody should write where others read it is told at once, so that it can be hidden.
        if (entries.Count > 0 && CaseRules.Exposes(e) && NeedReader.Read(e.Contact, read).Exposed.Count > 0)
            entries.Add(CaseEvent.Of(CaseEvent.ConfidentialInPublic, change?.Item1 ?? head!.Head!, e, cause, now));
        var written = await cases.CommitAsync(
            caseId, e, new CaseStore.Origin(delivery, end), change, entries, isNew: before.Count == 0, ct, made);
        return written switch
        {
            { State: WriteState.Written } =>
                new Correlation(end, caseId, entries, Relists(head?.Head, change?.Item1) ? change?.Item1 : null),
            { State: WriteState.Exists, FailedIndex: 0 } => await KnownAsync(caseId, e, delivery, ct),
            _ => null,
        };

        (string, (Case?, ETag?)?, List<OutboxEntry>) Changed(PromiseChange step, string tells)
        {
            made = step.Rows;
            var told = CaseEvent.Of(tells, step.Head, e, cause, now, promise: made.Count == 0 ? null : made[^1]);
            return (word, (step.Head, head!.ETag), [told, .. CaseEvent.OfPromises(made, step.Head, cause, now)]);
        }
    }

    // Known events of the contact. A complete message has none before it and needs no read; if another event of it is faster, the batch
    // fails and is repeated.
    private async Task<List<StoredEvent>> BeforeAsync(Place place, ContactEvent e, bool again, CancellationToken ct)
    {
        if (!place.Known || (place.First && !again && e.Change == ContactChange.Received && e.Contact.Call is null)) return [];
        return await cases.StoredOfAsync(place.CaseId, CaseKeys.Contact(e.Contact), ct);
    }

    // It was opened, or opened again, or its clock was set, or it is not overdue any more.
    // A later look is left to the clock, which reads the head.
    private static bool Relists(Case? before, Case? after) => before?.State != CaseState.Open
        || (after?.DueAt is { } due && due != before.DueAt) || (after?.LookAt is { } look && !(before.LookAt <= look))
        || (before.Overdue > 0 && after?.Overdue == 0);

    private async Task<Place?> PlaceAsync(ContactEvent e, string? beside, RuleSet read, CancellationToken ct)
    {
        if (CaseKeys.Thread(e.Contact) is not { } threadKey)
        {
            // It is new, or follows a known contact.
            var alone = await BindAsync(e, beside ?? NewCaseId(), ct);
            return alone with { Head = alone.Head ?? (alone.Known || beside is not null ? await cases.HeadAsync(alone.CaseId, ct) : null) };
        }

        if (await _conversations.FindAsync(e.Contact, threadKey, async () => beside ?? await AnsweredAsync(e, ct), NewCaseId,
            ct) is not { } pointer) return null;
        var caseId = pointer.CaseId;
        var head = pointer.IsNew && beside is null ? null : await cases.HeadAsync(caseId, ct);
        if (caseId != beside && MovesOn(head, e, read))
        {
            // A late copy of a contact of the old case, or of an erased one, must not move the thread: it belongs where it was seen.
            if (await tables.GetAsync(Seen, CaseKeys.Contact(e.Contact), "seen", ct) is { } before)
                return new Place(before.Text("CaseId")!, before.Flag("Erased") == true ? Tombstone
                    : await cases.HeadAsync(before.Text("CaseId")!, ct), Known: true, IsFirst(before, e), ContactIds.IsAnother(before, e));
            (caseId, head) = beside is null ? (NewCaseId(), null) : (beside, await cases.HeadAsync(beside, ct));
            if (!await _conversations.RepointAsync(pointer, caseId, ct)) return null;
        }

        var bound = await BindAsync(e, caseId, ct);
        if (bound.IsAnother || bound.Head is { IsErased: true }) return bound;
        if (bound.CaseId == caseId) return bound with { Head = head };

        // The contact came before without naming its thread: the thread follows the contact, unless it has a case of its own.
        if (head?.Head is null) await _conversations.RepointAsync(pointer, bound.CaseId, ct);
        return bound with { Head = await cases.HeadAsync(bound.CaseId, ct) };
    }

    /// <summary>
    /// The case of the nearest contact that this one answers and that is with the same person; null for none. Asked only where a
    /// conversation
    /// is new, so a known one costs nothing more.
    /// </summary>
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
    private bool MovesOn(CaseStore.Versioned? head, ContactEvent e, RuleSet read) => head is { IsErased: true }
        || (head?.Head is { } known && CaseRules.Decide(known, e, pinned: false, time.GetUtcNow(), levels,
            options.CurrentValue, rules: read) is Decision.MoveOn);

    // Binds the contact to a case for good: outlives the case, blocks erased data, and late copies never decide anew. It also says which
    // event brought the contact, so that a contact is counted once.
    private async Task<Place> BindAsync(ContactEvent e, string caseId, CancellationToken ct)
    {
        var contactKey = CaseKeys.Contact(e.Contact);
        var brings = e.Change != ContactChange.Removed && !CaseRules.Settles(e.Contact);
        var row = new TableRow(contactKey, "seen") { ["CaseId"] = caseId, ["By"] = brings ? CaseKeys.Event(e) : Nothing };
        if (e.Clues?.Digest is { } digest) row["Digest"] = digest;
        if (e.Clues?.With is { } with) row["With"] = with;
        var inserted = await tables.InsertAsync(Seen, row, ct);
        if (inserted.State == WriteState.Written) return new Place(caseId, null, Known: false, First: brings);
        if (await tables.GetAsync(Seen, contactKey, "seen", ct) is not { } seen) return new Place(caseId, null, Known: true, First: false);
        if (ContactIds.IsAnother(seen, e)) return new Place(caseId, null, Known: true, First: false, IsAnother: true);
        var first = IsFirst(seen, e);
        if (brings && seen.Text("By") == Nothing)
        {
            seen["By"] = CaseKeys.Event(e);
            first = (await tables.ReplaceAsync(Seen, seen, seen.ETag, ct)).State == WriteState.Written;
        }

        return new Place(seen.Text("CaseId") ?? caseId, seen.Flag("Erased") == true ? Tombstone : null, Known: true, first);
    }

    private static bool IsFirst(TableRow seen, ContactEvent e) => seen.Text("By") == CaseKeys.Event(e);

    private async Task<(string End, (Case?, ETag?)? Head, List<OutboxEntry> Entries)> OpenAsync(
        string caseId, ETag? waiting, ContactEvent e, Contact contact, Decision.Open open, string cause, DateTimeOffset now,
        Action<IReadOnlyList<Promise>> makes, CancellationToken ct)
    {
        var head = new Case
        {
            Id = caseId,
            Number = await cases.ClaimNumberAsync(caseId, ct),
            Owner = Owners.For(e.Contact, owners.CurrentValue),
            Owes = open.Reading.Owes,
            OwesRule = open.Reading.OwesRule,
            Networks = [e.Contact.Network],
            OpenedAt = now,
            WaitingSince = open.WaitingSince,
            WaitingFor = open.WaitingSince is null ? null : CaseKeys.Contact(e.Contact),
            DueAt = open.DueAt,
            AnsweredAt = open.AnsweredAt,
        };
        head = Concern.WithFacts(Concern.Reads(head, open.Reading, CaseKeys.Contact(e.Contact)), open.Reading);
        var step = promises.Follow(null, head, contact, now);
        List<Promise> made = [.. step.Rows];
        head = step.Head;
        var held = waiting is null
            ? [] : (await cases.WaitingAsync(caseId, ct)).Where(w => w.Event.Contact.Direction == Direction.Outbound
                || CaseRules.Settles(w.Event.Contact)).ToList();
        var answers = held.ConvertAll(w => w.Event);
        var reached = held.GroupBy(w => w.ContactId, StringComparer.Ordinal)
            .Select(c => (At: c.Max(w => w.Event.Contact.OccurredAt), Contact: ContactFold.Fold(c.Select(w => w.Event))))
            .Where(c => CaseRules.Settles(c.Contact) || CaseRules.Reached(c.Contact)).OrderBy(c => c.At).ToList();
        foreach (var answer in reached.Where(r => r.At >= open.WaitingSince))
        {
            step = promises.Follow(head, head with { WaitingSince = null, WaitingFor = null, AnsweredAt = answer.At }, answer.Contact, now);
            made.AddRange(step.Rows);
            head = step.Head;
        }

        makes(made);
        List<OutboxEntry> entries = [CaseEvent.Of(CaseEvent.Opened, head, e, cause, now, promise: made.Count == 0 ? null : made[^1])];
        entries.AddRange(CaseEvent.OfPromises(made, head, cause, now));
        if (head.Owner is null) entries.Add(CaseEvent.Of(CaseEvent.OwnerGap, head, e, cause, now));
        // A batch holds 100 rows, two of them for each published event.
        entries.AddRange(answers.Take(40).Select(a => CaseEvent.Of(CaseEvent.ContactSent, head, a, CaseKeys.Event(a), now)));
        return ("case", (head, waiting), entries);
    }

    private async Task<Correlation?> KnownAsync(string caseId, ContactEvent e, string delivery, CancellationToken ct) =>
        await cases.OriginAsync(caseId, e, ct) is { } origin
            ? new Correlation(origin.Delivery == delivery ? origin.End : "duplicate", caseId, null, null)
            : null;

    // A contact is counted by the word of the event that brought it, whichever came first.
    private static string EndWord(ContactEvent e, bool first) =>
        !first ? "updated" : e.Contact.Direction == Direction.Outbound ? "outbound" : "joined";

    // The random half first: a time-led key would send every new case to the last range of the table.
    private string NewCaseId()
    {
        var id = Guid.CreateVersion7(time.GetUtcNow()).ToString("N");
        return string.Concat(id.AsSpan(16), id.AsSpan(0, 16));
    }
}
