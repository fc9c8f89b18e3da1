using System.Text.Json;
using Serverless.Hosting;
using Serverless.Operations;
using Serverless.Receipts;

namespace Serverless.QueryOperations;

/// <summary>Lists of what was given up: dead letters of subscriptions, and queue messages that are kept.</summary>
internal static class KeptQueries
{
    /// <summary>Dead letters of one subscription, or the first of each.</summary>
    public static async Task DeadLettersAsync(HttpContext context, int? top)
    {
        var desk = context.RequestServices.GetRequiredService<DeadLetterDesk>();
        var named = QueryOperationsFunction.Value(context, "subscription");
        if (named is not null && !desk.Subscriptions.Contains(named, StringComparer.Ordinal)) await HttpAnswer.ProblemAsync(context, 400, $"subscription is one of: {string.Join(", ", desk.Subscriptions)}.");
        else if (top is null) await HttpAnswer.ProblemAsync(context, 400, $"top is a number from 1 to {DeadLetterDesk.MostAtOnce}.");
        else
        {
            List<DeadLetterReport> found = [];
            foreach (var subscription in named is null ? desk.Subscriptions : [named]) found.AddRange(await desk.ListAsync(subscription, top.Value, context.RequestAborted));
            await HttpAnswer.JsonAsync(context, JsonSerializer.SerializeToUtf8Bytes(found, OperationsJson.Default.IReadOnlyListDeadLetterReport));
        }
    }

    /// <summary>A page of what is kept of one queue; an empty one for a queue that is none.</summary>
    public static async Task<byte[]> KeptAsync(HttpContext context, int top)
    {
        var queue = QueryOperationsFunction.Value(context, "queue") ?? Pointer.Queue;
        var page = await context.RequestServices.GetRequiredService<KeptDesk>().ListAsync(queue, top, QueryOperationsFunction.Value(context, "continuation"), context.RequestAborted);
        return JsonSerializer.SerializeToUtf8Bytes(page, ReviewJson.Default.KeptPage);
    }
}
