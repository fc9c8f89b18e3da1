using System.Text.Json;
using Serverless.Cases.Rules;
using Serverless.Contacts;
using Serverless.Needs;
using Serverless.Platform.Storage;

namespace Serverless.Cases;

/// <summary>Reads cases: the index provides ids, the case itself the data.</summary>
public sealed class CaseReader(CaseStore cases, CaseLists lists, Correlator correlator, CasePages pages, AttachmentRows files)
{
    private const int MaxReferences = 20;
    private const int SideBySide = 16;
    private const int MostKnown = 30;

    /// <summary>A case by its id or number, with all that belongs to it; null when there is none.</summary>
    public async Task<CaseFile?> FindAsync(string idOrNumber, CancellationToken ct) =>
        await IdOfAsync(idOrNumber, ct) is { } id ? await WholeAsync(id, ct) : null;

    /// <summary>A part of a case by its id or number, as people page through a long one; null when there is none.</summary>
    /// <exception cref="ArgumentException">A continuation is none of this case.</exception>
    public async Task<CaseFile?> FindAsync(string idOrNumber, CasePart part, CancellationToken ct)
    {
        if (await IdOfAsync(idOrNumber, ct) is not { } id) return null;
        var wantsContacts = part.IsFirst || part.Contacts is not null;
        var (order, more) = wantsContacts ? await pages.OrderAsync(id, part.Top, part.Contacts, ct) : ([], null);
        // Most cases fit into one page: one pass gives all of them.
        if (part.IsFirst && more is null) return await WholeAsync(id, ct);
        if (await cases.HeadAsync(id, ct) is not { Head: { } head }) return null;
        var filed = await SideBySideAsync(order, contact => FiledAsync(id, contact, ct));
        var contacts = filed.OfType<FiledContact>().OrderBy(c => c.Contact.OccurredAt).ToList();
        var wantsHistory = part.IsFirst || part.History is not null;
        var told = wantsHistory ? await pages.HistoryAsync(id, part.Top, part.History, ct) : new TablePage([], null);
        var replies = part.IsFirst ? await pages.RepliesAsync(id, ct) : [];
        var promises = part.IsFirst ? InOrder(await pages.PromisesAsync(id, ct)) : null;
        var references = await ReferencesAsync(id, contacts, ct);
        var file = new CaseFile(
            head, contacts, [.. told.Rows.Reverse().Select(Entry)], [.. replies.OrderBy(r => r.CreatedAt)], references, promises)
        {
            Continuation = more,
            HistoryContinuation = told.Continuation,
        };
        return WithKnown(file);
    }

    /// <summary>
    /// Of a case its head, one contact and its automatic replies, in one call whose size does not grow with the conversation; null when
    /// there is no such case or contact.
    /// </summary>
    public async Task<CaseFile?> BriefAsync(string caseId, string contactId, CancellationToken ct)
    {
        if (await cases.ReadAsync(caseId, contactId, ct) is not { Events.Count: > 0 } found) return null;
        return new CaseFile(found.Head, [Filed(contactId, found.Events, [])], [], [.. found.Replies.OrderBy(r => r.CreatedAt)]);
    }

    /// <summary>
    /// An open promise of a case, and of the case what <see cref="BriefAsync"/> reads of the contact that it answers: two calls, however
    /// long the conversation is. Null file when there is no such case, promise or contact.
    /// </summary>
    public async Task<(Promise? Promise, CaseFile? File)> PromisedAsync(string caseId, string promiseId, CancellationToken ct)
    {
        if ((await cases.HeadAsync(caseId, ct))?.Head?.Promises.FirstOrDefault(p => p.Id == promiseId) is not { } known)
            return (null, null);
        if (known.Contact is not { } contact || await BriefAsync(caseId, contact, ct) is not { } file) return (known, null);
        // The head of the second call is the later one.
        return (file.Case.Promises.FirstOrDefault(p => p.Id == promiseId), file);
    }

