using System.Text.Json.Serialization;
using Serverless.Contacts;

namespace Serverless.Cases.Rules;

/// <summary>A reply to the customer and its status.</summary>
public sealed record CaseReply
{
    /// <summary>32 hex digits.</summary>
    public required string Id { get; init; }

    public required ReplyState State { get; init; }

    /// <summary>When it came to this state.</summary>
    public required DateTimeOffset StateAt { get; init; }

    /// <summary>The contact it answers, as <c>api/cases/{id}</c> names it.</summary>
    public required string To { get; init; }

    public required string Text { get; init; }

    public bool InPrivate { get; init; }

    public ReplyTemplate? Template { get; init; }

    /// <summary>True for a receipt: no person wrote it, and it answers nothing.</summary>
    public bool Automatic { get; init; }

    /// <summary>True for an automatic text that must be sent in any case: the confirmation of a cancellation or withdrawal.</summary>
    public bool Owed { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Tries so far.</summary>
    public int Tries { get; init; }

    /// <summary>While it waits: when the next try is due. While it is sent: by when its sender must have said how it went. Null at its
    /// end.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>One of <see cref="ReplyReasons"/>, or a short code; null when there is none.</summary>
    public string? Reason { get; init; }

    /// <summary>A sentence or the provider's error code.</summary>
    public string? Detail { get; init; }

    /// <summary>The outbound contact that it became; null before.</summary>
    public string? ContactId { get; init; }

    /// <summary>True once a try may have reached the customer without our knowing.</summary>
    [JsonIgnore]
    public bool MaybeSent { get; init; }

    /// <summary>The text accepted by the provider, until it is a contact of the case.</summary>
    [JsonIgnore]
    public ContactEvent? Sent { get; init; }

    /// <summary>The provider's id, when a status report carried it before the send response did.</summary>
    [JsonIgnore]
    public MessageStatus? Known { get; init; }

    /// <summary>True once the provider is known to have it.</summary>
    [JsonIgnore]
    public bool IsOut => Sent is not null || Known is not null;
}

/// <summary>Status of a reply.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ReplyState>))]
public enum ReplyState
{
    /// <summary>To be sent, now or when its next try is due.</summary>
    [JsonStringEnumMemberName("waiting")] Waiting,

    /// <summary>Being sent.</summary>
    [JsonStringEnumMemberName("sending")] Sending,

    /// <summary>Delivery is unknown, and the provider cannot detect duplicates: a person decides. Never retried automatically.</summary>
    [JsonStringEnumMemberName("uncertain")] Uncertain,

    /// <summary>It will not be sent: the provider or the channel said no.</summary>
    [JsonStringEnumMemberName("refused")] Refused,

    /// <summary>A text of a dry run: acknowledgements of its channel are not switched on. Never sent.</summary>
    [JsonStringEnumMemberName("dry-run")] DryRun,

    /// <summary>A receipt that was withdrawn before it was sent: a person was faster. Never sent.</summary>
    [JsonStringEnumMemberName("void")] Void,

    /// <summary>The provider took it.</summary>
    [JsonStringEnumMemberName("sent")] Sent,

    [JsonStringEnumMemberName("delivered")] Delivered,

    [JsonStringEnumMemberName("read")] Read,

    /// <summary>It did not reach the customer: given up, or the provider said so after it took it.</summary>
    [JsonStringEnumMemberName("failed")] Failed,
}
