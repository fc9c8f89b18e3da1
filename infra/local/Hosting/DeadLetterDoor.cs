using System.Globalization;
using System.Text.Json.Nodes;

namespace Serverless.Local.Hosting;

/// <summary>
/// Dead letters by REST: count them, lock the next one, unlock it, take it away. An empty queue is answered at once, whatever timeout is asked for.
/// https://learn.microsoft.com/en-us/rest/api/servicebus/peek-lock-message-non-destructive-read, .../unlock-message, .../delete-message
/// </summary>
internal static class DeadLetterDoor
{
    private const string Queue = "$DeadLetterQueue";

    /// <summary>True when the path is one of a dead-letter queue; the answer is then given.</summary>
    public static async Task<bool> AnswerAsync(TopicBroker broker, HttpContext context, string[] path)
    {
        if (path is [var described, var subscriptions, var name] && Same(subscriptions, "subscriptions") && HttpMethods.IsGet(context.Request.Method))
        {
            await DescribeAsync(broker, described, name, context.Response, context.RequestAborted);
            return true;
        }

        if (path is not [var topic, var word, var subscription, var queue, "messages", .. var rest] || !Same(word, "subscriptions") || !Same(queue, Queue)) return false;
        var (method, response) = (context.Request.Method, context.Response);
        if (!broker.Has(topic, subscription)) response.StatusCode = StatusCodes.Status410Gone;
        else if (rest is ["head"] && HttpMethods.IsPost(method)) await LockAsync(broker, topic, subscription, response, context.RequestAborted);
        else if (rest is [var number, var token] && (HttpMethods.IsPut(method) || HttpMethods.IsDelete(method)))
        {
            var settled = long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && Guid.TryParse(token, out var key) && broker.SettleDead(topic, subscription, n, key, HttpMethods.IsDelete(method));
            response.StatusCode = settled ? StatusCodes.Status200OK : StatusCodes.Status404NotFound;
        }
        else response.StatusCode = StatusCodes.Status404NotFound;

        return true;
    }

    // Of the description only what counts messages.
    private static async Task DescribeAsync(TopicBroker broker, string topic, string subscription, HttpResponse response, CancellationToken ct)
    {
        if (broker.Counts().FirstOrDefault(c => Same(c.Topic, topic) && Same(c.Subscription, subscription)) is not { } count)
        {
            response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        response.ContentType = "application/atom+xml;type=entry;charset=utf-8";
        await response.WriteAsync(
            string.Create(CultureInfo.InvariantCulture, $"""
                <entry xmlns="http://www.w3.org/2005/Atom"><title type="text">{count.Subscription}</title><content type="application/xml"><SubscriptionDescription xmlns="http://schemas.microsoft.com/netservices/2010/10/servicebus/connect"><CountDetails xmlns:d2p1="http://schemas.microsoft.com/netservices/2011/06/servicebus"><d2p1:ActiveMessageCount>{count.Active}</d2p1:ActiveMessageCount><d2p1:DeadLetterMessageCount>{count.DeadLetters}</d2p1:DeadLetterMessageCount></CountDetails></SubscriptionDescription></content></entry>
                """), ct);
    }

    private static async Task LockAsync(TopicBroker broker, string topic, string subscription, HttpResponse response, CancellationToken ct)
    {
        if (broker.LockDead(topic, subscription) is not var (message, lockToken, until, deliveries, reason))
        {
            response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }

        response.StatusCode = StatusCodes.Status201Created;
        var properties = new JsonObject
        {
            ["DeliveryCount"] = deliveries,
            ["EnqueuedSequenceNumber"] = message.SequenceNumber,
            ["EnqueuedTimeUtc"] = message.EnqueuedAt.ToString("R"),
            ["LockToken"] = lockToken.ToString(),
            ["LockedUntilUtc"] = until.ToString("R"),
            ["MessageId"] = message.MessageId,
            ["SequenceNumber"] = message.SequenceNumber,
            ["State"] = "Active",
        };
        response.Headers["BrokerProperties"] = properties.ToJsonString();
        response.Headers.Location = $"{topic}/subscriptions/{subscription}/{Queue}/messages/{message.SequenceNumber}/{lockToken}";
        foreach (var (name, json) in message.Properties) response.Headers[name] = json;
        response.Headers["DeadLetterReason"] = $"\"{reason}\"";
        response.Headers["DeadLetterErrorDescription"] = JsonValue.Create(reason == "TTLExpiredException" ? "The message was not taken in time." : "The message was handed out too often.").ToJsonString();
        if (message.System.TryGetValue("contentType", out var type)) response.ContentType = type;
        await response.Body.WriteAsync(message.Body, ct);
    }

    private static bool Same(string a, string b) => a.Equals(b, StringComparison.OrdinalIgnoreCase);
}
