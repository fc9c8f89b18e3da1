using System.Text.Json;
using Serverless.Hosting;
using Serverless.Privacy;
using Serverless.Receipts;

namespace Serverless.QueryOperations;

/// <summary>Lists of queue messages that could not be worked, and how far orders about persons are.</summary>
internal static class PoisonQueries
{
    /// <summary>One order, or all that are not done.</summary>
    public static async Task PrivacyAsync(HttpContext context, string? id)
    {
        var desk = context.RequestServices.GetRequiredService<PrivacyDesk>();
        if (id is null) await HttpAnswer.JsonAsync(context, JsonSerializer.SerializeToUtf8Bytes(await desk.OpenAsync(context.RequestAborted), OrderJson.Default.IReadOnlyListOrderReport));
        else if (await desk.OrderAsync(id, context.RequestAborted) is not { } order) await HttpAnswer.ProblemAsync(context, 404, "There is no such order. What is done is forgotten after 30 days; api/operations/actions says who asked.");
        else await HttpAnswer.JsonAsync(context, JsonSerializer.SerializeToUtf8Bytes(PrivacyDesk.Report(order), OrderJson.Default.OrderReport));
    }

    /// <summary>A page of the messages of one queue; an empty one for a queue that is none.</summary>
    public static async Task<byte[]> PageAsync(HttpContext context, int top)
    {
        var queue = QueryOperationsFunction.Value(context, "queue") ?? Pointer.Queue;
        var page = await context.RequestServices.GetRequiredService<PoisonDesk>().ListAsync(queue, top, QueryOperationsFunction.Value(context, "continuation"), context.RequestAborted);
        return JsonSerializer.SerializeToUtf8Bytes(page, ReviewJson.Default.PoisonPage);
    }
}
