using Serverless.Cases;
using Serverless.Cases.Rules;
using Serverless.Channels;
using Serverless.Contacts;
using Serverless.Platform.Storage;

namespace Serverless.Attachments;

/// <summary>Queues the attachments of a stored contact, or deletes them with their contact. Safe to repeat.</summary>
public sealed class AttachmentRequests(AttachmentRows rows, BlobStore blobs, QueueStore queues, TimeProvider time)
{
    public const string Container = "attachments";

    /// <summary>Costs nothing for a contact without files, or of a channel whose files cannot be opened.</summary>
    /// <param name="channel">The channel it came by.</param>
    /// <param name="caseId">Its case.</param>
    /// <param name="e">The event.</param>
    /// <param name="ct">Cancels.</param>
    public async Task SeeToAsync(IChannel channel, string caseId, ContactEvent e, CancellationToken ct)
    {
        if (channel is not IReadsAttachments) return;
        if (e.Change == ContactChange.Removed) await RemoveAsync(caseId, CaseKeys.Contact(e.Contact), ct);
        else foreach (var attachment in e.Contact.Attachments.Where(a => !AttachmentText.IsText(a)))
            await AskAsync(caseId, e, attachment, ct);
    }

    /// <summary>Name of a file's blob.</summary>
    public static string BlobOf(string caseId, string file) => $"{caseId}/{file}";

    // The row first: the next run that finds it waiting queues it again, so a crash in between costs only a second message.
    private async Task AskAsync(string caseId, ContactEvent e, Attachment attachment, CancellationToken ct)
    {
        if (await rows.WantAsync(caseId, e.Contact, attachment, e.Change == ContactChange.Restored, time.GetUtcNow(), ct))
            await queues.SendAsync(AttachmentMessage.Queue,
                new AttachmentMessage(caseId, CaseKeys.Attachment(e.Contact, attachment), 0).ToJson(), TimeSpan.Zero, ct);
    }

    // The row first: who is storing the file at this instant finds it changed, and takes the blob away again.
    private async Task RemoveAsync(string caseId, string contactId, CancellationToken ct)
    {
        foreach (var row in await rows.OfContactAsync(caseId, contactId, ct))
        {
            var removed = row
                with { NextAt = null,
                    File = new FiledAttachment(row.File.Id, null, null, null, AttachmentState.Removed, At: time.GetUtcNow()),
                    ETag = Azure.ETag.All };
            await rows.ReplaceAsync(removed, ct);
            await blobs.DeleteAsync(Container, BlobOf(caseId, row.File.Id), ct);
        }
    }
}
