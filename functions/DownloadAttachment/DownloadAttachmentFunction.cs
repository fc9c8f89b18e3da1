using System.Net.Mime;
using Microsoft.Net.Http.Headers;
using Serverless.Attachments;
using Serverless.Cases;
using Serverless.Hosting;

namespace Serverless.DownloadAttachment;

/// <summary>Gives one file of a case as a download: never shown by the browser, whatever type its sender claimed.</summary>
public static class DownloadAttachmentFunction
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapRaw("DownloadAttachment", ["GET"], "cases/{id}/attachments/{n}", async context =>
    {
        var (id, n) = ((string)context.Request.RouteValues["id"]!, (string)context.Request.RouteValues["n"]!);
        var ct = context.RequestAborted;
        var shelf = context.RequestServices.GetRequiredService<FileShelf>();
        if (await shelf.FindAsync(id, n, ct) is not { File: var file } row)
        {
            await HttpAnswer.ProblemAsync(context, 404, "There is no such file. GET api/cases/{id} names the files of a case, in contacts[].files[].id.");
            return;
        }

        await using var bytes = file.State == AttachmentState.Stored ? await shelf.OpenAsync(row, ct) : null;
        if (bytes is null)
        {
            await HttpAnswer.ProblemAsync(context, 404, $"The file is not here: it is {file.State.ToString().ToLowerInvariant()}{(file.Reason is null ? "" : $" ({file.Reason})")}.");
            return;
        }

        var headers = context.Response.Headers;
        var disposition = new ContentDispositionHeaderValue(DispositionTypeNames.Attachment);
        disposition.SetHttpFileName(file.Name is { Length: > 0 } name ? name : $"file-{n[..8]}");
        headers.ContentDisposition = disposition.ToString();
        headers.XContentTypeOptions = "nosniff";
        headers.ContentSecurityPolicy = "default-src 'none'; sandbox";
        headers.CacheControl = "no-store";
        context.Response.ContentType = file.Type;
        context.Response.ContentLength = file.Size;
        await bytes.CopyToAsync(context.Response.Body, ct);
    });
}
