using Serverless.Attachments;
using Serverless.Hosting;
using Serverless.Receipts;

namespace Serverless.FetchAttachments;

/// <summary>Takes a pointer from queue <c>attachments</c> and brings one file into storage.</summary>
public static class FetchAttachmentsFunction
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapTrigger("FetchAttachments", "pointer", (services, message, ct) =>
        FilePointer.Parse(message) is { } pointer
            ? services.GetRequiredService<FileWork>().WorkAsync(pointer, ct)
            : services.GetRequiredService<PoisonMessages>().KeepAsync(FilePointer.Queue, message, "not a pointer to a file", ct));
}
