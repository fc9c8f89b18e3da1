using Serverless.Attachments;
using Serverless.Hosting;
using Serverless.Receipts;

namespace Serverless.GiveUpAttachments;

/// <summary>Takes what FetchAttachments failed at five times: the file is noted as failed in its case; a message that names none is kept.</summary>
public static class GiveUpAttachmentsFunction
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapTrigger("GiveUpAttachments", "pointer", async (services, message, ct) =>
    {
        if (!await services.GetRequiredService<FileWork>().GiveUpAsync(message, ct))
            await services.GetRequiredService<PoisonMessages>().KeepAsync("attachments-poison", message, "failed too often", ct);
    });
}
