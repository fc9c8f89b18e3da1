using System.Globalization;
using System.Text.Json;
using Serverless.Channels;
using Serverless.Hosting;
using Serverless.Operations;
using Serverless.Receipts;
using Serverless.Registrations;

namespace Serverless.QueryOperations;

/// <summary>For people who run the app: <c>operations/summary</c>, <c>operations/deliveries/{channel}/{id}</c>, <c>operations/channels</c>, <c>operations/notices</c>, <c>operations/quarantine</c>, <c>operations/actions</c>, <c>operations/poison-messages</c>, <c>operations/privacy</c>.</summary>
public static class QueryOperationsFunction
{
    private const int LongestHours = 24 * 31;
    private const int LargestList = 1_000;
    private const string NotOfThisQuery = "The continuation is not one of this query: leave it out to begin anew.";
    private const string Known = "Known: operations/summary?hours=24, operations/deliveries/{channel}/{id}, operations/channels, operations/notices?day=2026-11-22&state=failed, "
        + "operations/quarantine?channel=meta&day=2026-11-22, operations/quarantine/{channel}/{id}, operations/actions?month=2026-11, operations/poison-messages?queue=inbound, operations/privacy, operations/privacy/{order}.";

    public static void Map(IEndpointRouteBuilder routes) => routes.MapRaw("QueryOperations", ["GET"], "operations/{**rest}", context =>
        ((string?)context.Request.RouteValues["rest"])?.Split('/') switch
        {
            ["summary"] => SummaryAsync(context),
            ["deliveries", var channel, var id] => DeliveryAsync(context, channel, id),
            ["channels"] => ChannelsAsync(context),
            ["notices"] => NoticesAsync(context),
            ["quarantine"] => QuarantineAsync(context),
            ["quarantine", var channel, var id] => QuarantinedAsync(context, channel, id),
            ["actions"] => ActionsAsync(context),
            ["privacy", .. var order] when order.Length < 2 => PoisonQueries.PrivacyAsync(context, order is [var id] ? id : null),
            ["poison-messages"] => PageAsync(context, () => PoisonQueries.PageAsync(context, TopOf(context) ?? 25)),
            _ => HttpAnswer.ProblemAsync(context, 404, Known),
        });

    private static async Task SummaryAsync(HttpContext context)
    {
        if (!int.TryParse(Value(context, "hours") ?? "24", NumberStyles.None, CultureInfo.InvariantCulture, out var hours) || hours is < 1 or > LongestHours)
        {
            await HttpAnswer.ProblemAsync(context, 400, $"hours is a number from 1 to {LongestHours}.");
            return;
        }

        var summary = await Ledger(context).SummaryAsync(hours, context.RequestAborted);
        await HttpAnswer.JsonAsync(context, JsonSerializer.SerializeToUtf8Bytes(summary, OperationsJson.Default.Summary));
    }

    private static async Task DeliveryAsync(HttpContext context, string channel, string id)
    {
        if (DeliveryKey.IsId(id) && await Ledger(context).DeliveryAsync(new DeliveryKey(channel, id), context.RequestAborted) is { } report)
            await HttpAnswer.JsonAsync(context, JsonSerializer.SerializeToUtf8Bytes(report, OperationsJson.Default.DeliveryReport));
        else await HttpAnswer.ProblemAsync(context, 404, "There is no such delivery. The answer to each call names it in the header X-Delivery-Id.");
    }

    private static async Task ChannelsAsync(HttpContext context)
    {
        var report = await context.RequestServices.GetRequiredService<UpkeepReader>().ReadAsync(context.RequestAborted);
        await HttpAnswer.JsonAsync(context, JsonSerializer.SerializeToUtf8Bytes(report, ChannelEventJson.Default.ChannelsReport));
    }

