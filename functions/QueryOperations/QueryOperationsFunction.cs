using System.Globalization;
using System.Text.Json;
using Serverless.Hosting;
using Serverless.Operations;
using Serverless.Receipts;
using Serverless.Registrations;

namespace Serverless.QueryOperations;

/// <summary>For people who run the app: <c>operations/summary</c>, <c>operations/deliveries/{channel}/{id}</c>, <c>operations/channels</c>, <c>operations/notices</c>.</summary>
public static class QueryOperationsFunction
{
    private const int LongestHours = 24 * 31;
    private const int LargestList = 1_000;

    public static void Map(IEndpointRouteBuilder routes) => routes.MapRaw("QueryOperations", ["GET"], "operations/{**rest}", context =>
        ((string?)context.Request.RouteValues["rest"])?.Split('/') switch
        {
            ["summary"] => SummaryAsync(context),
            ["deliveries", var channel, var id] => DeliveryAsync(context, channel, id),
            ["channels"] => ChannelsAsync(context),
            ["notices"] => NoticesAsync(context),
            _ => HttpAnswer.ProblemAsync(context, 404, "Known: operations/summary?hours=24, operations/deliveries/{channel}/{id}, operations/channels, operations/notices?day=2026-11-22&state=failed."),
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

    private static Ledger Ledger(HttpContext context) => context.RequestServices.GetRequiredService<Ledger>();

    private static string? Value(HttpContext context, string name) => context.Request.Query.TryGetValue(name, out var value) && value is [{ Length: > 0 } text, ..] ? text : null;
}
