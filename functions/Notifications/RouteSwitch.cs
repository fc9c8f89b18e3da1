namespace Serverless.Notifications;

/// <summary>The function that processes the queue of a route; disabling it switches the route off.</summary>
/// <param name="Route">Name of the route.</param>
/// <param name="Function">Name of the function.</param>
public sealed record RouteSwitch(string Route, string Function);

/// <summary>
/// Which routes are on: those whose function the host runs, by <c>AzureWebJobs.{function}.Disabled</c>. Read at publishing: nothing is sent
/// later for a route that was off.
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
    public bool IsOn(string route) =>
        !IsTrue(configuration[SettingOf(route)]) && !IsTrue(configuration[$"AzureWebJobs:{_functions[route]}:Disabled"]);

    private static bool IsTrue(string? value) => value is "1" || string.Equals(value, "true", StringComparison.OrdinalIgnoreCase);
}
