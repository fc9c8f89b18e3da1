using System.Text.Json;
using Serverless.Hosting;
using Serverless.Operations;
using Serverless.Privacy;
using Serverless.Receipts;

namespace Serverless.QueryOperations;

/// <summary>Lists of what was given up (dead letters of subscriptions, queue messages that are kept), and how far orders about persons are.</summary>
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

    /// <summary>One order, or all that are not done.</summary>
    public static async Task PrivacyAsync(HttpContext context, string? id)
    {
        var desk = context.RequestServices.GetRequiredService<PrivacyDesk>();
        if (id is null) await HttpAnswer.JsonAsync(context, JsonSerializer.SerializeToUtf8Bytes(await desk.OpenAsync(context.RequestAborted), OrderJson.Default.IReadOnlyListOrderReport));
        else if (await desk.OrderAsync(id, context.RequestAborted) is not { } order) await HttpAnswer.ProblemAsync(context, 404, "There is no such order. What is done is forgotten after 30 days; api/operations/actions says who asked.");
        else await HttpAnswer.JsonAsync(context, JsonSerializer.SerializeToUtf8Bytes(PrivacyDesk.Report(order), OrderJson.Default.OrderReport));
    }

    /// <summary>A page of what is kept of one queue; an empty one for a queue that is none.</summary>
    public static async Task<byte[]> KeptAsync(HttpContext context, int top)
    {
        var queue = QueryOperationsFunction.Value(context, "queue") ?? Pointer.Queue;
        var page = await context.RequestServices.GetRequiredService<KeptDesk>().ListAsync(queue, top, QueryOperationsFunction.Value(context, "continuation"), context.RequestAborted);
        return JsonSerializer.SerializeToUtf8Bytes(page, ReviewJson.Default.KeptPage);
    }
}
