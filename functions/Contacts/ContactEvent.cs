using System.Text.Json.Serialization;

namespace Serverless.Contacts;

/// <summary>
/// An event of a contact. The contact is the fold of its events in the provider's order of time, regardless of the order of arrival.
/// </summary>
/// <param name="EventId">The provider's id of this event, raw; the same event delivered again has the same id. Unique within channel and
/// account.</param>
/// <param name="Change">Kind of event.</param>
/// <param name="Contact">The contact as far as this event states it.</param>
public sealed record ContactEvent(string EventId, ContactChange Change, Contact Contact)
{
    /// <summary>Further facts to find its case; null for none. Not stored.</summary>
    [JsonIgnore]
    public ContactClues? Clues { get; init; }

    /// <summary>Stands for something a channel cannot read yet: visible, and replayable once it can (P5).</summary>
    /// <param name="channel">The channel's name.</param>
    /// <param name="network">The network; <c>unknown</c> if it cannot be determined.</param>
    /// <param name="account">Our account at the provider.</param>
    /// <param name="id">From the provider, or from the bytes, so that the same piece delivered again makes the same one.</param>
    /// <param name="occurredAt">The provider's time, or that of arrival.</param>
    /// <param name="receivedAt">When it arrived.</param>
    /// <param name="type">The provider's word for what it is; null when there is none.</param>
    public static ContactEvent Unread(string channel, string network, string account, string id, DateTimeOffset occurredAt,
        DateTimeOffset receivedAt, string? type = null) =>
        new(id, ContactChange.Received, new Contact
        {
            Channel = channel,
            Network = network,
            Account = account,
            ExternalId = id,
            Kind = ContactKind.Placeholder,
            OccurredAt = occurredAt,
            ReceivedAt = receivedAt,
            Extras = string.IsNullOrEmpty(type) ? null : new Dictionary<string, string>(StringComparer.Ordinal) { ["type"] = type },
        });
}

/// <summary>Further facts of a channel about the conversation, used only to find its case.</summary>
/// <param name="Digest">Distinguishes two different contacts with one id from a sender; the same in every copy of one. Null: the id is
/// enough.</param>
/// <param name="With">Stands for the person the conversation is with. A contact found by its id counts only if it is with the same (P10).
/// Null: nothing is found by this one's id.</param>
/// <param name="Answers">External ids of contacts that it answers, the nearest first; tried where its conversation is not known.</param>
public sealed record ContactClues(string? Digest, string? With, IReadOnlyList<string> Answers);

/// <summary>Kind of event of a contact.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ContactChange>))]
public enum ContactChange
{
    /// <summary>It came in (or went out, for an outbound contact).</summary>
    [JsonStringEnumMemberName("received")] Received,

    /// <summary>Its author changed the text; the text of the event with the latest time holds.</summary>
    [JsonStringEnumMemberName("edited")] Edited,

    /// <summary>Its author took it back: text and attachments are no longer shown.</summary>
    [JsonStringEnumMemberName("removed")] Removed,

    /// <summary>Its author, or the platform, put back what was removed: text and attachments are shown again.</summary>
    [JsonStringEnumMemberName("restored")] Restored,

    /// <summary>Progress: a call leg, a recording, a transcription. Adds to the known data.</summary>
    [JsonStringEnumMemberName("progressed")] Progressed,
}
