using System.Security.Cryptography;
using Serverless.Channels;
using Serverless.Contacts;

namespace Serverless.Processing;

/// <summary>
/// Placeholder of an unreadable item: a contact with a case of its own, which names its delivery and can be replayed after the fix (P5).
/// </summary>
public static class Placeholder
{
    /// <summary>The placeholder of an element. Its id comes from the bytes, so that the provider's repetition makes the same one.</summary>
    public static ContactEvent For(Delivery delivery, string position)
    {
        var id = $"unreadable:{Convert.ToHexStringLower(SHA256.HashData(delivery.Body.Span))}:{position}";
        return ContactEvent.Unread(delivery.Channel, delivery.Channel, "", id, delivery.ReceivedAt, delivery.ReceivedAt);
    }
}
