using System.Text.Json;
using Serverless.Cases;
using Serverless.Hosting;
using Serverless.Replies;

namespace Serverless.ActOnCase;

/// <summary>Lets a person act on a case: <c>POST api/cases/{id}/close</c> with <c>{"cause":"..."}</c>, <c>POST api/cases/{id}/replies</c> with <c>{"text":"..."}</c>.</summary>
public static class ActOnCaseFunction
{
    private const string HowToClose = "Send {\"cause\":\"...\"} with why it came to this case, or \"unknown\"; at most 500 characters.";

    public static void Map(IEndpointRouteBuilder routes) => routes.MapRaw("ActOnCase", ["POST"], "cases/{id}/{action}", context => context.Request.RouteValues["action"] switch
    {
        "close" => CloseAsync(context),
        "replies" => ReplyAsync(context),
        _ => HttpAnswer.ProblemAsync(context, 404, "The action is not known. Known: close, replies."),
    });

    private static async Task CloseAsync(HttpContext context)
    {
        if (await CauseAsync(context) is not { } cause)
        {
            await HttpAnswer.ProblemAsync(context, 400, HowToClose);
            return;
        }

        var actions = context.RequestServices.GetRequiredService<CaseActions>();
        switch (await actions.CloseAsync((string)context.Request.RouteValues["id"]!, cause, context.RequestAborted))
        {
            case CaseActions.Result.Unknown: await HttpAnswer.ProblemAsync(context, 404, "There is no case with that id."); break;
            case CaseActions.Result.Already: await HttpAnswer.JsonAsync(context, "{\"state\":\"closed\",\"changed\":false}"u8.ToArray()); break;
            default: await HttpAnswer.JsonAsync(context, "{\"state\":\"closed\",\"changed\":true}"u8.ToArray()); break;
        }
    }

    private static async Task ReplyAsync(HttpContext context)
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
            Asked.WindowClosed => (422, $"{Channels.ReplyReasons.WindowClosed}: the network allows free text only for a while after the customer's last message. Send an approved template, or answer on another way."),
            _ => (422, $"{Channels.ReplyReasons.NoReplyPath}: that contact carries no way back, or its channel has none."),
        };
        if (reply is null) await HttpAnswer.ProblemAsync(context, answer.Status, answer.Says);
        else await HttpAnswer.JsonAsync(context, JsonSerializer.SerializeToUtf8Bytes(reply, CaseJson.Default.CaseReply), answer.Status);
    }

    private static async Task<string?> CauseAsync(HttpContext context)
    {
        if (await RawBody.ReadAsync(context.Request, 16 * 1024, context.RequestAborted) is not { Length: > 0 } body) return null;
        try
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement.TryGetProperty("cause", out var cause) && cause.ValueKind == JsonValueKind.String
                && cause.GetString()!.Trim() is { Length: > 0 and <= CaseActions.LongestCause } text ? text : null;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
