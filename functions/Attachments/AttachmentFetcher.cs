using System.Net.Http.Headers;
using Microsoft.Extensions.Options;
using Serverless.Cases;
using Serverless.Cases.Rules;
using Serverless.Channels;
using Serverless.Contacts;
using Serverless.Platform.Storage;

namespace Serverless.Attachments;

/// <summary>
/// Fetches one attachment: opens it at its provider, streams it into storage and records the outcome in its case. Every step may be
/// repeated.
/// </summary>
public sealed partial class AttachmentFetcher(
    AttachmentRows rows, CaseStore cases, ChannelDirectory channels, BlobStore blobs, QueueStore queues,
    IOptionsMonitor<AttachmentsOptions> options, TimeProvider time, ILogger<AttachmentFetcher> log)
{
    private const string PlainBytes = "application/octet-stream";

    /// <summary>For how long a file is tried; then it has failed, visibly.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(3);

    // The host ends an invocation after five minutes.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);
    private static readonly TimeSpan Early = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestAsked = TimeSpan.FromDays(1);

    /// <summary>Works one pointer. Storage that is slow or down puts it back for later; only bugs reach the host.</summary>
    public async Task WorkAsync(AttachmentMessage pointer, CancellationToken ct)
    {
        try
        {
            if (await rows.FindAsync(pointer.CaseId, pointer.File, ct) is not { File.State: not AttachmentState.Removed } row)
            {
                // A run that crashed while the contact was removed may have left its bytes behind.
                await blobs.DeleteAsync(AttachmentRequests.Container, AttachmentRequests.BlobOf(pointer.CaseId, pointer.File), ct);
                return;
            }

            if (row.File.State != AttachmentState.Waiting) return;
            // Another message lies in the queue for the time of its next try.
            if (row.NextAt > time.GetUtcNow() + Early) return;
            await FetchAsync(pointer, row, ct);
        }
        catch (StorageUnavailableException)
        {
            await queues.SendAsync(AttachmentMessage.Queue, (pointer with { Attempt = pointer.Attempt + 1 }).ToJson(),
                BackOff.After(pointer.Attempt), ct);
        }
    }

    /// <summary>Marks an attachment as failed. False when the message names none.</summary>
    public async Task<bool> GiveUpAsync(string message, CancellationToken ct)
    {
        if (AttachmentMessage.Parse(message) is not { } pointer) return false;
        if (await rows.FindAsync(pointer.CaseId, pointer.File, ct) is { File.State: AttachmentState.Waiting } row)
            await EndAsync(row, AttachmentState.Failed, "failed-too-often", ct);
        return true;
    }

    private async Task FetchAsync(AttachmentMessage pointer, AttachmentRows.Row row, CancellationToken ct)
    {
        var events = await cases.EventsOfAsync(row.CaseId, row.ContactId, ct);
        var limit = options.CurrentValue.MaxBytes;
        var attachment = events.SelectMany(e => e.Contact.Attachments.Select(a => (e.Contact, Attachment: a)))
            .FirstOrDefault(a => CaseKeys.Attachment(a.Contact, a.Attachment) == row.File.Id).Attachment;
        if (ContactFold.IsRemoved(events)) await EndAsync(row, AttachmentState.Removed, null, ct);
        else if (attachment is null) await EndAsync(row, AttachmentState.Gone, "no-longer-named", ct);
        else if (attachment.Size > limit) await EndAsync(row, AttachmentState.Failed, "too-large", ct);
        else if (channels.Find(row.Channel) is not IReadsAttachments opens)
            await EndAsync(row, AttachmentState.Failed, "cannot-be-opened", ct);
        else if (ChannelDirectory.SettingsOf((IChannel)opens, out _) is not { Enabled: true, Paused: false })
            await LaterAsync(pointer, row, "channel-is-off", null, ct);
        else await StoreAsync(pointer, row, opens, ContactFold.Fold(events), attachment, limit, ct);
    }

    private async Task StoreAsync(AttachmentMessage pointer, AttachmentRows.Row row, IReadsAttachments channel, Contact contact,
        Attachment attachment, long limit, CancellationToken ct)
    {
        using var clock = new CancellationTokenSource(Patience, time);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct, clock.Token);
        try
        {
            switch (await channel.OpenAsync(contact, attachment, patience.Token))
            {
                case OpenedAttachment.Gone gone:
                    await EndAsync(row, AttachmentState.Gone, gone.Reason, ct);
                    break;
                case OpenedAttachment.Later later:
                    await LaterAsync(pointer, row, later.Reason, later.After, ct);
                    break;
                case OpenedAttachment.Content content:
                    await using (content.Bytes)
                    {
                        var type = TypeOf(content.Type) ?? TypeOf(attachment.Type) ?? PlainBytes;
                        var facts = await blobs.PutStreamAsync(AttachmentRequests.Container,
                            AttachmentRequests.BlobOf(row.CaseId, row.File.Id), content.Bytes, type, limit, patience.Token);
                        if (facts is null) await EndAsync(row, AttachmentState.Failed, "too-large", ct);
                        else await EndAsync(row with { File = row.File with { Type = type, Size = facts.Size, Sha256 = facts.Sha256 } },
                            AttachmentState.Stored, null, ct);
                    }

                    break;
            }
        }
        catch (Exception error) when (error is IOException or HttpRequestException
            || (error is OperationCanceledException && !ct.IsCancellationRequested))
        {
            await LaterAsync(pointer, row, error is OperationCanceledException ? "too-slow" : "interrupted", null, ct);
        }
    }

    private async Task EndAsync(AttachmentRows.Row row, AttachmentState state, string? reason, CancellationToken ct)
    {
        if (await rows.ReplaceAsync(row
            with { NextAt = null, File = row.File with { State = state, Reason = reason, At = time.GetUtcNow() } }, ct))
        {
            LogEnded(row.CaseId, row.File.Id, state, reason);
            return;
        }

        // Another run was faster: a second message for the same file, or its contact was removed, and then its bytes are deleted, too.
        if (await rows.FindAsync(row.CaseId, row.File.Id, ct) is null or { File.State: AttachmentState.Removed })
            await blobs.DeleteAsync(AttachmentRequests.Container, AttachmentRequests.BlobOf(row.CaseId, row.File.Id), ct);
    }

    private async Task LaterAsync(AttachmentMessage pointer, AttachmentRows.Row row, string reason, TimeSpan? asked, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var left = row.WantedAt + Longest - now;
        if (left <= TimeSpan.Zero)
        {
            await EndAsync(row, AttachmentState.Failed, reason, ct);
            return;
        }

        var pause = asked is { } wanted
            ? TimeSpan.FromTicks(Math.Clamp(wanted.Ticks, TimeSpan.TicksPerSecond, LongestAsked.Ticks)) : BackOff.After(pointer.Attempt);
        if (pause > left) pause = left;
        LogLater(row.CaseId, row.File.Id, pointer.Attempt + 1, (int)pause.TotalSeconds, reason);
        // The message first: dying in between leaves one message too many, which finds itself early, and never none.
        await queues.SendAsync(AttachmentMessage.Queue, (pointer with { Attempt = pointer.Attempt + 1 }).ToJson(), pause, ct);
        await rows.ReplaceAsync(row with { NextAt = now + pause, File = row.File with { Reason = reason } }, ct);
    }

    // It becomes a header of our own response later: only MIME types are accepted.
    private static string? TypeOf(string? type) =>
        type is { Length: < 200 } && MediaTypeHeaderValue.TryParse(type, out var parsed) && parsed.MediaType is { } media
        && media.All(char.IsAscii) ? media : null;

    [LoggerMessage(140, LogLevel.Information, "file {CaseId}/{File} {State} {Reason}")]
    private partial void LogEnded(string caseId, string file, AttachmentState state, string? reason);

    [LoggerMessage(141, LogLevel.Warning, "file later {CaseId}/{File} attempt={Attempt} seconds={Seconds} for={Reason}")]
    private partial void LogLater(string caseId, string file, int attempt, int seconds, string reason);
}
