using System.Text.Json;
using System.Text.Json.Serialization;
using Serverless.Platform.Json;
using Serverless.Platform.Messaging;

namespace Serverless.Intake;

/// <summary>Message in queue <c>inbound</c>: delivery to process and number of attempts.</summary>
/// <param name="Channel">Channel name.</param>
/// <param name="Id">Delivery id.</param>
/// <param name="Attempt">0 at first; counts the times Normalise put it back.</param>
/// <param name="FirstAt">When the delivery was first queued.</param>
public sealed record DeliveryMessage(string Channel, string Id, int Attempt, DateTimeOffset FirstAt)
{
    public const string Queue = QueueNames.Inbound;

    /// <summary>The <c>traceparent</c> under which it was written; null when nobody listens.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Trace { get; init; }

    [JsonIgnore]
    public DeliveryKey Key => new(Channel, Id);

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, IntakeJson.Default.DeliveryMessage);

    /// <summary>The pointer, or null when the text is none.</summary>
    public static DeliveryMessage? Parse(string json)
    {
        try
        {
            var pointer = JsonSerializer.Deserialize(json, IntakeJson.Default.DeliveryMessage);
            return pointer is { Channel.Length: > 0, Id: not null } && DeliveryKey.IsId(pointer.Id) ? pointer : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(DeliveryMessage))]
[JsonSerializable(typeof(Dictionary<string, string>))]
[JsonSerializable(typeof(Dictionary<string, int>))]
internal sealed partial class IntakeJson : JsonSerializerContext
{
    static IntakeJson() => Default = new(PlainJson.Of(Default));
}
