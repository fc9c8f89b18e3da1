using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Serverless.Outbox;

namespace Serverless.Notifications.Subscriptions;

/// <summary>Events about a subscription, sent to its subscriber.</summary>
public static class SubscriptionEvent
{
    public const string Source = "/subscriptions";
    public const string Ping = "serverless.ping.v1";

    /// <summary>Every type with its example.</summary>
    public static IEnumerable<EventKind> Kinds =>
    [
        new(Ping, "A test of this subscription was requested; no action is needed.", "ping-event",
            Json("ping-0123456789abcdef0123456789abcdef", "crm",
                DateTimeOffset.Parse("2026-11-20T09:15:00Z", CultureInfo.InvariantCulture))),
    ];

    /// <summary>A test event for one subscription.</summary>
    public static Notification PingOf(string subscription, DateTimeOffset now)
    {
        var id = $"ping-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16))}";
        return new Notification { EventId = id, Type = Ping, Facts = new NotificationFacts(), At = now,
            Event = Json(id, subscription, now) };
    }

    private static byte[] Json(string id, string subscription, DateTimeOffset now) => JsonSerializer.SerializeToUtf8Bytes(
        new CloudEvent<PingFacts> { Id = id, Source = Source, Type = Ping, Subject = subscription, Time = now,
            Data = new PingFacts(subscription) }, SubscriptionJson.Default.CloudEventPingFacts);
}

/// <summary>Data of a test event.</summary>
/// <param name="Subscription">Its name.</param>
public sealed record PingFacts(string Subscription);
