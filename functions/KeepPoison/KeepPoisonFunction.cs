using Serverless.Hosting;
using Serverless.Receipts;

namespace Serverless.KeepPoison;

/// <summary>Takes what Normalise failed at ten times. A delivery is safe in its row and stays open: Tick queues it again. A message that names none is kept.</summary>
public static class KeepPoisonFunction
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapTrigger("KeepPoison", "pointer", (services, message, ct) =>
        services.GetRequiredService<PoisonMessages>().TakeAsync("inbound-poison", message, ct));
}
