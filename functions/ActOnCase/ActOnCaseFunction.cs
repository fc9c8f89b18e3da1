using System.Text.Json;
using Serverless.Cases;
using Serverless.Hosting;

namespace Serverless.ActOnCase;

/// <summary>Lets a person act on a case: <c>POST api/cases/{id}/accept</c>, <c>hand-over</c>, <c>close</c>.</summary>
public static class ActOnCaseFunction
{
    private const string HowToAccept = "Send {\"by\":\"...\"} with the person or team that sees to it; at most 100 characters.";
    private const string HowToHandOver = "Send {\"to\":\"...\",\"why\":\"...\"} with the owner it is offered to and the reason, and \"by\" if you like; names have at most 100 characters, the reason 500.";
    private const string HowToClose = "Send {\"cause\":\"...\"} with why it came to this case, or \"unknown\"; at most 500 characters.";

    public static void Map(IEndpointRouteBuilder routes) => routes.MapRaw("ActOnCase", ["POST"], "cases/{id}/{action}", async context =>
    {
        var actions = context.RequestServices.GetRequiredService<CaseActions>();
        var id = (string)context.Request.RouteValues["id"]!;
        var ct = context.RequestAborted;
        using var body = await BodyAsync(context);
        string? Text(string name, int longest) => body is { RootElement.ValueKind: JsonValueKind.Object } && body.RootElement.TryGetProperty(name, out var value)
            && value.ValueKind == JsonValueKind.String && value.GetString()!.Trim() is { Length: > 0 } text && text.Length <= longest && !text.Contains('\n', StringComparison.Ordinal) ? text : null;

        switch (context.Request.RouteValues["action"] as string)
        {
            case "accept" when Text("by", CaseActions.LongestName) is { } by:
                await AnswerAsync(context, await actions.AcceptAsync(id, by, ct), "accepted");
                break;
            case "hand-over" when Text("to", CaseActions.LongestName) is { } to && Text("why", CaseActions.LongestReason) is { } why:
                await AnswerAsync(context, await actions.HandOverAsync(id, to, Text("by", CaseActions.LongestName), why, ct), "offered");
                break;
            case "close" when Text("cause", CaseActions.LongestReason) is { } cause:
                await AnswerAsync(context, await actions.CloseAsync(id, cause, ct), "closed");
                break;
            case "accept": await HttpAnswer.ProblemAsync(context, 400, HowToAccept); break;
            case "hand-over": await HttpAnswer.ProblemAsync(context, 400, HowToHandOver); break;
            case "close": await HttpAnswer.ProblemAsync(context, 400, HowToClose); break;
            default: await HttpAnswer.ProblemAsync(context, 404, "The action is not known. Known: accept, hand-over, close."); break;
        }
    });

    private static Task AnswerAsync(HttpContext context, CaseActions.Result result, string state) => result switch
    {
        CaseActions.Result.Unknown => HttpAnswer.ProblemAsync(context, 404, "There is no case with that id."),
        CaseActions.Result.Closed => HttpAnswer.ProblemAsync(context, 409, "The case is closed. A new contact of its conversation opens it again."),
        CaseActions.Result.Already => HttpAnswer.JsonAsync(context, System.Text.Encoding.UTF8.GetBytes($"{{\"state\":\"{state}\",\"changed\":false}}")),
        _ => HttpAnswer.JsonAsync(context, System.Text.Encoding.UTF8.GetBytes($"{{\"state\":\"{state}\",\"changed\":true}}")),
    };

    private static async Task<JsonDocument?> BodyAsync(HttpContext context)
    {
        if (await RawBody.ReadAsync(context.Request, 16 * 1024, context.RequestAborted) is not { Length: > 0 } body) return null;
        try
        {
            return JsonDocument.Parse(body);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
