using System.Text.Json;
using Serverless.Channels;
using Serverless.Hosting;
using Serverless.Receipts;

namespace Serverless.ReviewDeliveries;

/// <summary>Lets calls out of quarantine, or discards them: <c>POST api/operations/quarantine/release</c> and <c>.../discard</c>.</summary>
public static class ReviewDeliveriesFunction
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapRaw("ReviewDeliveries", ["POST"], "operations/quarantine/{action}", async context =>
    {
        var ct = context.RequestAborted;
        var quarantine = context.RequestServices.GetRequiredService<Quarantine>();
        Func<Selection, CancellationToken, Task<ReviewStep>>? act = (string?)context.Request.RouteValues["action"] switch
        {
            "release" => quarantine.ReleaseAsync,
            "discard" => quarantine.DiscardAsync,
            _ => null,
        };
        if (act is null) await HttpAnswer.ProblemAsync(context, 404, "The action is not known. Known: release, discard.");
        else if (await RawBody.ReadAsync(context.Request, 16 * 1024, ct) is not { } body || Selection.Parse(body) is not { } selection)
            await HttpAnswer.ProblemAsync(context, 400, $"{Selection.HowTo} {HourRange.HowTo}");
        else if (Shut(context, selection.Channel) is { } problem) await HttpAnswer.ProblemAsync(context, 400, problem);
        else await AnswerAsync(context, act, selection with { By = Caller.Of(context, selection.By) });
    });

    private static async Task AnswerAsync(HttpContext context, Func<Selection, CancellationToken, Task<ReviewStep>> act, Selection selection)
    {
        ReviewStep? step = null;
        try
        {
            step = await act(selection, context.RequestAborted);
        }
        catch (ArgumentException) when (selection.Continuation is not null)
        {
            await HttpAnswer.ProblemAsync(context, 400, "The continuation is not one of this selection: leave it out to begin anew.");
        }

        if (step is not null) await HttpAnswer.JsonAsync(context, JsonSerializer.SerializeToUtf8Bytes(step, ReviewJson.Default.ReviewStep));
    }

    private static string? Shut(HttpContext context, string name)
    {
        var channels = context.RequestServices.GetRequiredService<ChannelDirectory>();
        if (channels.Find(name) is not { } channel) return $"channel is one of: {string.Join(", ", channels.All.Select(c => c.Name))}.";
        if (ChannelDirectory.SettingsOf(channel, out var unreadable) is not { } settings) return unreadable;
        return settings.Enabled ? null : $"The channel {channel.Name} is switched off: nothing of it can be verified.";
    }
}
