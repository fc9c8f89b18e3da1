using Serverless.Hosting;
using Serverless.Receipts;

namespace Serverless.TakeEvents;

/// <summary>Takes an event that Event Grid put into queue <c>acs-events</c>: it is stored as a delivery of its channel, and worked like one that came by a call.</summary>
public static class TakeEventsFunction
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapTrigger("TakeEvents", "happened", (services, message, ct) =>
        services.GetRequiredService<QueuedEvents>().TakeAsync("acs", message, ct));
}
