using System.Text.Json.Serialization;

namespace Serverless.Cases;

/// <summary>The wire form of cases and their events: camel case, enums as words, nothing for null.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CloudEvent))]
[JsonSerializable(typeof(CaseFile))]
[JsonSerializable(typeof(CasePage))]
[JsonSerializable(typeof(HandOver))]
public sealed partial class CaseJson : JsonSerializerContext;
