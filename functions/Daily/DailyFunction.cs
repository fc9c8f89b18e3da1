using Serverless.Hosting;
using Serverless.Registrations;

namespace Serverless.Daily;

/// <summary>Once a day, at 03:17 UTC: channels compare what is registered at their providers with what the settings ask for.</summary>
public static class DailyFunction
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapTrigger("Daily", "timer", (services, _, ct) => services.GetRequiredService<ChannelUpkeep>().CheckAllAsync(ct));
}
