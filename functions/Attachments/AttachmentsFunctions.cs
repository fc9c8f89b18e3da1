using System.Net.Mime;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Net.Http.Headers;
using Serverless.Cases.Rules;
using Serverless.Platform.Http;
using Serverless.Platform.Messaging;

namespace Serverless.Attachments;

/// <summary>Triggers of attachments: fetched from a queue, downloaded by people.</summary>
public sealed class AttachmentsFunctions(AttachmentFetcher work, AttachmentReader shelf, PoisonMessages poison)
{
    /// <summary>Fetches the attachment of a message into storage.</summary>
    [Function("FetchAttachments")]
    public Task Fetch([QueueTrigger(AttachmentMessage.Queue)] string message, CancellationToken ct) =>
        AttachmentMessage.Parse(message) is { } pointer
            ? work.WorkAsync(pointer, ct)
            : poison.KeepAsync(AttachmentMessage.Queue, message, "not a pointer to a file", ct);

    /// <summary>
    /// Handles messages that failed too often: the attachment is marked as failed in its case; a message without an attachment is stored
    /// as poison.
    /// </summary>
    [Function("GiveUpAttachments")]
    public async Task GiveUp([QueueTrigger("attachments-poison")] string message, CancellationToken ct)
    {
        if (!await work.GiveUpAsync(message, ct)) await poison.KeepAsync("attachments-poison", message, "failed too often", ct);
    }

    /// <summary>
    /// Returns an attachment of a case as a download: never displayed by the browser, regardless of the type its sender claimed.
    /// </summary>
    [Function("DownloadAttachment")]
    public async Task Download(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "cases/{id}/attachments/{n}")] HttpRequest request)
    {
        var (id, n, ct) = (request.Route("id"), request.Route("n"), request.HttpContext.RequestAborted);
        if (await shelf.FindAsync(id, n, ct) is not { File: var file } row)
        {
            await ApiResponse.ProblemAsync(
                request, 404, "There is no such file. GET api/cases/{id} names the files of a case, in contacts[].files[].id.");
            return;
        }

        await using var bytes = file.State == AttachmentState.Stored ? await shelf.OpenAsync(row, ct) : null;
        if (bytes is null)
        {
            var reason = file.Reason is null ? "" : $" ({file.Reason})";
            await ApiResponse.ProblemAsync(request, 404,
                $"The attachment is not available: it is {file.State.ToString().ToLowerInvariant()}{reason}.");
            return;
        }

        var response = request.HttpContext.Response;
        var disposition = new ContentDispositionHeaderValue(DispositionTypeNames.Attachment);
        disposition.SetHttpFileName(file.Name is { Length: > 0 } name ? name : $"file-{n[..8]}");
        response.Headers.ContentDisposition = disposition.ToString();
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.ContentSecurityPolicy = "default-src 'none'; sandbox";
        response.Headers.CacheControl = "no-store";
        response.ContentType = file.Type;
        response.ContentLength = file.Size;
        await bytes.CopyToAsync(response.Body, ct);
    }
}
