using System.Text.Json;
using Serverless.Hosting;
using Serverless.Receipts;

namespace Serverless.ReviewKept;

/// <summary>Puts kept queue messages back into their queue, or discards them: <c>POST api/operations/kept/resubmit</c> and <c>.../discard</c>.</summary>
public static class ReviewKeptFunction
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapRaw("ReviewKept", ["POST"], "operations/kept/{action}", async context =>
    {
        var ct = context.RequestAborted;
        var action = (string?)context.Request.RouteValues["action"];
        if (action is not ("resubmit" or "discard")) await HttpAnswer.ProblemAsync(context, 404, "The action is not known. Known: resubmit, discard.");
        else if (await RawBody.ReadAsync(context.Request, 16 * 1024, ct) is not { } body || KeptRequest.Parse(body) is not { } request)
            await HttpAnswer.ProblemAsync(context, 400, KeptRequest.HowTo);
        else
        {
            var step = await context.RequestServices.GetRequiredService<KeptDesk>().StepAsync(request with { By = Caller.Of(context, request.By) }, action == "resubmit", ct);
            if (request.Id is not null && step is { Done: 0, Cut: 0 }) await HttpAnswer.ProblemAsync(context, 404, "No such message of this queue is kept.");
            else await HttpAnswer.JsonAsync(context, JsonSerializer.SerializeToUtf8Bytes(step, ReviewJson.Default.KeptStep));
        }
    });
}
