using System.Text.Json;
using System.Text.Json.Serialization;
using Serverless.Platform.Json;
using Serverless.Platform.Messaging;

namespace Serverless.Attachments;

/// <summary>Message in queue <c>attachments</c>: attachment to fetch and number of attempts. Ids only.</summary>
/// <param name="CaseId">The case.</param>
/// <param name="File">Id of the file within it.</param>
/// <param name="Attempt">0 at first.</param>
public sealed record AttachmentMessage(string CaseId, string File, int Attempt)
{
    public const string Queue = QueueNames.Attachments;

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, AttachmentJson.Default.AttachmentMessage);

    /// <summary>The pointer, or null when the text is none.</summary>
    public static AttachmentMessage? Parse(string json)
    {
        try
        {
            var pointer = JsonSerializer.Deserialize(json, AttachmentJson.Default.AttachmentMessage);
            return pointer is { CaseId.Length: 32, File.Length: > 0 and < 100 } && pointer.CaseId.All(char.IsAsciiHexDigit)
                && pointer.File.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') ? pointer : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(AttachmentMessage))]
internal sealed partial class AttachmentJson : JsonSerializerContext
{
    static AttachmentJson() => Default = new(PlainJson.Of(Default));
}
