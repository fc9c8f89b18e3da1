using Azure;
using Serverless.Cases.Rules;
using Serverless.Contacts;
using Serverless.Platform.Storage;

namespace Serverless.Cases;

/// <summary>State of each attachment: rows of the case's partition, so that they are read and deleted with it.</summary>
public sealed class AttachmentRows(TableStore tables)
{
    private const int LongestName = 500;

    /// <summary>A file's row.</summary>
    /// <param name="CaseId">The partition.</param>
    /// <param name="ContactId">The contact it came with.</param>
    /// <param name="Channel">The channel that opens it.</param>
    /// <param name="WantedAt">When it was first wanted.</param>
    /// <param name="NextAt">When the next try is due; null before the first.</param>
    /// <param name="File">The attachment as returned by the API.</param>
    /// <param name="ETag">Version.</param>
    public sealed record Row(string CaseId, string ContactId, string Channel, DateTimeOffset WantedAt, DateTimeOffset? NextAt,
        FiledAttachment File, ETag ETag);

    /// <summary>
    /// Records that an attachment is to be fetched. True when it still is: new, pending, or restored after it was removed.
    /// </summary>
    public async Task<bool> WantAsync(string caseId, Contact contact, Attachment attachment, bool putBack, DateTimeOffset now,
        CancellationToken ct)
    {
        var id = CaseKeys.Attachment(contact, attachment);
        var name = attachment.Name is { Length: > LongestName } longer ? longer[..LongestName] : attachment.Name;
        var file = new FiledAttachment(id, name, attachment.Type, attachment.Size, AttachmentState.Waiting);
        var wanted = new Row(caseId, CaseKeys.Contact(contact), contact.Channel, now, null, file, default);
        if ((await tables.InsertAsync(CaseStore.Table, Write(wanted), ct)).State == WriteState.Written) return true;
        return await FindAsync(caseId, id, ct) switch
        {
            { File.State: AttachmentState.Waiting } => true,
            { File.State: AttachmentState.Removed } before when putBack => await ReplaceAsync(wanted with { ETag = before.ETag }, ct),
            _ => false,
        };
    }

    /// <summary>One file; null when there is none.</summary>
    public async Task<Row?> FindAsync(string caseId, string id, CancellationToken ct) =>
        await tables.GetAsync(CaseStore.Table, caseId, CaseKeys.AttachmentPrefix + id, ct) is { } row ? Read(row) : null;

    /// <summary>The files of one contact.</summary>
    public async Task<List<Row>> OfContactAsync(string caseId, string contactId, CancellationToken ct)
    {
        List<Row> rows = [];
        var query = TableQuery.Partition(caseId).RowPrefix(CaseKeys.AttachmentPrefix).Where($"Contact eq {TableQuery.Literal(contactId)}");
        await foreach (var row in tables.QueryAllAsync(CaseStore.Table, query, ct)) rows.Add(Read(row));
        return rows;
    }

    /// <summary>Updates the row of an attachment; false when it changed since it was read, or was deleted.</summary>
    public async Task<bool> ReplaceAsync(Row row, CancellationToken ct) =>
        (await tables.ReplaceAsync(CaseStore.Table, Write(row), row.ETag, ct)).State == WriteState.Written;

    internal static Row Read(TableRow row) => new(
        row.PartitionKey, row.Text("Contact") ?? "", row.Text("Channel") ?? "", row.Time("WantedAt") ?? default, row.Time("NextAt"),
        new FiledAttachment(
            row.RowKey[CaseKeys.AttachmentPrefix.Length..], row.Text("Name"), row.Text("Type"), row.Long("Size"),
            Enum.TryParse<AttachmentState>(row.Text("State"), out var state)
            ? state : AttachmentState.Failed, row.Text("Reason"), row.Text("Sha256"), row.Time("At")),
        row.ETag);

    private static TableRow Write(Row row) => new(row.CaseId, CaseKeys.AttachmentPrefix + row.File.Id)
    {
        ["Contact"] = row.ContactId,
        ["Channel"] = row.Channel,
        ["WantedAt"] = row.WantedAt,
        ["NextAt"] = row.NextAt,
        ["Name"] = row.File.Name,
        ["Type"] = row.File.Type is { Length: > LongestName } ? null : row.File.Type,
        ["Size"] = row.File.Size,
        ["State"] = row.File.State.ToString(),
        ["Reason"] = row.File.Reason,
        ["Sha256"] = row.File.Sha256,
        ["At"] = row.File.At,
    };
}
