using Serverless.Cases;
using Serverless.Platform.Storage;

namespace Serverless.Attachments;

/// <summary>Reads attachments of a case for download.</summary>
public sealed class AttachmentReader(AttachmentRows rows, CaseReader cases, BlobStore blobs)
{
    /// <summary>A file by its case's id or number and its own id; null when there is none.</summary>
    public async Task<AttachmentRows.Row?> FindAsync(string idOrNumber, string file, CancellationToken ct) =>
        IsFile(file) && await cases.IdOfAsync(idOrNumber, ct) is { } id ? await rows.FindAsync(id, file, ct) : null;

    /// <summary>Its bytes, to be disposed; null when they are not here.</summary>
    public Task<Stream?> OpenAsync(AttachmentRows.Row row, CancellationToken ct) =>
        blobs.OpenAsync(AttachmentRequests.Container, AttachmentRequests.BlobOf(row.CaseId, row.File.Id), ct);

    private static bool IsFile(string file) =>
        file.Length is >= 8 and < 100 && file.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
}