    private async Task<CaseFile?> WholeAsync(string id, CancellationToken ct)
    {
        if (await cases.ReadAsync(id, ct) is not { } found) return null;
        var filesOf = found.Files.ToLookup(f => f.ContactId, f => f.File, StringComparer.Ordinal);
        var contacts = found.Events.GroupBy(e => e.ContactId, StringComparer.Ordinal)
            .Select(e => Filed(e.Key, [.. e], filesOf[e.Key])).OrderBy(c => c.Contact.OccurredAt).ToList();
        var history = found.History.AsEnumerable().Reverse().Select(Entry);
        var references = await ReferencesAsync(id, contacts, ct);
        var promises = InOrder(found.Promises);
        return WithKnown(
            new CaseFile(found.Head, contacts, [.. history], [.. found.Replies.OrderBy(r => r.CreatedAt)], references, promises));
    }

    private static List<Promise>? InOrder(List<Promise> promises) => promises.Count == 0 ? null : [.. promises.OrderBy(p => p.MadeAt)
        .ThenBy(p => p.EndedAt ?? DateTimeOffset.MaxValue)];

    // Of the contacts that are shown. Read from the words each time: nothing personal is stored a second time.
    private static CaseFile WithKnown(CaseFile file)
    {
        var known = Known(file.Contacts);
        if (known.Count == 0) return file;
        List<string> given = [.. known.Select(k => k.Kind).Where(FactKinds.IsAskedFor).Distinct(StringComparer.Ordinal)];
        return file with { Known = known, DoNotAsk = given.Count == 0 ? null : given };
    }

    private static List<KnownFact> Known(IReadOnlyList<FiledContact> contacts)
    {
        List<KnownFact> known = [];
        foreach (var filed in contacts.Where(c => c.Contact.Direction == Direction.Inbound))
        {
            foreach (var fact in NeedReader.FactsOf(filed.Contact))
            {
                if (known.Count >= MostKnown) return known;
                if (!known.Exists(k => k.Kind == fact.Kind && string.Equals(k.Value, fact.Value, StringComparison.OrdinalIgnoreCase)))
                    known.Add(new KnownFact(fact.Kind, fact.Value, fact.Certainty, filed.Id, filed.Contact.OccurredAt));
            }
        }

        return known;
    }

    private async Task<FiledContact?> FiledAsync(string caseId, string contactId, CancellationToken ct)
    {
        var events = await cases.StoredOfAsync(caseId, contactId, ct);
        if (events.Count == 0) return null;
        var hasFiles = events.Exists(e => e.Event.Contact.Attachments.Count > 0);
        return Filed(contactId, events, hasFiles ? [.. (await files.OfContactAsync(caseId, contactId, ct)).Select(f => f.File)] : []);
    }

    private static async Task<List<T>> SideBySideAsync<TOf, T>(IReadOnlyList<TOf> all, Func<TOf, Task<T>> read)
    {
        List<T> done = [];
        foreach (var some in all.Chunk(SideBySide)) done.AddRange(await Task.WhenAll(some.Select(read)));
        return done;
    }

    // Nothing is written for it: both contacts name the accounts that the message went to, and each is found by its id.
    private async Task<IReadOnlyList<CaseReference>?> ReferencesAsync(string caseId, List<FiledContact> contacts, CancellationToken ct)
    {
        List<CaseReference>? references = null;
        foreach (var filed in contacts)
        {
            if (filed.Contact.Extras?.GetValueOrDefault(Contact.AlsoTo) is not { } accounts) continue;
            foreach (var account in accounts.Split(' '))
            {
                if (references is { Count: >= MaxReferences }) return references;
                if (await correlator.CaseOfAsync(filed.Contact.Channel, account, filed.Contact.ExternalId, ct) is not { } other
                    || other == caseId) continue;
                if (await cases.HeadAsync(other, ct) is { Head: { } head })
                    (references ??= []).Add(new CaseReference(other, head.Number, filed.Id, "same-message"));
            }
        }

        return references;
    }

