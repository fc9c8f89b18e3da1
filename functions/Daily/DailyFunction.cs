using Serverless.Hosting;
using Serverless.Privacy;
using Serverless.Registrations;

namespace Serverless.Daily;

/// <summary>Once a day, at 03:17 UTC: channels compare what is registered at their providers with what the settings ask for; what was kept long enough begins to go. Each goes on when the other fails.</summary>
public static class DailyFunction
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapTrigger("Daily", "timer", (services, _, ct) => Task.WhenAll(
        services.GetRequiredService<ChannelUpkeep>().CheckAllAsync(ct), services.GetRequiredService<Retention>().BeginAsync(ct)));
}
