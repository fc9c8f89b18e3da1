using System.Globalization;
using System.Text.Json;
using Serverless.Hosting;
using Serverless.Notices;
using Serverless.Receipts;

namespace Serverless.ManageSubscriptions;

/// <summary>Webhook subscriptions as resources: <c>api/subscriptions</c>, <c>api/subscriptions/{name}</c>, and <c>rotate</c>, <c>ping</c>, <c>pause</c>, <c>resume</c>, <c>redeliver</c>, <c>deliveries</c> below it.</summary>
public static class ManageSubscriptionsFunction
{
    private const int LargestBody = 64 * 1024;
    private const string Known = "Known: GET, POST api/subscriptions; GET, PATCH, DELETE api/subscriptions/{name}; POST .../rotate, ping, pause, resume, redeliver; GET .../deliveries?day=2026-11-22.";

    public static void Map(IEndpointRouteBuilder routes) => routes.MapRaw("ManageSubscriptions", ["GET", "POST", "PATCH", "DELETE"], "subscriptions/{**rest}", async context =>
    {
        var desk = context.RequestServices.GetRequiredService<SubscriptionDesk>();
        var path = ((string?)context.Request.RouteValues["rest"])?.Split('/', StringSplitOptions.RemoveEmptyEntries) ?? [];
        var ct = context.RequestAborted;
        using var body = context.Request.Method is "GET" or "DELETE" ? null : await BodyAsync(context);
        var json = body?.RootElement ?? default;
        switch (context.Request.Method, path)
        {
            case ("GET", []): await HttpAnswer.JsonAsync(context, JsonSerializer.SerializeToUtf8Bytes(await desk.ListAsync(ct), SubscriptionJson.Default.IReadOnlyListSubscriptionView)); break;
            case ("POST", []): await AuditedAsync(context, "make", Text(json, "name"), async _ => await AnswerAsync(context, await desk.MakeAsync(json, ct))); break;
            case ("GET", [var name]): await AnswerAsync(context, await desk.ShowAsync(name, ct)); break;
            case ("PATCH", [var name]): await AuditedAsync(context, "change", name, _ => ChangeAsync(context, desk, name, json)); break;
            case ("DELETE", [var name]): await AuditedAsync(context, "delete", name, async _ => await AnswerAsync(context, await desk.RemoveAsync(name, ct))); break;
            case ("POST", [var name, "rotate"]): await AuditedAsync(context, "rotate", name, async _ => await AnswerAsync(context, await desk.RotateAsync(name, HoursOf(json), ct))); break;
            case ("POST", [var name, "pause"]): await AuditedAsync(context, "pause", name, async _ => await AnswerAsync(context, await desk.PauseAsync(name, pause: true, ct))); break;
            case ("POST", [var name, "resume"]): await AuditedAsync(context, "resume", name, async _ => await AnswerAsync(context, await desk.PauseAsync(name, pause: false, ct))); break;
            case ("POST", [var name, "ping"]) when await desk.PingAsync(name, ct) is { } result: await HttpAnswer.JsonAsync(context, JsonSerializer.SerializeToUtf8Bytes(result, SubscriptionJson.Default.PingResult)); break;
            case ("GET", [var name, "deliveries"]): await DeliveriesAsync(context, desk, name); break;
            case ("POST", [var name, "redeliver"]): await AuditedAsync(context, "redeliver", name, counts => RedeliverAsync(context, desk, name, json, counts)); break;
            case ("POST", [_, "ping"]): await HttpAnswer.ProblemAsync(context, 404, "There is no subscription of that name."); break;
            default: await HttpAnswer.ProblemAsync(context, 404, Known); break;
        }
    });

    // Begun before it is done, so that nothing is done without a trace; how it was answered is added.
    private static async Task AuditedAsync(HttpContext context, string what, string? name, Func<Dictionary<string, int>, Task> act)
    {
        var log = context.RequestServices.GetRequiredService<ActionLog>();
        var begun = await log.BeginAsync($"subscription-{what}", SubscriptionDesk.Route, name is not null && NoticeTarget.IsName(name) ? name : "(no name)", Caller.Of(context), context.RequestAborted);
        Dictionary<string, int> counts = new(StringComparer.Ordinal);
        await act(counts);
        counts["status"] = context.Response.StatusCode;
        await log.EndAsync(begun, counts, context.RequestAborted);
    }

    private static async Task ChangeAsync(HttpContext context, SubscriptionDesk desk, string name, JsonElement body)
    {
        var match = context.Request.Headers.IfMatch.ToString();
        if (match == "*") await AnswerAsync(context, await desk.ChangeAsync(name, null, body, context.RequestAborted));
        else if (int.TryParse(match.Replace("W/", "", StringComparison.Ordinal).Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out var version)) await AnswerAsync(context, await desk.ChangeAsync(name, version, body, context.RequestAborted));
        else if (match.Length == 0) await HttpAnswer.ProblemAsync(context, 428, "Send If-Match with the ETag that GET showed, or * to change whatever is there.");
        else await HttpAnswer.ProblemAsync(context, 412, "This is no ETag of a subscription: get it again, and send its ETag.");
    }

