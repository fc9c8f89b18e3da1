using System.Text.Json.Serialization;

namespace Serverless.Contacts;

/// <summary>Delivery status of a sent message, as reported by the provider.</summary>
/// <param name="Account">As in <see cref="Contact.Account"/>.</param>
/// <param name="ExternalId">The provider's id of the message, as in <see cref="Contact.ExternalId"/>.</param>
/// <param name="State">Its status.</param>
/// <param name="At">The provider's time (UTC).</param>
/// <param name="Reason">The provider's error code for <see cref="MessageState.Failed"/>; null otherwise.</param>
/// <param name="ReplyId">Our id of the reply, where the provider gives it back; null otherwise.</param>
public sealed record MessageStatus(string Account, string ExternalId, MessageState State, DateTimeOffset At, string? Reason = null,
    string? ReplyId = null);

/// <summary>In ascending rank; a later report never lowers it.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<MessageState>))]
public enum MessageState
{
    [JsonStringEnumMemberName("sent")] Sent,
    [JsonStringEnumMemberName("delivered")] Delivered,
    [JsonStringEnumMemberName("read")] Read,
    [JsonStringEnumMemberName("failed")] Failed,
}
