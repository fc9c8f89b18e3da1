using System.Text;
using Serverless.Channels;

namespace Serverless.Intake;

/// <summary>
/// Takes events that a provider puts into a queue of the app instead of calling a webhook: stored like a call, then processed. No further
/// verification: only an identity with a role assignment can write to the queue.
/// </summary>
public sealed class QueuedEvents(DeliveryStore deliveries, TimeProvider time)
{
    /// <summary>Method of a delivery that came by a queue.</summary>
    public const string Method = "QUEUE";

    /// <summary>Stores a message as a delivery. Taken twice it is two deliveries, whose contacts are one.</summary>
    /// <param name="channel">Whose events the queue holds.</param>
    /// <param name="message">Its text, to the character.</param>
    /// <param name="ct">Cancels.</param>
    public Task TakeAsync(string channel, string message, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var delivery = new Delivery
        {
            Id = DeliveryKey.NewId(now),
            Channel = channel,
            Method = Method,
            PathAndQuery = $"/api/hooks/{channel}/queue",
            Headers = new Dictionary<string, string>(StringComparer.Ordinal) { ["content-type"] = "application/json; charset=utf-8" },
            Body = Encoding.UTF8.GetBytes(message),
            ReceivedAt = now,
        };
        return deliveries.AcceptAsync(delivery, null, ct);
    }
}
