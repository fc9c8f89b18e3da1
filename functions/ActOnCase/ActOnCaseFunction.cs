using System.Text.Json;
using Serverless.Cases;
using Serverless.Hosting;

namespace Serverless.ActOnCase;

/// <summary>Lets a person act on a case: <c>POST api/cases/{id}/close</c> with <c>{"cause":"..."}</c>.</summary>
public static class ActOnCaseFunction
{
    private const string HowTo = "Send {\"cause\":\"...\"} with why it came to this case, or \"unknown\"; at most 500 characters.";

    public static void Map(IEndpointRouteBuilder routes) => routes.MapRaw("ActOnCase", ["POST"], "cases/{id}/{action}", async context =>
    {
        if (context.Request.RouteValues["action"] is not "close")
        {
            await HttpAnswer.ProblemAsync(context, 404, "The action is not known. Known: close.");
            return;
        }

        if (await CauseAsync(context) is not { } cause)
        {
            await HttpAnswer.ProblemAsync(context, 400, HowTo);
            return;
        }

        var actions = context.RequestServices.GetRequiredService<CaseActions>();
        switch (await actions.CloseAsync((string)context.Request.RouteValues["id"]!, cause, context.RequestAborted))
        {
            case CaseActions.Result.Unknown: await HttpAnswer.ProblemAsync(context, 404, "There is no case with that id."); break;
            case CaseActions.Result.Already: await HttpAnswer.JsonAsync(context, "{\"state\":\"closed\",\"changed\":false}"u8.ToArray()); break;
            default: await HttpAnswer.JsonAsync(context, "{\"state\":\"closed\",\"changed\":true}"u8.ToArray()); break;
        }
    });

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