    private static async Task NoticesAsync(HttpContext context)
    {
        // A notice is filed under the day of its event, and given up only days later.
        var to = context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow();
        var from = to.AddDays(-7);
        if (Value(context, "day") is { } written && !DateTimeOffset.TryParseExact(written, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out to))
        {
            await HttpAnswer.ProblemAsync(context, 400, "day is written as 2026-11-22.");
            return;
        }

        if (Value(context, "day") is not null) from = to;
        var found = await Ledger(context).NoticesOfAsync(from, to, Value(context, "state"), LargestList, context.RequestAborted);
        await HttpAnswer.JsonAsync(context, JsonSerializer.SerializeToUtf8Bytes(found, OperationsJson.Default.IReadOnlyListNoticeState));
    }

    private static async Task QuarantineAsync(HttpContext context)
    {
        var now = context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow();
        var (hour, day, from, to) = (Value(context, "hour"), Value(context, "day"), Value(context, "from"), Value(context, "to"));
        var hours = (hour ?? day ?? from ?? to) is null ? HourRange.Last(24, now) : HourRange.Parse(hour, day, from, to);
        var channels = context.RequestServices.GetRequiredService<ChannelDirectory>();
        var top = TopOf(context);
        if (Value(context, "channel") is not { } name || channels.Find(name) is not { } channel)
            await HttpAnswer.ProblemAsync(context, 400, $"channel is one of: {string.Join(", ", channels.All.Select(c => c.Name))}.");
        else if (hours is null) await HttpAnswer.ProblemAsync(context, 400, HourRange.HowTo);
        else if (top is null) await HttpAnswer.ProblemAsync(context, 400, $"top is a number from 1 to {Quarantine.LargestPage}.");
        else
        {
            await PageAsync(context, async () => JsonSerializer.SerializeToUtf8Bytes(
                await context.RequestServices.GetRequiredService<Quarantine>().ListAsync(channel.Name, hours.Value, top.Value, Value(context, "continuation"), context.RequestAborted),
                ReviewJson.Default.QuarantinePage));
        }
    }

    private static async Task QuarantinedAsync(HttpContext context, string channel, string id)
    {
        var quarantine = context.RequestServices.GetRequiredService<Quarantine>();
        if (DeliveryKey.IsId(id) && await quarantine.FindAsync(new DeliveryKey(channel, id), context.RequestAborted) is { } file)
            await HttpAnswer.JsonAsync(context, JsonSerializer.SerializeToUtf8Bytes(file, ReviewJson.Default.QuarantinedFile));
        else await HttpAnswer.ProblemAsync(context, 404, "There is no such delivery in quarantine; operations/deliveries/{channel}/{id} says what became of it.");
    }

    private static async Task ActionsAsync(HttpContext context)
    {
        var month = context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow();
        if (Value(context, "month") is { } written && !DateTimeOffset.TryParseExact(written, "yyyy-MM", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out month))
            await HttpAnswer.ProblemAsync(context, 400, "month is written as 2026-11.");
        else if (TopOf(context) is not { } top) await HttpAnswer.ProblemAsync(context, 400, $"top is a number from 1 to {Quarantine.LargestPage}.");
        else
        {
            await PageAsync(context, async () => JsonSerializer.SerializeToUtf8Bytes(
                await context.RequestServices.GetRequiredService<ActionLog>().ListAsync(month, top, Value(context, "continuation"), context.RequestAborted), ReviewJson.Default.ActionPage));
        }
    }

    // A continuation that did not come from us is the caller's mistake, not ours.
    private static async Task PageAsync(HttpContext context, Func<Task<byte[]>> page)
    {
        byte[]? json = null;
        try
        {
            json = await page();
        }
        catch (ArgumentException) when (Value(context, "continuation") is not null)
        {
            await HttpAnswer.ProblemAsync(context, 400, NotOfThisQuery);
        }

        if (json is not null) await HttpAnswer.JsonAsync(context, json);
    }

    private static int? TopOf(HttpContext context) =>
        int.TryParse(Value(context, "top") ?? "25", NumberStyles.None, CultureInfo.InvariantCulture, out var top) && top is >= 1 and <= Quarantine.LargestPage ? top : null;

    private static Ledger Ledger(HttpContext context) => context.RequestServices.GetRequiredService<Ledger>();

    internal static string? Value(HttpContext context, string name) => context.Request.Query.TryGetValue(name, out var value) && value is [{ Length: > 0 } text, ..] ? text : null;
}
