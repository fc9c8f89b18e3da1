using System.Security.Cryptography;
using System.Text.Json;

namespace Serverless.Notices;

/// <summary>What a subscriber hears of its own subscription.</summary>
public static class SubscriptionEvent
{
    public const string Source = "/subscriptions";
    public const string Ping = "serverless.ping.v1";

    /// <summary>Every type, with one sentence on when it is told.</summary>
    public static readonly IReadOnlyDictionary<string, string> Catalogue = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        [Ping] = "Somebody asked for a test of this subscription: nothing happened, and nothing is to be done.",
    };

    /// <summary>A test event for one subscription.</summary>
    public static Notice PingOf(string subscription, DateTimeOffset now)
    {
        var id = $"ping-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16))}";
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("specversion", "1.0");
            json.WriteString("id", id);
            json.WriteString("source", Source);
            json.WriteString("type", Ping);
            json.WriteString("subject", subscription);
            json.WriteString("time", now);
            json.WriteString("datacontenttype", "application/json");
            json.WriteStartObject("data");
            json.WriteString("subscription", subscription);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return new Notice { EventId = id, Type = Ping, Facts = new NoticeFacts(), At = now, Event = buffer.ToArray() };
    }
}
