namespace Serverless.Platform.Features;

/// <summary>
/// A route of our own that receives events: the outbox puts one message per event into its storage queue. Each route registers its own.
/// </summary>
/// <param name="Name">Of the route, e.g. <c>webhook</c>.</param>
/// <param name="Queue">Its queue: <c>notify-{Name}</c>.</param>
/// <param name="Wants">Whether the route is on and wants events of this CloudEvents type. It checks the type and the switch only, never
/// recipients: it is called for every event.</param>
public sealed record EventDestination(string Name, string Queue, Func<string, bool> Wants);
