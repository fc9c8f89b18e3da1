using System.Text.Json.Serialization;
using Serverless.Cases.Rules;
using Serverless.Contacts;
using Serverless.Outbox;
using Serverless.Platform.Json;

namespace Serverless.Cases;

/// <summary>JSON form of cases and their events: camel case, enums as words, nulls left out.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CloudEvent<CaseFacts>))]
[JsonSerializable(typeof(CaseReply))]
[JsonSerializable(typeof(ReplyTemplate))]
[JsonSerializable(typeof(CaseFile))]
[JsonSerializable(typeof(CasePage))]
[JsonSerializable(typeof(HandOver))]
[JsonSerializable(typeof(CaseActionLink))]
[JsonSerializable(typeof(IReadOnlyList<Promise>))]
public sealed partial class CaseJson : JsonSerializerContext
{
    static CaseJson() => Default = new(PlainJson.Of(Default));
}
