using Microsoft.Azure.Functions.Worker;
using Serverless.Cases;
using Serverless.Contacts;
using Serverless.Platform.Http;
using Serverless.Platform.Messaging;

namespace Serverless.Replies;

/// <summary>Replies to customers: requested by people, sent from a queue.</summary>
public sealed class RepliesFunctions(ReplyRequests desk, ReplyProcessor work, PoisonMessages poison)
{
    /// <summary>Accepts a reply to the customer: <c>{"text":"..."}</c>.</summary>
    [Function("ActOnCaseReply")]
    public async Task Ask([HttpTrigger(AuthorizationLevel.Function, "post", Route = "cases/{id}/replies")] HttpRequest request)
    {
        var problem = $"A body has at most {ReplyRequest.MostBytes} bytes.";
        if (await RawBody.ReadAsync(request, ReplyRequest.MostBytes) is not { } body
            || ReplyRequest.Parse(body.Span, out problem) is not { } wanted)
        {
            await ApiResponse.ProblemAsync(request, 400, problem);
            return;
        }

        var (asked, reply) = await desk.AskAsync(request.Route("id"), wanted, request.HttpContext.RequestAborted);
        var (status, says) = Said(asked);
        if (reply is null) await ApiResponse.ProblemAsync(request, status, says);
        else await ApiResponse.JsonAsync(request, reply, CaseJson.Default.CaseReply, status);
    }

    /// <summary>Sends the reply of a message. A message without a reply id is stored as poison.</summary>
    [Function("SendReplies")]
    public Task Send([QueueTrigger(ReplyMessage.Queue)] string message, CancellationToken ct) =>
        ReplyMessage.Parse(message) is { } pointer
            ? work.WorkAsync(pointer, ct)
            : poison.KeepAsync(ReplyMessage.Queue, message, "not a pointer", ct);

    /// <summary>Handles messages that SendReplies failed at too often: the reply is marked as failed or uncertain.</summary>
    [Function("GiveUpReply")]
    public Task GiveUp([QueueTrigger("replies-poison")] string message, CancellationToken ct) =>
        ReplyMessage.Parse(message) is { } pointer
            ? work.GiveUpAsync(pointer, ct)
            : poison.KeepAsync("replies-poison", message, "failed too often", ct);

    private static (int Status, string Says) Said(ReplyRequestResult asked) => asked switch
    {
        ReplyRequestResult.Taken => (202, ""),
        ReplyRequestResult.Known => (200, ""),
        ReplyRequestResult.OtherText => (409, "This id was used for another reply. Choose a new id for a new reply."),
        ReplyRequestResult.NoSuchCase => (404, "There is no case with that id or number."),
        ReplyRequestResult.NoSuchContact => (404, "The case has no contact with the id in to; api/cases/{id} lists them."),
        ReplyRequestResult.CaseClosed => (409, "The case is closed. It reopens when the customer contacts us again."),
        ReplyRequestResult.OurOwn => (422, "That contact is a reply of ours. Set to to a contact of the customer."),
        ReplyRequestResult.ChannelOff => (409, "The channel of that contact is switched off."),
        ReplyRequestResult.WindowClosed =>
            (422, $"{ReplyReasons.WindowClosed}: the network allows free text only for a while after the customer's "
            + "last message. Send an approved template, or use another channel."),
        _ => (422, $"{ReplyReasons.NoReplyPath}: this contact or its channel cannot receive replies."),
    };
}
