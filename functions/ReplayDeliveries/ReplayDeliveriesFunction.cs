using System.Text.Json;
using Serverless.Channels;
using Serverless.Hosting;
using Serverless.Receipts;

namespace Serverless.ReplayDeliveries;

/// <summary>The time machine: <c>POST api/operations/replay</c> shows what today's code makes of stored deliveries, or works them again with <c>"dryRun":false</c>.</summary>
public static class ReplayDeliveriesFunction
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapRaw("ReplayDeliveries", ["POST"], "operations/replay", async context =>
    {
        var channels = context.RequestServices.GetRequiredService<ChannelDirectory>();
        if (await RawBody.ReadAsync(context.Request, 16 * 1024, context.RequestAborted) is not { } body || Selection.Parse(body) is not { } selection)
            await HttpAnswer.ProblemAsync(context, 400, $"{Selection.HowTo} {HourRange.HowTo} It is a dry run unless you add \"dryRun\":false.");
        else if (channels.Find(selection.Channel) is null)
            await HttpAnswer.ProblemAsync(context, 400, $"channel is one of: {string.Join(", ", channels.All.Select(c => c.Name))}.");
        else await AnswerAsync(context, selection with { By = Caller.Of(context, selection.By) });
    });

    private static async Task AnswerAsync(HttpContext context, Selection selection)
    {
        ReplayStep? step = null;
        try
        {
            step = await context.RequestServices.GetRequiredService<Replay>().StepAsync(selection, context.RequestAborted);
        }
        catch (ArgumentException) when (selection.Continuation is not null)
        {
            await HttpAnswer.ProblemAsync(context, 400, "The continuation is not one of this selection: leave it out to begin anew.");
        }

        if (step is not null) await HttpAnswer.JsonAsync(context, JsonSerializer.SerializeToUtf8Bytes(step, ReviewJson.Default.ReplayStep));
    }
}
