using Serverless.Cases;
using Serverless.Hosting;
using Serverless.Notices;
using Serverless.Operations;
using Serverless.Outbox;
using Serverless.Privacy;
using Serverless.Receipts;
using Serverless.Registrations;
using Serverless.Replies;

namespace Serverless.Tick;

/// <summary>
/// Every five minutes: publishes what the topic could not take, puts again what routes are owed, keeps what they failed at, queues deliveries and replies that have no end, looks at the clocks of cases, has channels checked for which Daily
/// would be too late, looks again at what providers hold, goes on with what is to be erased or was kept long enough; then counts what waits for a person, while metrics are sent.
/// Each goes on when another fails (P13).
/// </summary>
public static class TickFunction
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapTrigger("Tick", "timer", async (services, _, ct) =>
    {
        var teller = services.GetRequiredService<CaseTeller>();
        var outbox = services.GetRequiredService<OutboxRelay>().SweepAsync(teller.TellRestAsync, ct);
        var open = services.GetRequiredService<OpenDeliveries>().RequeueDueAsync(ct);
        var replies = services.GetRequiredService<ReplyIndex>().RequeueLostAsync(ct);
        var clocks = services.GetRequiredService<CaseClock>().RingAsync(ct);
        var upkeep = services.GetRequiredService<ChannelUpkeep>().CheckDueAsync(ct);
        var looked = services.GetRequiredService<SecondLook>().LookAsync(ct);
        var gone = services.GetRequiredService<Retention>().GoOnAsync(ct);
        var orders = services.GetRequiredService<OrderWork>().WorkOpenAsync(ct);
        var due = services.GetRequiredService<DueMessages>().SweepAsync(ct);
        var poison = services.GetRequiredService<PoisonMessages>().DrainAsync(ct);
        var all = Task.WhenAll(outbox, open, replies, clocks, upkeep, looked, gone, orders, due, poison);
        await all.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // Afterwards, and all the more when something failed.
        await services.GetRequiredService<Arrears>().MeasureAsync(ct);
        await all;
    });
}
