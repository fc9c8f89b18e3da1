using Serverless.Hosting;
using Serverless.Receipts;

namespace Serverless.RetakeEvents;

/// <summary>Takes what TakeEvents failed at five times, in the same way: what was not stored is not given up.</summary>
public static class RetakeEventsFunction
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapTrigger("RetakeEvents", "happened", (services, message, ct) =>
        services.GetRequiredService<QueuedEvents>().TakeAsync("acs", message, ct));
}
