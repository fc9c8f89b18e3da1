using System.Globalization;
using System.Text.Json;
using Microsoft.Azure.Functions.Worker;
using Serverless.Intake;
using Serverless.Platform.Http;
using Serverless.Platform.Messaging;

namespace Serverless.Operations.Review;

/// <summary>For operators: poison messages.</summary>
public sealed class PoisonFunctions(PoisonMessages poison, PoisonMessageReview desk, Caller caller)
{
    /// <summary>Messages of one queue that could not be worked; an empty page for a queue that is none.</summary>
    [Function("QueryOperationsPoison")]
    public Task List([HttpTrigger(AuthorizationLevel.Function, "get", Route = "operations/poison-messages")] HttpRequest request)
    {
        var (queue, continuation) = (request.Value("queue") ?? DeliveryMessage.Queue, request.Value("continuation"));
        if (TopOf(request) is not { } top)
            return ApiResponse.ProblemAsync(request, 400, $"top is a number from 1 to {QuarantineReview.LargestPage}.");
        return ApiResponse.PageAsync(request, continuation, "query", async () => JsonSerializer.SerializeToUtf8Bytes(
            await desk.ListAsync(queue, top, continuation, request.HttpContext.RequestAborted), ReviewJson.Default.PoisonPage));
    }

    /// <summary>Resubmits poison messages to their queue.</summary>
    [Function("ReviewPoisonResubmit")]
    public Task Resubmit(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "operations/poison-messages/resubmit")] HttpRequest request) =>
        StepAsync(request, resubmit: true);

    /// <summary>Discards such messages.</summary>
    [Function("ReviewPoisonDiscard")]
    public Task Discard(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "operations/poison-messages/discard")] HttpRequest request) =>
        StepAsync(request, resubmit: false);

    private async Task StepAsync(HttpRequest request, bool resubmit)
    {
        var queues = poison.Queues;
        if (await RawBody.ReadAsync(request) is not { } body || PoisonRequest.Parse(body, queues) is not { } asked)
        {
            await ApiResponse.ProblemAsync(request, 400, $"{PoisonRequest.HowTo} Queues: {string.Join(", ", queues)}.");
            return;
        }

        var step = await desk.StepAsync(asked with { By = caller.Of(request, asked.By) }, resubmit, request.HttpContext.RequestAborted);
        if (asked.Id is not null && step is { Done: 0, Cut: 0 })
            await ApiResponse.ProblemAsync(request, 404, "There is no such poison message in this queue.");
        else await ApiResponse.JsonAsync(request, step, ReviewJson.Default.PoisonStep);
    }

    private static int? TopOf(HttpRequest request) =>
        int.TryParse(request.Value("top") ?? "25", NumberStyles.None, CultureInfo.InvariantCulture, out var top)
        && top is >= 1 and <= QuarantineReview.LargestPage ? top : null;
}
