using System.Diagnostics.CodeAnalysis;
using Serverless.Platform.Features;

namespace Serverless.Notices;

/// <summary>Which function works the queue of a route; it is the route's switch.</summary>
/// <param name="Route">Name of the route.</param>
/// <param name="Function">Name of the function.</param>
public sealed record RouteSwitch(string Route, string Function);

/// <summary>
/// Which routes are on: those whose function the host runs, by <c>AzureWebJobs.{function}.Disabled</c>. Read at publishing: nothing is sent later for a route that was off.
/// Source: https://learn.microsoft.com/azure/azure-functions/disable-function
/// </summary>
public sealed class RouteSwitches(IEnumerable<RouteSwitch> switches, IConfiguration configuration)
{
    private readonly Dictionary<string, string> _functions = switches.ToDictionary(s => s.Route, s => s.Function, StringComparer.Ordinal);

    /// <summary>All routes, by name.</summary>
    public IReadOnlyList<string> Routes => [.. _functions.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Whether there is such a route.</summary>
    public bool Has(string route) => _functions.ContainsKey(route);

    /// <summary>The setting that switches it.</summary>
    public string SettingOf(string route) => $"AzureWebJobs.{_functions[route]}.Disabled";

    /// <summary>Whether it is on.</summary>
    // A name with dots arrives as it is; where names take none, it is written with __.
    public bool IsOn(string route) => !IsTrue(configuration[SettingOf(route)]) && !IsTrue(configuration[$"AzureWebJobs:{_functions[route]}:Disabled"]);

    private static bool IsTrue(string? value) => value is "1" || string.Equals(value, "true", StringComparison.OrdinalIgnoreCase);
}

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
