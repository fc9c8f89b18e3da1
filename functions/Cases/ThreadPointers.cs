using Serverless.Cases.Rules;
using Serverless.Contacts;
using Serverless.Platform.Storage;

namespace Serverless.Cases;

/// <summary>
/// Maps each conversation to its case: table <c>threads</c>. A conversation with two names at its provider has one row that leads to a
/// case and one that leads to that row, so that both always give the same case. A renamed place is found under its former name.
/// </summary>
internal sealed class ThreadPointers(TableStore tables)
{
    private const string Table = "threads";
    private const string Row = "thread";
    private const string Moved = "moved";

    /// <summary>The row that leads to the case.</summary>
    /// <param name="Row">As it is stored.</param>
    /// <param name="IsNew">True: this call reserved it, so its case has nothing yet.</param>
    public sealed record Pointer(TableRow Row, bool IsNew)
    {
        public string CaseId => Row.Text("CaseId")!;
    }

    /// <summary>Finds the pointer of a contact's conversation, or reserves one. Null: it changed in between; read again.</summary>
    /// <param name="contact">A contact with a thread.</param>
    /// <param name="threadKey">Its key.</param>
    /// <param name="otherCaseId">A case that is there already and that a conversation without a name of its own goes to; null for
    /// none.</param>
    /// <param name="newCaseId">Case of a conversation that is not known by any name.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<Pointer?> FindAsync(Contact contact, string threadKey, Func<Task<string?>> otherCaseId, Func<string> newCaseId,
        CancellationToken ct)
    {
        var alias = CaseKeys.Alias(contact);
        var named = await tables.GetAsync(Table, threadKey, Row, ct);
        // It came by its second name alone.
        var row = named?.Text("Of") is { } other ? await tables.GetAsync(Table, other, Row, ct) : named;
        if (row is not null)
            return alias is null || row.Text("Alias") == alias || await NameAsync(row, alias, ct) ? new Pointer(row, IsNew: false) : null;

        // A second thread key without a case belongs to another conversation by now: a number with a new owner.
        var known = alias is null ? null : (await tables.GetAsync(Table, alias, Row, ct))?.Text("CaseId");
        var caseId = known ?? await FormerAsync(contact, ct) ?? await otherCaseId();
        row = new TableRow(threadKey, Row) { ["CaseId"] = caseId ?? newCaseId(), ["Alias"] = known is null ? alias : null };
        // The second name goes first, so that a crash leaves nothing that is not repaired: a name that leads nowhere is taken over below, a
        // conversation that lacks its name gets it with the next contact.
        if (alias is not null && known is null) await LeadAsync(alias, threadKey, ct);
        var written = named is null ? await tables.InsertAsync(Table, row, ct) : await tables.ReplaceAsync(Table, row, named.ETag, ct);
        if (written.State != WriteState.Written) return null;
        row.ETag = written.ETag;
        if (known is not null) await LeadAsync(alias!, threadKey, ct);
        return new Pointer(row, IsNew: caseId is null);
    }

    /// <summary>Moves a conversation to another case. False: it changed in between.</summary>
    public async Task<bool> RepointAsync(Pointer pointer, string caseId, CancellationToken ct)
    {
        var next = new TableRow(pointer.Row.PartitionKey, Row) { ["CaseId"] = caseId, ["Alias"] = pointer.Row.Text("Alias") };
        return (await tables.ReplaceAsync(Table, next, pointer.Row.ETag, ct)).State == WriteState.Written;
    }

    /// <summary>Deletes the pointer of a conversation, if it leads to a case, and its second name with it.</summary>
    public async Task LetGoAsync(string threadKey, string caseId, CancellationToken ct)
    {
        var row = await tables.GetAsync(Table, threadKey, Row, ct);
        if (row?.Text("Of") is { } other) row = await tables.GetAsync(Table, other, Row, ct);
        if (row is null || row.Text("CaseId") != caseId) return;
        if (row.Text("Alias") is { } alias && await tables.GetAsync(Table, alias, Row, ct) is { } second
            && second.Text("Of") == row.PartitionKey)
            await tables.DeleteAsync(Table, alias, Row, second.ETag, ct);
        await tables.DeleteAsync(Table, row.PartitionKey, Row, row.ETag, ct);
    }

    /// <summary>Remembers that a place has another name now.</summary>
    public Task MoveAsync(string channel, string account, string from, string to, CancellationToken ct) =>
        tables.UpsertAsync(Table, new TableRow(CaseKeys.Place(channel, account, to), Moved) { ["From"] = from }, ct);

    private async Task LeadAsync(string alias, string threadKey, CancellationToken ct) =>
        await tables.UpsertAsync(Table, new TableRow(alias, Row) { ["Of"] = threadKey }, ct);

    private async Task<bool> NameAsync(TableRow row, string alias, CancellationToken ct)
    {
        await LeadAsync(alias, row.PartitionKey, ct);
        var next = new TableRow(row.PartitionKey, Row) { ["CaseId"] = row.Text("CaseId"), ["Alias"] = alias };
        var written = await tables.ReplaceAsync(Table, next, row.ETag, ct);
        row.ETag = written.ETag;
        row["Alias"] = alias;
        return written.State == WriteState.Written;
    }

    private async Task<string?> FormerAsync(Contact contact, CancellationToken ct)
    {
        if (contact is not { ThreadPlace: { } place, ThreadKey: { } thread }) return null;
        if ((await tables.GetAsync(Table, CaseKeys.Place(contact.Channel, contact.Account, place), Moved, ct))?.Text("From")
            is not { } from) return null;
        var former = CaseKeys.Thread(contact with { ThreadKey = thread.Replace(place, from, StringComparison.Ordinal) })!;
        return (await tables.GetAsync(Table, former, Row, ct))?.Text("CaseId");
    }
}
