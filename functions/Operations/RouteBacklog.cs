using Serverless.Notifications;
using Serverless.Platform.Audit;

namespace Serverless.Operations;

/// <summary>Empties the queues of disabled routes, with an audit entry.</summary>
public sealed class RouteBacklog(RouteSwitches switches, NotificationQueues queue, AuditLog actions)
{
    /// <summary>All routes.</summary>
    public IReadOnlyList<string> Routes => switches.Routes;

    /// <summary>The setting that switches a route.</summary>
    public string SettingOf(string route) => switches.SettingOf(route);

    /// <summary>Discards the messages in its queue; null while the route is on.</summary>
    public async Task<RouteDiscarded?> DiscardAsync(string route, string? by, CancellationToken ct)
    {
        if (switches.IsOn(route)) return null;
        var begun = await actions.BeginAsync("discard", NotificationQueues.Of(route), "all", by, ct);
        var count = await queue.CountAsync(route, ct);
        await queue.ClearAsync(route, ct);
        await actions.EndAsync(begun, new Dictionary<string, int>(StringComparer.Ordinal) { ["done"] = count }, ct);
        return new RouteDiscarded(count);
    }
}

/// <summary>Number of discarded messages.</summary>
/// <param name="Discarded">About how many messages: storage counts approximately.</param>
public sealed record RouteDiscarded(int Discarded);
