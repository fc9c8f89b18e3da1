using Serverless.Cases;
using Serverless.Hosting;
using Serverless.Outbox;
using Serverless.Receipts;

namespace Serverless.Tick;

/// <summary>Every five minutes: publishes what the bus could not take, and queues deliveries that have no end. Either goes on when the other fails (P13).</summary>
public static class TickFunction
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapTrigger("Tick", "timer", async (services, _, ct) =>
    {
        var teller = services.GetRequiredService<CaseTeller>();
        var outbox = services.GetRequiredService<OutboxRelay>().SweepAsync(teller.TellRestAsync, ct);
        var open = services.GetRequiredService<OpenDeliveries>().RequeueDueAsync(ct);
        await Task.WhenAll(outbox, open);
    });
}
