using System.Text.Json;
using Serverless.Hosting;
using Serverless.Operations;

namespace Serverless.ResendNotices;

/// <summary>Sends notices again, one or those of some time: <c>POST api/operations/notices/resend</c>.</summary>
public static class ResendNoticesFunction
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapRaw("ResendNotices", ["POST"], "operations/notices/resend", async context =>
    {
        var ct = context.RequestAborted;
        var time = context.RequestServices.GetRequiredService<TimeProvider>();
        if (await RawBody.ReadAsync(context.Request, 16 * 1024, ct) is not { } body || ResendRequest.Parse(body, time.GetUtcNow()) is not { } request)
        {
            await HttpAnswer.ProblemAsync(context, 400, ResendRequest.HowTo);
            return;
        }

        ResendStep? step = null;
        try
        {
            step = await context.RequestServices.GetRequiredService<Resends>().StepAsync(request with { By = Caller.Of(context, request.By) }, ct);
        }
        catch (ArgumentException) when (request.Continuation is not null)
        {
            await HttpAnswer.ProblemAsync(context, 400, "The continuation is not one of this selection: leave it out to begin anew.");
            return;
        }

        if (step is null) await HttpAnswer.ProblemAsync(context, 404, "There is no such notice: look at operations/notices, and name the day of the event if it is older than a week.");
        else await HttpAnswer.JsonAsync(context, JsonSerializer.SerializeToUtf8Bytes(step, OperationsJson.Default.ResendStep));
    });
}
