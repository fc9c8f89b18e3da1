using System.Globalization;
using System.Text.Json;
using Microsoft.Azure.Functions.Worker;
using Serverless.Channels;
using Serverless.Intake;
using Serverless.Platform.Audit;
using Serverless.Platform.Http;

namespace Serverless.Operations.Review;

/// <summary>For operators: quarantine, replay, and audit log.</summary>
public sealed class ReviewFunctions(
    ChannelDirectory channels, QuarantineReview quarantine, Replay replay, AuditLog actions, Caller caller, TimeProvider time)
{
    private static readonly string TopProblem = $"top is a number from 1 to {QuarantineReview.LargestPage}.";

    /// <summary>Calls of a channel in quarantine, within hours.</summary>
    [Function("QueryOperationsQuarantine")]
    public Task ListQuarantine([HttpTrigger(AuthorizationLevel.Function, "get", Route = "operations/quarantine")] HttpRequest request)
    {
        var (hour, day, from, to) = (request.Value("hour"), request.Value("day"), request.Value("from"), request.Value("to"));
        var hours = (hour ?? day ?? from ?? to) is null ? HourRange.Last(24, time.GetUtcNow()) : HourRange.Parse(hour, day, from, to);
        var continuation = request.Value("continuation");
        if (request.Value("channel") is not { } name || channels.Find(name) is not { } channel) return ProblemAsync(request, OneOf());
        if (hours is null) return ProblemAsync(request, HourRange.HowTo);
        if (TopOf(request) is not { } top) return ProblemAsync(request, TopProblem);
        return ApiResponse.PageAsync(request, continuation, "query", async () => JsonSerializer.SerializeToUtf8Bytes(
            await quarantine.ListAsync(channel.Name, hours.Value, top, continuation, request.HttpContext.RequestAborted),
            ReviewJson.Default.QuarantinePage));
    }

    /// <summary>One call in quarantine, with its body.</summary>
    [Function("QueryOperationsQuarantined")]
    public async Task ShowQuarantined(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "operations/quarantine/{channel}/{id}")] HttpRequest request)
    {
        var (channel, id) = (request.Route("channel"), request.Route("id"));
        if (DeliveryKey.IsId(id)
            && await quarantine.FindAsync(new DeliveryKey(channel, id), request.HttpContext.RequestAborted) is { } file)
            await ApiResponse.JsonAsync(request, file, ReviewJson.Default.QuarantinedFile);
        else
        {
            await ApiResponse.ProblemAsync(
                request, 404, "There is no such delivery in quarantine; operations/deliveries/{channel}/{id} says what became of it.");
        }
    }

    /// <summary>Releases quarantined calls that pass verification with the current settings.</summary>
    [Function("ReviewDeliveriesRelease")]
    public Task Release([HttpTrigger(AuthorizationLevel.Function, "post", Route = "operations/quarantine/release")] HttpRequest request) =>
        ReviewAsync(request, quarantine.ReleaseAsync);

    /// <summary>Discards calls in quarantine.</summary>
    [Function("ReviewDeliveriesDiscard")]
    public Task Discard([HttpTrigger(AuthorizationLevel.Function, "post", Route = "operations/quarantine/discard")] HttpRequest request) =>
        ReviewAsync(request, quarantine.DiscardAsync);

    /// <summary>Shows what today's code makes of stored deliveries, or works them again with <c>"dryRun":false</c>.</summary>
    [Function("ReplayDeliveries")]
    public async Task ReplayDeliveries([HttpTrigger(AuthorizationLevel.Function, "post", Route = "operations/replay")] HttpRequest request)
    {
        if (await SelectionAsync(request) is not { } selection)
        {
            await ProblemAsync(request, $"{ReviewSelection.HowTo} {HourRange.HowTo} It is a dry run unless dryRun is false.");
            return;
        }

        if (channels.Find(selection.Channel) is null) await ProblemAsync(request, OneOf());
        else
        {
            await ApiResponse.PageAsync(request, selection.Continuation, "selection", async () => JsonSerializer.SerializeToUtf8Bytes(
                await replay.StepAsync(selection, request.HttpContext.RequestAborted), ReviewJson.Default.ReplayStep));
        }
    }

    /// <summary>Returns the audit log.</summary>
    [Function("QueryOperationsActions")]
    public Task ListActions([HttpTrigger(AuthorizationLevel.Function, "get", Route = "operations/actions")] HttpRequest request)
    {
        var continuation = request.Value("continuation");
        if ((request.Value("month") is { } written ? RequestTimes.Month(written) : time.GetUtcNow()) is not { } month)
            return ProblemAsync(request, $"month must be like 2026-11, {RequestTimes.Years}.");
        if (TopOf(request) is not { } top) return ProblemAsync(request, TopProblem);
        return ApiResponse.PageAsync(request, continuation, "query", async () => JsonSerializer.SerializeToUtf8Bytes(
            await actions.ListAsync(month, top, continuation, request.HttpContext.RequestAborted), ReviewJson.Default.ActionPage));
    }

    private async Task ReviewAsync(HttpRequest request, Func<ReviewSelection, CancellationToken, Task<ReviewStep>> act)
    {
        if (await SelectionAsync(request) is not { } selection)
            await ProblemAsync(request, $"{ReviewSelection.HowTo} {HourRange.HowTo}");
        else if (Shut(selection.Channel) is { } problem) await ProblemAsync(request, problem);
        else
        {
            await ApiResponse.PageAsync(request, selection.Continuation, "selection", async () => JsonSerializer.SerializeToUtf8Bytes(
                await act(selection, request.HttpContext.RequestAborted), ReviewJson.Default.ReviewStep));
        }
    }

    private async Task<ReviewSelection?> SelectionAsync(HttpRequest request) =>
        await RawBody.ReadAsync(request) is { } body && ReviewSelection.Parse(body) is { } selection
            ? selection with { By = caller.Of(request, selection.By) }
            : null;

    private string? Shut(string name)
    {
        if (channels.Find(name) is not { } channel) return OneOf();
        if (ChannelDirectory.SettingsOf(channel, out var unreadable) is not { } settings) return unreadable;
        return settings.Enabled ? null : $"The channel {channel.Name} is switched off: nothing of it can be verified.";
    }

    private string OneOf() => $"channel is one of: {string.Join(", ", channels.All.Select(c => c.Name))}.";

    private static Task ProblemAsync(HttpRequest request, string detail) => ApiResponse.ProblemAsync(request, 400, detail);

    private static int? TopOf(HttpRequest request) =>
        int.TryParse(request.Value("top") ?? "25", NumberStyles.None, CultureInfo.InvariantCulture, out var top)
        && top is >= 1 and <= QuarantineReview.LargestPage ? top : null;
}
