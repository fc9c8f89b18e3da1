using System.Text.Json.Serialization;
using Serverless.Platform.Audit;
using Serverless.Platform.Json;

namespace Serverless.Operations.Review;

/// <summary>JSON form of quarantine, replays and the audit log.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(QuarantinePage))]
[JsonSerializable(typeof(QuarantinedFile))]
[JsonSerializable(typeof(ReviewStep))]
[JsonSerializable(typeof(ReplayStep))]
[JsonSerializable(typeof(PoisonPage))]
[JsonSerializable(typeof(PoisonStep))]
[JsonSerializable(typeof(KeptPage))]
[JsonSerializable(typeof(KeptStep))]
[JsonSerializable(typeof(AuditLog.Page), TypeInfoPropertyName = "ActionPage")]
internal sealed partial class ReviewJson : JsonSerializerContext
{
    static ReviewJson() => Default = new(PlainJson.Of(Default));
}
