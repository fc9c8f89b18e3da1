using Serverless.Hosting;
using Serverless.Receipts;

namespace Serverless.Normalise;

/// <summary>Takes a pointer from queue <c>inbound</c> and brings its delivery to an end.</summary>
public static class NormaliseFunction
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapTrigger("Normalise", "pointer", (services, message, ct) =>
        Pointer.Parse(message) is { } pointer
            ? services.GetRequiredService<DeliveryWork>().WorkAsync(pointer, ct)
            : services.GetRequiredService<PoisonMessages>().KeepAsync("inbound", message, "not a pointer", ct));
}
