using System.Text.Json.Serialization;

namespace Serverless.Outbox;

/// <summary>A CloudEvents 1.0 envelope. Source:
/// https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md</summary>
/// <typeparam name="TFacts">What the event says.</typeparam>
public sealed record CloudEvent<TFacts>
{
    [JsonPropertyName("specversion")]
    public string SpecVersion { get; init; } = "1.0";

    public required string Id { get; init; }

    public required string Source { get; init; }

    public required string Type { get; init; }

    /// <summary>Its subject: a case id, or the name of a channel.</summary>
    public required string Subject { get; init; }

    public required DateTimeOffset Time { get; init; }

    [JsonPropertyName("datacontenttype")]
    public string DataContentType { get; init; } = "application/json";

    /// <summary>The trace it became true in; null when nobody listens. Source:
    /// https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/extensions/distributed-tracing.md</summary>
    [JsonPropertyName("traceparent")]
    public string? TraceParent { get; init; }

    public required TFacts Data { get; init; }
}
