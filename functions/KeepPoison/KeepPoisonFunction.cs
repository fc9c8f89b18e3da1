using Serverless.Hosting;
using Serverless.Receipts;

namespace Serverless.KeepPoison;

/// <summary>Takes what Normalise failed at five times. The delivery itself is safe in its row and stays open: Tick queues it again.</summary>
public static class KeepPoisonFunction
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapTrigger("KeepPoison", "pointer", (services, message, ct) =>
        services.GetRequiredService<KeptMessages>().KeepAsync("inbound-poison", message, "failed too often", ct));
}
