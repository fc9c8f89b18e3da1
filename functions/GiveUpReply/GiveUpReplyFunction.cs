using Serverless.Hosting;
using Serverless.Receipts;
using Serverless.Replies;

namespace Serverless.GiveUpReply;

/// <summary>Takes what SendReplies failed at five times: the reply ends as failed or uncertain, for a person to see.</summary>
public static class GiveUpReplyFunction
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapTrigger("GiveUpReply", "pointer", (services, message, ct) =>
        ReplyPointer.Parse(message) is { } pointer
            ? services.GetRequiredService<ReplyWork>().GiveUpAsync(pointer, ct)
            : services.GetRequiredService<PoisonMessages>().KeepAsync("replies-poison", message, "failed too often", ct));
}
