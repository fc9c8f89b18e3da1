using System.Text.Json;
using Serverless.Hosting;
using Serverless.Receipts;

namespace Serverless.ReviewPoison;

/// <summary>Puts queue messages that could not be worked back into their queue, or discards them: <c>POST api/operations/poison-messages/resubmit</c> and <c>.../discard</c>.</summary>
public static class ReviewPoisonFunction
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapRaw("ReviewPoison", ["POST"], "operations/poison-messages/{action}", async context =>
    {
        var ct = context.RequestAborted;
        var queues = context.RequestServices.GetRequiredService<PoisonMessages>().Queues;
        var action = (string?)context.Request.RouteValues["action"];
        if (action is not ("resubmit" or "discard")) await HttpAnswer.ProblemAsync(context, 404, "The action is not known. Known: resubmit, discard.");
        else if (await RawBody.ReadAsync(context.Request, 16 * 1024, ct) is not { } body || PoisonRequest.Parse(body, queues) is not { } request)
            await HttpAnswer.ProblemAsync(context, 400, $"{PoisonRequest.HowTo} Queues: {string.Join(", ", queues)}.");
        else
        {
            var step = await context.RequestServices.GetRequiredService<PoisonDesk>().StepAsync(request with { By = Caller.Of(context, request.By) }, action == "resubmit", ct);
            if (request.Id is not null && step is { Done: 0, Cut: 0 }) await HttpAnswer.ProblemAsync(context, 404, "No such message of this queue is kept.");
            else await HttpAnswer.JsonAsync(context, JsonSerializer.SerializeToUtf8Bytes(step, ReviewJson.Default.PoisonStep));
        }
    });
}
