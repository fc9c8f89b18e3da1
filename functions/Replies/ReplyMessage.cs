using System.Text.Json;
using System.Text.Json.Serialization;
using Serverless.Contacts;
using Serverless.Platform.Json;
using Serverless.Platform.Messaging;

namespace Serverless.Replies;

/// <summary>Message in queue <c>replies</c>: the reply that is due. Ids only; the text is in the case (P12).</summary>
/// <param name="CaseId">The case.</param>
/// <param name="ReplyId">The reply.</param>
public sealed record ReplyMessage(string CaseId, string ReplyId)
{
    public const string Queue = QueueNames.Replies;

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, ReplyJson.Default.ReplyMessage);

    /// <summary>The pointer, or null when the text is none.</summary>
    public static ReplyMessage? Parse(string json)
    {
        try
        {
            var pointer = JsonSerializer.Deserialize(json, ReplyJson.Default.ReplyMessage);
            return pointer is { CaseId: not null, ReplyId: not null } && IsId(pointer.CaseId) && IsId(pointer.ReplyId) ? pointer : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static bool IsId(string text) => Guid.TryParseExact(text, "N", out _);
}

/// <summary>Body of <c>POST api/cases/{id}/replies</c>.</summary>
public sealed record ReplyRequest
{
    /// <summary>Longest text, in characters. Each network takes less or more: its channel says so.</summary>
    public const int LongestText = 64 * 1024;

    /// <summary>Longest body, in bytes: a text with every character escaped.</summary>
    public const int MostBytes = 512 * 1024;

    private const int LongestId = 200;

    public string? Text { get; init; }

    /// <summary>The contact to answer, as <c>api/cases/{id}</c> names it; null for the latest one of the customer that has a way
    /// back.</summary>
    public string? To { get; init; }

    public bool InPrivate { get; init; }

    public ReplyTemplate? Template { get; init; }

    /// <summary>The caller's own id, at most 200 characters: asked again with it, nothing is sent twice.</summary>
    public string? Id { get; init; }

    /// <summary>The request, or null and the error.</summary>
    public static ReplyRequest? Parse(ReadOnlySpan<byte> body, out string problem)
    {
        problem = "Send {\"text\":\"...\"}; optional: to (a contact's id), inPrivate, template {name, language, values}, id (idempotency key: a repeated request with it sends nothing).";
        try
        {
            if (JsonSerializer.Deserialize(body, ReplyJson.Default.ReplyRequest) is not { } request) return null;
            problem = request switch
            {
                { Template: null } when string.IsNullOrWhiteSpace(request.Text) => "text is missing.",
                { Text.Length: > LongestText } => $"text has at most {LongestText} characters.",
                { Id.Length: 0 or > LongestId } => $"id has 1 to {LongestId} characters.",
                { Template: { Name: null or { Length: 0 or > 512 } } or { Language: null or { Length: 0 or > 35 } } } =>
                    "template needs name and language.",
                { Template.Values: { Count: > 100 } } => "template has at most 100 values.",
                _ => "",
            };
            return problem.Length == 0
                ? request with { Template = request.Template is { Values: null } bare ? bare with { Values = [] } : request.Template }
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>An automatic text to the customer.</summary>
/// <param name="Id">Made of what it must happen only once for, say the day.</param>
/// <param name="To">The contact it answers.</param>
/// <param name="Text">Plain text.</param>
/// <param name="DryRun">Only written down, for people to see.</param>
/// <param name="Owed">Sent even if a person answers first or the case is closed.</param>
public sealed record AutomaticReply(string Id, string To, string Text, bool DryRun, bool Owed);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ReplyMessage))]
[JsonSerializable(typeof(ReplyRequest))]
internal sealed partial class ReplyJson : JsonSerializerContext
{
    static ReplyJson() => Default = new(PlainJson.Of(Default));
}
