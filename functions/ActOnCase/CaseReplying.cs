using System.Text.Json;
using Serverless.Cases;
using Serverless.Channels;
using Serverless.Hosting;
using Serverless.Replies;

namespace Serverless.ActOnCase;

/// <summary>Lets a person answer the customer: <c>POST api/cases/{id}/replies</c> with <c>{"text":"..."}</c>.</summary>
internal static class CaseReplying
{
    public static async Task AnswerAsync(HttpContext context)
    {
        var problem = $"A body has at most {ReplyRequest.MostBytes} bytes.";
        if (await RawBody.ReadAsync(context.Request, ReplyRequest.MostBytes, context.RequestAborted) is not { } body || ReplyRequest.Parse(body.Span, out problem) is not { } request)
        {
            await HttpAnswer.ProblemAsync(context, 400, problem);
            return;
        }

        var (asked, reply) = await context.RequestServices.GetRequiredService<ReplyDesk>().AskAsync((string)context.Request.RouteValues["id"]!, request, context.RequestAborted);
        (int Status, string Says) answer = asked switch
        {
            Asked.Taken => (202, ""),
            Asked.Known => (200, ""),
            Asked.OtherText => (409, "Another reply was asked for under this id. Choose a new id for a new reply."),
            Asked.NoSuchCase => (404, "There is no case with that id or number."),
            Asked.NoSuchContact => (404, "The case has no contact with the id in to; api/cases/{id} lists them."),
            Asked.CaseClosed => (409, "The case is closed. It opens again when the customer writes."),
            Asked.OurOwn => (422, "That contact is our own answer. Name one of the customer's in to."),
            Asked.ChannelOff => (409, "The channel of that contact is switched off."),
            Asked.WindowClosed => (422, $"{ReplyReasons.WindowClosed}: the network allows free text only for a while after the customer's last message. Send an approved template, or answer on another way."),
            _ => (422, $"{ReplyReasons.NoReplyPath}: that contact carries no way back, or its channel has none."),
        };
        if (reply is null) await HttpAnswer.ProblemAsync(context, answer.Status, answer.Says);
        else await HttpAnswer.JsonAsync(context, JsonSerializer.SerializeToUtf8Bytes(reply, CaseJson.Default.CaseReply), answer.Status);
    }
}
