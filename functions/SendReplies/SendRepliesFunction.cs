using Serverless.Hosting;
using Serverless.Receipts;
using Serverless.Replies;

namespace Serverless.SendReplies;

/// <summary>Takes a pointer from queue <c>replies</c> and brings that reply to its end. A message that names none is kept.</summary>
public static class SendRepliesFunction
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapTrigger("SendReplies", "pointer", (services, message, ct) =>
        ReplyPointer.Parse(message) is { } pointer
            ? services.GetRequiredService<ReplyWork>().WorkAsync(pointer, ct)
            : services.GetRequiredService<PoisonMessages>().KeepAsync(ReplyPointer.Queue, message, "not a pointer", ct));
}
