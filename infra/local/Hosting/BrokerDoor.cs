using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Serverless.Local.Hosting;

/// <summary>
/// The REST door of the broker: reads messages off a request. host-contract.md, "Service Bus by REST".
/// https://learn.microsoft.com/rest/api/servicebus/send-message-to-queue and .../send-message-batch
/// </summary>
internal sealed class BrokerDoor(TopicBroker broker)
{
    /// <summary>Standard tier: 256 KB a message (and a batch), headers included; bytes.</summary>
    public const int MaxMessage = 256 * 1024;

    /// <summary>What is read before a request is refused as too large.</summary>
    public const int MaxBody = 1024 * 1024;

    private const string Batch = "application/vnd.microsoft.servicebus.json";
    private long calls;

    public long Calls => Interlocked.Read(ref calls);

    /// <summary>A status to answer every call with; 0 for none.</summary>
    public volatile int Refusal;

    public async Task AnswerAsync(HttpContext context)
    {
        Interlocked.Increment(ref calls);
        var response = context.Response;
        if (Refusal is not 0 and var status)
        {
            response.StatusCode = status;
            return;
        }

        var path = context.Request.Path.Value!.Trim('/').Split('/');
        if (await DeadLetterDoor.AnswerAsync(broker, context, path)) return;
        if (!HttpMethods.IsPost(context.Request.Method) || path is not [var topic, "messages"] || !broker.Has(topic))
        {
            response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        try
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            response.StatusCode = Take(context.Request, topic, body.ToArray());
        }
        catch (BadHttpRequestException problem)
        {
            response.StatusCode = problem.StatusCode == StatusCodes.Status413PayloadTooLarge ? StatusCodes.Status403Forbidden : problem.StatusCode;
        }
        catch (Exception problem) when (problem is JsonException or FormatException or InvalidOperationException or KeyNotFoundException or OverflowException)
        {
            response.StatusCode = StatusCodes.Status400BadRequest;
        }
    }

    private int Take(HttpRequest request, string topic, byte[] body)
    {
        // The service's documentation: 403 is "quota exceeded or message too large".
        var headers = request.Headers.Sum(header => header.Key.Length + header.Value.ToString().Length);
        if (body.Length + headers > MaxMessage) return StatusCodes.Status403Forbidden;
        var type = request.ContentType;
        if (type is not null && type.StartsWith(Batch, StringComparison.OrdinalIgnoreCase))
        {
            using var list = JsonDocument.Parse(body);
            broker.Send([.. list.RootElement.EnumerateArray().Select(item => Message(
                topic,
                Encoding.UTF8.GetBytes(item.GetProperty("Body").GetString() ?? ""),
                item.TryGetProperty("BrokerProperties", out var properties) ? properties : default,
                type: null,
                item.TryGetProperty("UserProperties", out var user) ? user.EnumerateObject().ToDictionary(pair => pair.Name, pair => Scalar(pair.Value), StringComparer.OrdinalIgnoreCase) : []))]);
            return StatusCodes.Status201Created;
        }

        var sent = request.Headers["BrokerProperties"].ToString();
        using var broken = JsonDocument.Parse(sent.Length > 0 ? sent : "{}");
        broker.Send([Message(topic, body, broken.RootElement, type, Properties(request.Headers))]);
        return StatusCodes.Status201Created;
    }

    private static TopicMessage Message(string topic, byte[] body, JsonElement broker, string? type, Dictionary<string, string> properties)
    {
        var system = new Dictionary<string, string>(StringComparer.Ordinal);
        DateTimeOffset? scheduled = null;
        TimeSpan? live = null;
        if (type is not null) system["contentType"] = type;
        foreach (var property in broker.ValueKind == JsonValueKind.Object ? broker.EnumerateObject() : default)
        {
            switch (property.Name)
            {
                case "ScheduledEnqueueTimeUtc":
                    scheduled = DateTimeOffset.Parse(property.Value.GetString()!, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
                    break;
                case "TimeToLive" or "TimeToLiveTimeSpan":
                    // Seconds in the header of a single message, a time span in a batch.
                    live = property.Value.ValueKind == JsonValueKind.Number ? TimeSpan.FromSeconds(property.Value.GetDouble()) : TimeSpan.Parse(property.Value.GetString()!, CultureInfo.InvariantCulture);
                    break;
                default:
                    if (Array.Find(TopicMessage.SystemNames, name => name.Equals(property.Name, StringComparison.OrdinalIgnoreCase)) is { } known)
                        system[known] = property.Value.ToString();
                    break;
            }
        }

        // The service gives a message without an id one of its own.
        system.TryAdd("messageId", Guid.CreateVersion7(TimeProvider.System.GetUtcNow()).ToString("N"));
        return new TopicMessage { Topic = topic, Body = body, System = system, Properties = properties, ScheduledFor = scheduled, TimeToLive = live };
    }

    // "application properties as further headers (strings in quotes)": a value that is neither quoted, a number nor a boolean is an ordinary header.
    private static Dictionary<string, string> Properties(IHeaderDictionary headers)
    {
        var properties = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, values) in headers)
        {
            var value = values.ToString();
            if (name.Equals("BrokerProperties", StringComparison.OrdinalIgnoreCase) || name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase) || name.StartsWith(':')) continue;
            if (value is ['"', .., '"']) properties[name] = IsScalar(value) ? value : Quote(value[1..^1]);
            else if (IsScalar(value)) properties[name] = value;
        }

        return properties;
    }

    private static bool IsScalar(string text)
    {
        try
        {
            using var value = JsonDocument.Parse(text);
            return value.RootElement.ValueKind is JsonValueKind.String or JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static string Scalar(JsonElement value) => IsScalar(value.GetRawText()) ? value.GetRawText() : throw new FormatException();

    private static string Quote(string text) => System.Text.Json.Nodes.JsonValue.Create(text).ToJsonString();
}
