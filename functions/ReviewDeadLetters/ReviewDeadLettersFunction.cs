using System.Text.Json;
using Serverless.Hosting;
using Serverless.Operations;

namespace Serverless.ReviewDeadLetters;

/// <summary>Sends what a subscription gave up to its route again, or discards it: <c>POST api/operations/dead-letters/resubmit</c> and <c>.../discard</c>.</summary>
public static class ReviewDeadLettersFunction
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapRaw("ReviewDeadLetters", ["POST"], "operations/dead-letters/{action}", async context =>
    {
        var ct = context.RequestAborted;
        var desk = context.RequestServices.GetRequiredService<DeadLetterDesk>();
        var action = (string?)context.Request.RouteValues["action"];
        if (action is not ("resubmit" or "discard")) await HttpAnswer.ProblemAsync(context, 404, "The action is not known. Known: resubmit, discard.");
        else if (await RawBody.ReadAsync(context.Request, 16 * 1024, ct) is not { } body || DeadLetterRequest.Parse(body) is not { } request)
            await HttpAnswer.ProblemAsync(context, 400, DeadLetterRequest.HowTo);
        else if (!desk.Subscriptions.Contains(request.Subscription, StringComparer.Ordinal)) await HttpAnswer.ProblemAsync(context, 400, $"subscription is one of: {string.Join(", ", desk.Subscriptions)}.");
        else
        {
            var step = await desk.StepAsync(request with { By = Caller.Of(context, request.By) }, action == "resubmit", ct);
            if (request.Id is not null && step.Done == 0) await HttpAnswer.ProblemAsync(context, 404, "There is no such dead letter among the first 500 of this subscription that nobody else looks at just now.");
            else await HttpAnswer.JsonAsync(context, JsonSerializer.SerializeToUtf8Bytes(step, OperationsJson.Default.DeadLetterStep));
        }
    });
}
