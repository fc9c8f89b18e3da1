using System.Globalization;
using System.Text.Json;
using Microsoft.Azure.Functions.Worker;
using Serverless.Intake;
using Serverless.Notifications;
using Serverless.Platform.Http;

namespace Serverless.Operations;

/// <summary>For operators: health, counts, outcome of a delivery, notifications.</summary>
public sealed class OperationsFunctions(
    HealthCheck health, SummaryReport ledger, Resends resends, RouteBacklog routes, Caller caller, TimeProvider time)
{
    private const int LongestHours = 24 * 31;
    private const int LargestList = 1_000;

    /// <summary>Returns the health of each part within three seconds; 503 when nothing can be stored.</summary>
    [Function("Health")]
    public async Task Health([HttpTrigger(AuthorizationLevel.Function, "get", Route = "health")] HttpRequest request)
    {
        var report = await health.LookAsync(request.HttpContext.RequestAborted);
        var status = report.State == HealthReport.Down ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK;
        await ApiResponse.JsonAsync(request, report, OperationsJson.Default.HealthReport, status);
    }

    /// <summary>Counts of the last hours.</summary>
    [Function("QueryOperationsSummary")]
    public async Task Summary([HttpTrigger(AuthorizationLevel.Function, "get", Route = "operations/summary")] HttpRequest request)
    {
        if (!int.TryParse(request.Value("hours") ?? "24", NumberStyles.None, CultureInfo.InvariantCulture, out var hours)
            || hours is < 1 or > LongestHours)
        {
            await ApiResponse.ProblemAsync(request, 400, $"hours is a number from 1 to {LongestHours}.");
            return;
        }

        await ApiResponse.JsonAsync(
            request, await ledger.SummaryAsync(hours, request.HttpContext.RequestAborted), OperationsJson.Default.Summary);
    }

    /// <summary>Returns the outcome of one delivery.</summary>
    [Function("QueryOperationsDelivery")]
    public async Task Delivery(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "operations/deliveries/{channel}/{id}")] HttpRequest request)
    {
        var key = new DeliveryKey(request.Route("channel"), request.Route("id"));
        if (DeliveryKey.IsId(key.Id) && await ledger.DeliveryAsync(key, request.HttpContext.RequestAborted) is { } report)
            await ApiResponse.JsonAsync(request, report, OperationsJson.Default.DeliveryReport);
        else
        {
            await ApiResponse.ProblemAsync(
                request, 404, "There is no such delivery. The answer to each call names it in the header X-Delivery-Id.");
        }
    }

    /// <summary>Notices of a day, or of the last seven.</summary>
    [Function("QueryOperationsNotices")]
    public async Task Notices([HttpTrigger(AuthorizationLevel.Function, "get", Route = "operations/notices")] HttpRequest request)
    {
        // A notice is filed under the day of its event, and given up only days later.
        var to = time.GetUtcNow();
        var from = to.AddDays(-7);
        if (request.Value("day") is { } written)
        {
            if (RequestTimes.Day(written) is not { } day)
            {
                await ApiResponse.ProblemAsync(request, 400, $"day must be like 2026-11-22, {RequestTimes.Years}.");
                return;
            }

            from = to = day;
        }

        var state = request.Value("state");
        if (state is not null && !NotificationState.All.Contains(state, StringComparer.Ordinal))
        {
            await ApiResponse.ProblemAsync(request, 400, $"state is one of: {string.Join(", ", NotificationState.All)}.");
            return;
        }

        var found = await ledger.NoticesOfAsync(from, to, state, LargestList, request.HttpContext.RequestAborted);
        await ApiResponse.JsonAsync(
            request, JsonSerializer.SerializeToUtf8Bytes(found, OperationsJson.Default.IReadOnlyListNotificationState));
    }

    /// <summary>Sends notices again, one or those of some time.</summary>
    [Function("ResendNotices")]
    public async Task Resend([HttpTrigger(AuthorizationLevel.Function, "post", Route = "operations/notices/resend")] HttpRequest request)
    {
        if (await RawBody.ReadAsync(request) is not { } body || ResendRequest.Parse(body, time.GetUtcNow()) is not { } asked)
        {
            await ApiResponse.ProblemAsync(request, 400, ResendRequest.HowTo);
            return;
        }

        await ApiResponse.PageAsync(request, asked.Continuation, "selection", async () =>
        {
            var wanted = asked with { By = caller.Of(request, asked.By) };
            if (await resends.StepAsync(wanted, request.HttpContext.RequestAborted) is { } step)
                return JsonSerializer.SerializeToUtf8Bytes(step, OperationsJson.Default.ResendStep);
            await ApiResponse.ProblemAsync(request, 404,
                "There is no such notification: operations/notices lists them; day is the day of the "
                + "event if it is older than a week.");
            return null;
        });
    }

    /// <summary>Discards the messages in the queue of a disabled route.</summary>
    [Function("DiscardNotices")]
    public async Task Discard(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "operations/routes/{name}/discard")] HttpRequest request)
    {
        var name = request.Route("name");
        if (!routes.Routes.Contains(name, StringComparer.Ordinal))
            await ApiResponse.ProblemAsync(request, 404, $"There is no such route. Known: {string.Join(", ", routes.Routes)}.");
        else if (await routes.DiscardAsync(name, caller.Of(request, null), request.HttpContext.RequestAborted) is { } done)
            await ApiResponse.JsonAsync(request, done, OperationsJson.Default.RouteDiscarded);
        else
        {
            await ApiResponse.ProblemAsync(
                request, 409, $"The route is on: its messages are being told. Switch it off first, by {routes.SettingOf(name)}=true.");
        }
    }
}
