using Serverless.Hosting;
using Serverless.Replies;

namespace Serverless.SendReplies;

/// <summary>Takes a pointer from queue <c>replies</c> and brings that reply to its end. A message that names none is dropped: the reply's row is found by Tick.</summary>
public static class SendRepliesFunction
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapTrigger("SendReplies", "pointer", (services, message, ct) =>
        ReplyPointer.Parse(message) is { } pointer ? services.GetRequiredService<ReplyWork>().WorkAsync(pointer, ct) : Task.CompletedTask);
}
