using Serverless.Cases;
using Serverless.Hosting;
using Serverless.Outbox;
using Serverless.Receipts;

namespace Serverless.Tick;

/// <summary>Every five minutes: publishes what the bus could not take, queues deliveries that have no end, looks at the clocks of cases. Each goes on when another fails (P13).</summary>
public static class TickFunction
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapTrigger("Tick", "timer", async (services, _, ct) =>
    {
        var teller = services.GetRequiredService<CaseTeller>();
        var outbox = services.GetRequiredService<OutboxRelay>().SweepAsync(teller.TellRestAsync, ct);
        var open = services.GetRequiredService<OpenDeliveries>().RequeueDueAsync(ct);
        var clocks = services.GetRequiredService<CaseClock>().RingAsync(ct);
        await Task.WhenAll(outbox, open, clocks);
    });
}