    private static async Task DeliveriesAsync(HttpContext context, SubscriptionDesk desk, string name)
    {
        var day = context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow();
        var state = Value(context, "state");
        if (Value(context, "day") is { } written && !DateTimeOffset.TryParseExact(written, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out day))
            await HttpAnswer.ProblemAsync(context, 400, "day is written as 2026-11-22 (UTC); a delivery is listed on the day of its event.");
        else if (!IsState(state)) await HttpAnswer.ProblemAsync(context, 400, "state is delivered, waiting, failed or void.");
        else if ((await desk.ShowAsync(name, context.RequestAborted)).View is not { } subscription) await HttpAnswer.ProblemAsync(context, 404, "There is no subscription of that name.");
        else
        {
            var log = context.RequestServices.GetRequiredService<NoticeLog>();
            await PageAsync(context, async () => JsonSerializer.SerializeToUtf8Bytes(
                await log.OfTargetAsync(SubscriptionDesk.Route, subscription.Name, day, state, Value(context, "continuation"), context.RequestAborted), SubscriptionJson.Default.NoticePage));
        }
    }

    private static async Task RedeliverAsync(HttpContext context, SubscriptionDesk desk, string name, JsonElement body, Dictionary<string, int> counts)
    {
        const string HowTo = "Send {\"event\":\"<id>\"}, or {\"from\":\"2026-11-20T09:00:00Z\",\"to\":\"2026-11-21T09:00:00Z\"} (at most 31 days) with \"state\" failed (default), delivered, waiting or all; repeat with the continuation while the answer has one.";
        var redelivery = context.RequestServices.GetRequiredService<Redelivery>();
        if ((await desk.ShowAsync(name, context.RequestAborted)).View is not { } subscription) await HttpAnswer.ProblemAsync(context, 404, "There is no subscription of that name.");
        else if (subscription.State != "active") await HttpAnswer.ProblemAsync(context, 409, "The subscription is not told now: resume it first.");
        else if (Text(body, "event") is { } id)
        {
            if (await redelivery.OneAsync(SubscriptionDesk.Route, subscription.Name, id, context.RequestAborted) is { } one) await HttpAnswer.JsonAsync(context, Counted(one));
            else await HttpAnswer.ProblemAsync(context, 404, "No such event was told or tried here within 31 days; .../deliveries?day=2026-11-22 lists them.");
        }
        else if (Time(body, "from") is not { } from || Time(body, "to") is not { } to || to <= from || to - from > TimeSpan.FromDays(31)) await HttpAnswer.ProblemAsync(context, 400, HowTo);
        else if ((Text(body, "state") ?? NoticeState.Failed) is not ("all" or NoticeState.Failed or NoticeState.Delivered or NoticeState.Waiting)) await HttpAnswer.ProblemAsync(context, 400, HowTo);
        else
        {
            var state = Text(body, "state") ?? NoticeState.Failed;
            await PageAsync(context, async () => Counted(await redelivery.SpanAsync(SubscriptionDesk.Route, subscription.Name, from, to, state == "all" ? null : state, Text(body, "continuation"), context.RequestAborted)),
                Text(body, "continuation") is not null);
        }

        byte[] Counted(RedeliveryResult result)
        {
            (counts["queued"], counts["unknown"]) = (result.Queued, result.Unknown);
            return JsonSerializer.SerializeToUtf8Bytes(result, SubscriptionJson.Default.RedeliveryResult);
        }
    }

    private static async Task AnswerAsync(HttpContext context, DeskAnswer answer)
    {
        if (answer.Problem is { } problem)
        {
            await HttpAnswer.ProblemAsync(context, answer.Status, problem);
            return;
        }

        if (answer.View is not { } view)
        {
            context.Response.StatusCode = answer.Status;
            return;
        }

        if (answer.Version > 0) context.Response.Headers.ETag = $"\"{answer.Version}\"";
        if (answer.Status == StatusCodes.Status201Created) context.Response.Headers.Location = $"/api/subscriptions/{view.Name}";
        await HttpAnswer.JsonAsync(context, JsonSerializer.SerializeToUtf8Bytes(view, SubscriptionJson.Default.SubscriptionView), answer.Status);
    }

    // A continuation that did not come from us is the caller's mistake, not ours.
    private static async Task PageAsync(HttpContext context, Func<Task<byte[]>> page, bool? continues = null)
    {
        byte[]? json = null;
        try
        {
            json = await page();
        }
        catch (ArgumentException) when (continues ?? Value(context, "continuation") is not null)
        {
            await HttpAnswer.ProblemAsync(context, 400, "The continuation is not one of this query: leave it out to begin anew.");
        }

        if (json is not null) await HttpAnswer.JsonAsync(context, json);
    }

    private static async Task<JsonDocument?> BodyAsync(HttpContext context)
    {
        if (await RawBody.ReadAsync(context.Request, LargestBody, context.RequestAborted) is not { Length: > 0 } body) return null;
        try
        {
            return JsonDocument.Parse(body);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // 24 when nothing is said, and -1, which the desk refuses, for what is no whole number.
    private static int HoursOf(JsonElement body) =>
        body.ValueKind != JsonValueKind.Object || !body.TryGetProperty("hours", out var hours) ? 24 : hours.ValueKind == JsonValueKind.Number && hours.TryGetInt32(out var number) ? number : -1;

    private static bool IsState(string? state) => state is null or NoticeState.Delivered or NoticeState.Waiting or NoticeState.Failed or NoticeState.Void;

    private static string? Text(JsonElement body, string name) => body.ValueKind == JsonValueKind.Object && body.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static DateTimeOffset? Time(JsonElement body, string name) =>
        Text(body, name) is { } text && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at) ? at : null;

    private static string? Value(HttpContext context, string name) => context.Request.Query.TryGetValue(name, out var value) && value is [{ Length: > 0 } text, ..] ? text : null;
}