    /// <summary>The id of a case by its id or number; null for a number that no case has. There may be no case of that id.</summary>
    public async Task<string?> IdOfAsync(string idOrNumber, CancellationToken ct) =>
        IsId(idOrNumber) ? idOrNumber : CaseNumber.Parse(idOrNumber) is { } number ? await cases.FindByNumberAsync(number, ct) : null;

    /// <summary>One contact of a case; null when it is not there.</summary>
    /// <param name="caseId">The case.</param>
    /// <param name="contactId">The contact; null for the one that the customer waits for, else their latest.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<Contact?> ContactAsync(string caseId, string? contactId, CancellationToken ct)
    {
        if ((contactId ?? await WaitingForAsync(caseId, ct)) is not { } wanted) return null;
        var events = await cases.EventsOfAsync(caseId, wanted, ct);
        return events.Count == 0 ? null : ContactFold.Fold(events);
    }

    // The head names whom the customer waits for; only where nobody does the whole case is read.
    private async Task<string?> WaitingForAsync(string caseId, CancellationToken ct)
    {
        if ((await cases.HeadAsync(caseId, ct))?.Head is not { } head) return null;
        if (head.WaitingFor is { } waiting) return waiting;
        var found = await cases.ReadAsync(caseId, ct);
        return found?.Events.Where(e => e.Event.Contact.Direction == Direction.Inbound).MaxBy(e => e.Event.Contact.OccurredAt)?.ContactId;
    }

    /// <summary>One page of a list.</summary>
    /// <exception cref="ArgumentException">The continuation is none of this query.</exception>
    public async Task<CasePage> ListAsync(CaseFilter filter, CancellationToken ct)
    {
        var page = await lists.ReadAsync(filter, ct);
        var read = await Task.WhenAll(page.CaseIds.Select(id => cases.ReadAsync(id, ct)));
        var listed = new List<ListedCase>(read.Length);
        foreach (var one in read)
        {
            if (one is not { } found || found.Head.State != filter.State) continue;
            // Of an open case: it went to another owner, and this one's list is behind.
            if (filter.Owner is not null && (found.Head.Owner ?? CaseViews.Nobody) != filter.Owner) continue;
            if (filter.Network is { } network && !found.Head.Networks.Contains(network, StringComparer.OrdinalIgnoreCase)) continue;
            if (filter.Need is { } need && found.Head.Need != need) continue;
            if (filter.Urgency is { } urgency && found.Head.Urgency != urgency) continue;
            if (filter.DueBefore is { } before && !(found.Head.DueAt < before)) continue;
            listed.Add(Listed(found.Head, found.Events));
        }

        return new CasePage(listed, page.Continuation, page.Truncated ? true : null);
    }

    private static bool IsId(string text) => text.Length == 32 && Guid.TryParseExact(text, "N", out _);

    private static FiledContact Filed(string contactId, List<StoredEvent> events, IEnumerable<FiledAttachment> files) =>
        new(
            contactId, events.Count, [.. events.Select(e => e.Delivery).Distinct(StringComparer.Ordinal)],
            ContactFold.Fold(events.Select(e => e.Event)), [.. files]);

    private static HistoryEntry Entry(TableRow row)
    {
        using var json = JsonDocument.Parse(row.Bytes("Json") ?? default);
        return new HistoryEntry(row.Text("Type") ?? "", row.Time("At") ?? default, json.RootElement.Clone());
    }

    private static ListedCase Listed(Case head, List<StoredEvent> events) => new()
    {
        Id = head.Id,
        Number = head.Number,
        State = head.State,
        Owner = head.Owner,
        Need = head.Need,
        Owes = head.Owes,
        Urgency = head.Urgency,
        Language = head.Language,
        Networks = head.Networks,
        Channels = [.. events.Select(e => e.Event.Contact.Channel).Distinct(StringComparer.Ordinal)],
        OpenedAt = head.OpenedAt,
        DueAt = head.DueAt,
        ClosedAt = head.ClosedAt,
        Contacts = events.GroupBy(e => e.ContactId, StringComparer.Ordinal)
        .Count(contact => contact.All(e => e.Event.Contact.SupersededBy is null)),
    };
}
