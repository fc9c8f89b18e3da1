using System.Globalization;
using System.Text.Json;
using Microsoft.Azure.Functions.Worker;
using Serverless.Channels;
using Serverless.Platform.Http;

namespace Serverless.Operations.Review;

/// <summary>For operators: stored deliveries with items that have neither a case nor a placeholder.</summary>
public sealed class KeptDeliveryFunctions(ChannelDirectory channels, KeptDeliveryReview desk, Caller caller)
{
    private const string NoSuchDelivery = "There is no such delivery that was kept without a case; "
        + "operations/deliveries/{channel}/{id} says what became of it.";

    /// <summary>Those of one channel, or of all.</summary>
    [Function("QueryOperationsKept")]
    public Task List([HttpTrigger(AuthorizationLevel.Function, "get", Route = "operations/kept-deliveries")] HttpRequest request)
    {
        var (name, continuation) = (request.Value("channel"), request.Value("continuation"));
        if (name is not null && channels.Find(name) is null) return ApiResponse.ProblemAsync(request, 400, OneOf());
        if (!int.TryParse(request.Value("top") ?? "25", NumberStyles.None, CultureInfo.InvariantCulture, out var top)
            || top is < 1 or > QuarantineReview.LargestPage)
            return ApiResponse.ProblemAsync(request, 400, $"top is a number from 1 to {QuarantineReview.LargestPage}.");
        return ApiResponse.PageAsync(request, continuation, "query", async () => JsonSerializer.SerializeToUtf8Bytes(
            await desk.ListAsync(name, top, continuation, request.HttpContext.RequestAborted), ReviewJson.Default.KeptPage));
    }

    /// <summary>Has such deliveries worked again by today's code and settings.</summary>
    [Function("ReviewKeptResubmit")]
    public Task Resubmit(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "operations/kept-deliveries/resubmit")] HttpRequest request) =>
        StepAsync(request, resubmit: true);

    /// <summary>Removes such deliveries from the list; they remain stored and can be replayed.</summary>
    [Function("ReviewKeptDismiss")]
    public Task Dismiss(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "operations/kept-deliveries/dismiss")] HttpRequest request) =>
        StepAsync(request, resubmit: false);

    private async Task StepAsync(HttpRequest request, bool resubmit)
    {
        if (await RawBody.ReadAsync(request) is not { } body || KeptRequest.Parse(body, channels) is not { } asked)
        {
            await ApiResponse.ProblemAsync(request, 400, $"{KeptRequest.HowTo} {OneOf()}");
            return;
        }

        await ApiResponse.PageAsync(request, asked.Continuation, "selection", async () =>
        {
            var wanted = asked with { By = caller.Of(request, asked.By) };
            var step = await desk.StepAsync(wanted, resubmit, request.HttpContext.RequestAborted);
            if (asked.Delivery is null || step is not { Done: 0, Already: 0 })
                return JsonSerializer.SerializeToUtf8Bytes(step, ReviewJson.Default.KeptStep);
            await ApiResponse.ProblemAsync(request, 404, NoSuchDelivery);
            return null;
        });
    }

    private string OneOf() => $"channel is one of: {string.Join(", ", channels.All.Select(c => c.Name))}.";
}
