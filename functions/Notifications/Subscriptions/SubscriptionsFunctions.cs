using System.Globalization;
using System.Text.Json;
using Microsoft.Azure.Functions.Worker;
using Serverless.Platform.Audit;
using Serverless.Platform.Http;

namespace Serverless.Notifications.Subscriptions;

/// <summary>Webhook subscriptions as resources.</summary>
public sealed class SubscriptionsFunctions(
    SubscriptionRequests desk, Redelivery redelivery, AttemptStore notices, AuditLog actions, Caller caller, TimeProvider time)
{
    private const int LargestBody = 64 * 1024;
    private const string NoSuch = "There is no subscription of that name.";
    private const string HowToRedeliver = """Send {"event":"<id>"}, or {"from":"2026-11-20T09:00:00Z","to":"2026-11-21T09:00:00Z"} """
        + """(at most 31 days) with "state" failed (default), delivered, waiting or all; """
        + "repeat while a continuation is returned.";

    [Function("ManageSubscriptionsList")]
    public async Task List([HttpTrigger(AuthorizationLevel.Function, "get", Route = "subscriptions")] HttpRequest request) =>
        await ApiResponse.JsonAsync(
            request, await desk.ListAsync(Aborted(request)), SubscriptionJson.Default.IReadOnlyListSubscriptionView);

    [Function("ManageSubscriptionsMake")]
    public async Task Make([HttpTrigger(AuthorizationLevel.Function, "post", Route = "subscriptions")] HttpRequest request)
    {
        using var body = await request.JsonBodyAsync(LargestBody);
        var json = body?.RootElement ?? default;
        await AuditedAsync(
            request, "make", json.TextOf("name"), async _ => await AnswerAsync(request, await desk.MakeAsync(json, Aborted(request))));
    }

    [Function("ManageSubscriptionsShow")]
    public async Task Show([HttpTrigger(AuthorizationLevel.Function, "get", Route = "subscriptions/{name}")] HttpRequest request) =>
        await AnswerAsync(request, await desk.ShowAsync(request.Route("name"), Aborted(request)));

    /// <summary>Changes the fields named, if If-Match names the version that is there.</summary>
    [Function("ManageSubscriptionsChange")]
    public async Task Change([HttpTrigger(AuthorizationLevel.Function, "patch", Route = "subscriptions/{name}")] HttpRequest request)
    {
        var name = request.Route("name");
        using var body = await request.JsonBodyAsync(LargestBody);
        await AuditedAsync(request, "change", name, _ => ChangeAsync(request, name, body?.RootElement ?? default));
    }

    [Function("ManageSubscriptionsDelete")]
    public Task Delete([HttpTrigger(AuthorizationLevel.Function, "delete", Route = "subscriptions/{name}")] HttpRequest request) =>
        ActAsync(request, "delete", name => desk.RemoveAsync(name, Aborted(request)));

    /// <summary>Makes a new secret; the present one signs beside it for some hours.</summary>
    [Function("ManageSubscriptionsRotate")]
    public async Task Rotate([HttpTrigger(AuthorizationLevel.Function, "post", Route = "subscriptions/{name}/rotate")] HttpRequest request)
    {
        using var body = await request.JsonBodyAsync(LargestBody);
        var hours = HoursOf(body?.RootElement ?? default);
        await ActAsync(request, "rotate", name => desk.RotateAsync(name, hours, Aborted(request)));
    }

    [Function("ManageSubscriptionsPause")]
    public Task Pause([HttpTrigger(AuthorizationLevel.Function, "post", Route = "subscriptions/{name}/pause")] HttpRequest request) =>
        ActAsync(request, "pause", name => desk.PauseAsync(name, pause: true, Aborted(request)));

    [Function("ManageSubscriptionsResume")]
    public Task Resume([HttpTrigger(AuthorizationLevel.Function, "post", Route = "subscriptions/{name}/resume")] HttpRequest request) =>
        ActAsync(request, "resume", name => desk.PauseAsync(name, pause: false, Aborted(request)));

    /// <summary>Sends a test event now and shows how it went.</summary>
    [Function("ManageSubscriptionsPing")]
    public async Task Ping([HttpTrigger(AuthorizationLevel.Function, "post", Route = "subscriptions/{name}/ping")] HttpRequest request)
    {
        if (await desk.PingAsync(request.Route("name"), Aborted(request)) is { } result)
            await ApiResponse.JsonAsync(request, result, SubscriptionJson.Default.PingResult);
        else await ApiResponse.ProblemAsync(request, 404, NoSuch);
    }

    /// <summary>The delivery log of a day.</summary>
    [Function("ManageSubscriptionsDeliveries")]
    public async Task Deliveries(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "subscriptions/{name}/deliveries")] HttpRequest request)
    {
        var day = request.Value("day") is { } written ? RequestTimes.Day(written) : time.GetUtcNow();
        var (state, continuation) = (request.Value("state"), request.Value("continuation"));
        if (day is null)
        {
            await ApiResponse.ProblemAsync(
                request, 400, $"day is written as 2026-11-22 (UTC), {RequestTimes.Years}; a delivery is listed on the day of its event.");
        }
        else if (state is not (null or NotificationState.Delivered or NotificationState.Waiting or NotificationState.Failed
            or NotificationState.Void))
            await ApiResponse.ProblemAsync(request, 400, "state is delivered, waiting, failed or void.");
        else if ((await desk.ShowAsync(request.Route("name"), Aborted(request))).View is not { } subscription)
            await ApiResponse.ProblemAsync(request, 404, NoSuch);
        else
        {
            await ApiResponse.PageAsync(request, continuation, "query", async () => JsonSerializer.SerializeToUtf8Bytes(
                await notices.OfTargetAsync(SubscriptionRequests.Route, subscription.Name, day.Value, state, continuation,
                    Aborted(request)),
                SubscriptionJson.Default.NotificationPage));
        }
    }

    /// <summary>Sends one event, or those of a period, again.</summary>
    [Function("ManageSubscriptionsRedeliver")]
    public async Task Redeliver(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "subscriptions/{name}/redeliver")] HttpRequest request)
    {
        var name = request.Route("name");
        using var body = await request.JsonBodyAsync(LargestBody);
        await AuditedAsync(request, "redeliver", name, counts => RedeliverAsync(request, name, body?.RootElement ?? default, counts));
    }

    private async Task ChangeAsync(HttpRequest request, string name, JsonElement body)
    {
        var match = request.Headers.IfMatch.ToString();
        var written = match.Replace("W/", "", StringComparison.Ordinal).Trim('"');
        if (match == "*") await AnswerAsync(request, await desk.ChangeAsync(name, null, body, Aborted(request)));
        else if (int.TryParse(written, NumberStyles.None, CultureInfo.InvariantCulture, out var version))
            await AnswerAsync(request, await desk.ChangeAsync(name, version, body, Aborted(request)));
        else if (match.Length == 0)
            await ApiResponse.ProblemAsync(request, 428, "Send If-Match with the ETag of the last GET, or * to change any version.");
        else await ApiResponse.ProblemAsync(request, 412, "If-Match is not an ETag of this subscription: read it again and send its ETag.");
    }

    private async Task RedeliverAsync(HttpRequest request, string name, JsonElement body, Dictionary<string, int> counts)
    {
        var (state, continuation) = (body.TextOf("state") ?? NotificationState.Failed, body.TextOf("continuation"));
        if ((await desk.ShowAsync(name, Aborted(request))).View is not { } subscription)
            await ApiResponse.ProblemAsync(request, 404, NoSuch);
        else if (subscription.State != "active")
            await ApiResponse.ProblemAsync(request, 409, "The subscription is paused or off: resume it first.");
        else if (body.TextOf("event") is { } id)
        {
            if (await redelivery.OneAsync(SubscriptionRequests.Route, subscription.Name, id, Aborted(request)) is { } one)
                await ApiResponse.JsonAsync(request, Counted(one, counts));
            else
            {
                await ApiResponse.ProblemAsync(
                    request, 404,
                    "This event was not sent to this subscription within 31 days; .../deliveries?day=2026-11-22 lists its events.");
            }
        }
        else if (TimeOf(body, "from") is not { } from || TimeOf(body, "to") is not { } to || to <= from || to - from > TimeSpan.FromDays(31)
            || state is not ("all" or NotificationState.Failed or NotificationState.Delivered or NotificationState.Waiting))
            await ApiResponse.ProblemAsync(request, 400, HowToRedeliver);
        else
        {
            var wanted = state == "all" ? null : state;
            var (route, ct) = (SubscriptionRequests.Route, Aborted(request));
            await ApiResponse.PageAsync(request, continuation, "query", async () => Counted(
                await redelivery.SpanAsync(route, subscription.Name, from, to, wanted, continuation, ct), counts));
        }
    }

    private static byte[] Counted(RedeliveryResult result, Dictionary<string, int> counts)
    {
        (counts["queued"], counts["unknown"]) = (result.Queued, result.Unknown);
        return JsonSerializer.SerializeToUtf8Bytes(result, SubscriptionJson.Default.RedeliveryResult);
    }

    private Task ActAsync(HttpRequest request, string what, Func<string, Task<SubscriptionResult>> act)
    {
        var name = request.Route("name");
        return AuditedAsync(request, what, name, async _ => await AnswerAsync(request, await act(name)));
    }

    // Begun before it is done, so that nothing is done without a trace; how it was answered is added.
    private async Task AuditedAsync(HttpRequest request, string what, string? name, Func<Dictionary<string, int>, Task> act)
    {
        var on = name is not null && NotificationTarget.IsName(name) ? name : "(no name)";
        var begun = await actions.BeginAsync($"subscription-{what}", SubscriptionRequests.Route, on, caller.Of(request), Aborted(request));
        Dictionary<string, int> counts = new(StringComparer.Ordinal);
        await act(counts);
        counts["status"] = request.HttpContext.Response.StatusCode;
        await actions.EndAsync(begun, counts, Aborted(request));
    }

    private static async Task AnswerAsync(HttpRequest request, SubscriptionResult answer)
    {
        if (answer.Problem is { } problem)
        {
            await ApiResponse.ProblemAsync(request, answer.Status, problem);
            return;
        }

        var response = request.HttpContext.Response;
        if (answer.View is not { } view)
        {
            response.StatusCode = answer.Status;
            return;
        }

        if (answer.Version > 0) response.Headers.ETag = $"\"{answer.Version}\"";
        if (answer.Status == StatusCodes.Status201Created) response.Headers.Location = $"/api/subscriptions/{view.Name}";
        await ApiResponse.JsonAsync(request, view, SubscriptionJson.Default.SubscriptionView, answer.Status);
    }

    // 24 by default, and -1, which is rejected, for anything but a whole number.
    private static int HoursOf(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object || !body.TryGetProperty("hours", out var hours)) return 24;
        return hours.ValueKind == JsonValueKind.Number && hours.TryGetInt32(out var number) ? number : -1;
    }

    private static DateTimeOffset? TimeOf(JsonElement body, string name) => body.TextOf(name) is { } text ? RequestTimes.Time(text) : null;

    private static CancellationToken Aborted(HttpRequest request) => request.HttpContext.RequestAborted;
}
