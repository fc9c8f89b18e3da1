using System.Diagnostics.CodeAnalysis;
using Serverless.Platform.Features;

namespace Serverless.Notices;

/// <summary>Hands in routes.</summary>
public static class RouteRegistration
{
    /// <summary>Adds a route with its switch and its place among the destinations of events.</summary>
    /// <param name="services">Of the app.</param>
    /// <param name="route">Its name.</param>
    /// <param name="function">The function that works its queue.</param>
    /// <param name="wants">Types it wants; null for all.</param>
    public static IServiceCollection AddRoute<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] T>(
        this IServiceCollection services, string route, string function, Func<string, bool>? wants = null)
        where T : class, INoticeRoute => services
            .AddSingleton<INoticeRoute, T>()
            .AddSingleton(new RouteSwitch(route, function))
            .AddSingleton(provider => DestinationOf(provider.GetRequiredService<RouteSwitches>(), route, wants));

    private static EventDestination DestinationOf(RouteSwitches switches, string route, Func<string, bool>? wants) =>
        new(route, NoticeMessages.Of(route), type => (wants is null || wants(type)) && switches.IsOn(route));
}
