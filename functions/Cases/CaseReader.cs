using System.Text.Json;
using Serverless.Channels;
using Serverless.Platform.Storage;

namespace Serverless.Cases;

/// <summary>Reads cases for people and routes: the index names them, the case itself is the truth.</summary>
public sealed class CaseReader(CaseStore cases, CaseViews views, Correlator correlator)
{
    private const int MaxReferences = 20;

    /// <summary>A case by its id or number; null when there is none.</summary>
    public async Task<CaseFile?> FindAsync(string idOrNumber, CancellationToken ct)
    {
        if (await IdOfAsync(idOrNumber, ct) is not { } id || await cases.ReadAsync(id, ct) is not { } found) return null;
        var files = found.Files.ToLookup(f => f.ContactId, f => f.File, StringComparer.Ordinal);
        var contacts = found.Events.GroupBy(e => e.ContactId, StringComparer.Ordinal).Select(e => Filed(e, files[e.Key])).OrderBy(c => c.Contact.OccurredAt).ToList();
        return new CaseFile(found.Head, contacts, [.. found.History.Select(Entry)], [.. found.Replies.OrderBy(r => r.CreatedAt)],
            await ReferencesAsync(id, contacts, ct),
            found.Promises.Count == 0 ? null : [.. found.Promises.OrderBy(p => p.MadeAt)]);
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
                if (await correlator.CaseOfAsync(filed.Contact.Channel, account, filed.Contact.ExternalId, ct) is not { } other || other == caseId) continue;
                if (await cases.HeadAsync(other, ct) is { Head: { } head }) (references ??= []).Add(new CaseReference(other, head.Number, filed.Id, "same-message"));
            }
        }

        return references;
    }

    /// <summary>The id of a case by its id or number; null for a number that no case has. There may be no case of that id.</summary>
    public async Task<string?> IdOfAsync(string idOrNumber, CancellationToken ct) =>
        IsId(idOrNumber) ? idOrNumber : CaseNumber.Parse(idOrNumber) is { } number ? await cases.FindByNumberAsync(number, ct) : null;

    /// <summary>One contact of a case; null when it is not there.</summary>
    public async Task<Contact?> ContactAsync(string caseId, string contactId, CancellationToken ct)
    {
        if (await cases.ReadAsync(caseId, ct) is not { } found) return null;
        var events = found.Events.Where(e => e.ContactId == contactId).Select(e => e.Event).ToList();
        return events.Count == 0 ? null : ContactFold.Fold(events);
    }

    /// <summary>One page of a list.</summary>
    public async Task<CasePage> ListAsync(CaseFilter filter, CancellationToken ct)
    {
        var (rows, continuation) = filter.State == CaseState.Closed
            ? await ClosedAsync(filter, ct)
            : filter.Owner is { } owner ? await OpenOfAsync(owner, filter, ct) : await OpenOfAllAsync(filter, ct);
        var read = await Task.WhenAll(rows.Select(row => cases.ReadAsync(row.Text("CaseId")!, ct)));
        var listed = new List<ListedCase>(read.Length);
        foreach (var one in read)
        {
            if (one is not { } found || found.Head.State != filter.State) continue;
            // It went to another owner, and this one's list is behind.
            if (filter is { Owner: not null, State: CaseState.Open } && (found.Head.Owner ?? CaseViews.Nobody) != filter.Owner) continue;
            if (filter.Network is { } network && !found.Head.Networks.Contains(network, StringComparer.OrdinalIgnoreCase)) continue;
            if (filter.DueBefore is { } before && !(found.Head.DueAt < before)) continue;
            listed.Add(Listed(found.Head, found.Events));
        }

        return new CasePage(listed, continuation);
    }

    private static bool IsId(string text) => text.Length == 32 && Guid.TryParseExact(text, "N", out _);

    private async Task<(IReadOnlyList<TableRow>, string?)> ClosedAsync(CaseFilter filter, CancellationToken ct)
    {
        var page = await views.ClosedAsync(filter.Month, filter.Top, filter.Continuation, ct);
        return (page.Rows, page.Continuation);
    }

    private async Task<(IReadOnlyList<TableRow>, string?)> OpenOfAsync(string owner, CaseFilter filter, CancellationToken ct)
    {
        var page = await views.OpenAsync(owner, filter.Top, filter.Continuation, ct);
        return (page.Rows, page.Continuation);
    }

    // Owner after owner: the continuation names the owner's place in the sorted list and the place within the owner's cases.
    private async Task<(IReadOnlyList<TableRow>, string?)> OpenOfAllAsync(CaseFilter filter, CancellationToken ct)
    {
        var owners = await views.OwnersAsync(ct);
        var parts = (filter.Continuation ?? "0.").Split('.', 2);
        if (!int.TryParse(parts[0], out var at) || at < 0) at = 0;
        var within = parts.Length > 1 && parts[1].Length > 0 ? parts[1] : null;
        for (; at < owners.Count; at++, within = null)
        {
            var page = await views.OpenAsync(owners[at], filter.Top, within, ct);
            var next = page.Continuation is { } more ? $"{at}.{more}" : at + 1 < owners.Count ? $"{at + 1}." : null;
            if (page.Rows.Count > 0 || next is null) return (page.Rows, next);
        }

        return ([], null);
    }

    private static FiledContact Filed(IGrouping<string, StoredEvent> events, IEnumerable<FiledAttachment> files)
    {
        var all = events.ToList();
        return new FiledContact(events.Key, all.Count, [.. all.Select(e => e.Delivery).Distinct(StringComparer.Ordinal)], ContactFold.Fold(all.Select(e => e.Event)), [.. files]);
    }

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
        Networks = head.Networks,
        Channels = [.. events.Select(e => e.Event.Contact.Channel).Distinct(StringComparer.Ordinal)],
        OpenedAt = head.OpenedAt,
        DueAt = head.DueAt,
        ClosedAt = head.ClosedAt,
        Contacts = events.GroupBy(e => e.ContactId, StringComparer.Ordinal).Count(contact => contact.All(e => e.Event.Contact.SupersededBy is null)),
    };
}
