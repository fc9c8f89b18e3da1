using System.Text.Json;
using System.Text.Json.Serialization;

namespace Serverless.Contacts;

/// <summary>
/// Common form of an interaction of a customer (or of a colleague, P16) on any channel. Version 1; unknown fields survive a round trip.
/// </summary>
/// <remarks>A contact is never stored as such: it is the fold of its <see cref="ContactEvent"/>s, so every member but the identifying ones
/// may be unknown (null) in one event.</remarks>
public sealed record Contact
{
    /// <summary>
    /// Name in <see cref="Extras"/> of an event that ends the wait without a reply of ours: a solution accepted by the customer.
    /// </summary>
    public const string SettlesName = "settles";

    /// <summary>Name of an extra: further accounts of ours that got the very same message, with spaces between; each makes a case of its
    /// own.</summary>
    public const string AlsoTo = "alsoTo";

    // Members with a default have a setter and not init: the JSON source generator makes init members constructor parameters, which forgets
    // their defaults and refuses extension data.
    public int Version { get; set; } = 1;

    /// <summary>Name of the channel it came by, e.g. <c>meta</c>.</summary>
    public required string Channel { get; init; }

    /// <summary>The network behind the channel, e.g. <c>whatsapp</c>, <c>messenger</c>, <c>instagram</c>, <c>facebook</c>, <c>voice</c>,
    /// <c>sms</c>, <c>web-form</c>.</summary>
    public required string Network { get; init; }

    /// <summary>Our account at the provider: page id, phone number id, account SID, CloudEvents source. External ids are unique within
    /// channel and account.</summary>
    public required string Account { get; init; }

    /// <summary>The provider's id of the contact (message id, call SID), raw.</summary>
    public required string ExternalId { get; init; }

    public required ContactKind Kind { get; init; }

    public Direction Direction { get; init; }

    public Place Place { get; init; }

    /// <summary>Our address of the contact: number dialled, mailbox, page, post. Null when the event does not state it.</summary>
    public string? Entry { get; init; }

    /// <summary>
    /// What holds a conversation together at this provider (page and sender, post, caller and number). Contacts of one key go to one case.
    /// Null: the contact has no conversation, or the event does not state it and follows its contact. Raw: storage hashes it.
    /// </summary>
    public string? ThreadKey { get; init; }

    /// <summary>
    /// A second name of the same conversation, where the provider knows one person by two ids of which either may be missing (WhatsApp:
    /// user id and phone number). Contacts that carry either go to one
    /// case, unless this name belongs to another <see cref="ThreadKey"/> by now: a number may get a new owner. Raw.
    /// </summary>
    public string? ThreadAlias { get; init; }

    /// <summary>The part of <see cref="ThreadKey"/> that names a place which its provider may rename (a Telegram group); null where that
    /// cannot happen.</summary>
    public string? ThreadPlace { get; init; }

    /// <summary>The customer, as stated by the provider; names are never invented (P11). Outbound: the recipient.</summary>
    public IReadOnlyList<Identity> Parties { get; set; } = [];

    /// <summary>The provider's own time (UTC); the time of arrival where the provider gives none.</summary>
    public required DateTimeOffset OccurredAt { get; init; }

    /// <summary>When it reached us (UTC).</summary>
    public required DateTimeOffset ReceivedAt { get; init; }

    /// <summary>The customer's words, verbatim.</summary>
    public string? Text { get; init; }

    /// <summary>BCP 47 tag, only if the provider or the sender stated it.</summary>
    public string? Language { get; init; }

    public IReadOnlyList<Attachment> Attachments { get; set; } = [];

    /// <summary>Reply path on this channel; null when there is none.</summary>
    public ReplyPath? Reply { get; init; }

    /// <summary>Progress of a call; null for everything else.</summary>
    public CallJourney? Call { get; init; }

    /// <summary>
    /// Set for a contact that arrived late: found by reconciliation, released from quarantine, or read by a replay. Such a contact
    /// triggers no automatic text and restarts no clock (P9).
    /// </summary>
    public Recovery? Recovery { get; init; }

    /// <summary>Id of the contact that a replay put in the place of this one, within its case or another; <c>ignored</c> when it turned out
    /// to be nothing a case needs. Null otherwise.</summary>
    public string? SupersededBy { get; init; }

    /// <summary>Further fields of the provider that a person may need, under the provider's own names.</summary>
    public IReadOnlyDictionary<string, string>? Extras { get; init; }

    /// <summary>Fields of a later version, preserved unchanged.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>Kind of a contact.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ContactKind>))]
public enum ContactKind
{
    [JsonStringEnumMemberName("message")] Message,
    [JsonStringEnumMemberName("comment")] Comment,
    [JsonStringEnumMemberName("post")] Post,
    [JsonStringEnumMemberName("call")] Call,
    [JsonStringEnumMemberName("missed-call")] MissedCall,
    [JsonStringEnumMemberName("voicemail")] Voicemail,
    [JsonStringEnumMemberName("form")] Form,
    [JsonStringEnumMemberName("visit")] Visit,
    [JsonStringEnumMemberName("device-event")] DeviceEvent,

    /// <summary>A sign under something that was said (a thumb, a heart), its text: shown in its case, starts nothing.</summary>
    [JsonStringEnumMemberName("reaction")] Reaction,

    /// <summary>A contact preference of the customer, in <see cref="Contact.Extras"/>: stored without effect.</summary>
    [JsonStringEnumMemberName("preference")] Preference,

    /// <summary>An item that cannot be read yet, visible and replayable (P5).</summary>
    [JsonStringEnumMemberName("placeholder")] Placeholder,
}

/// <summary>Inbound: from a customer. Outbound: our own people's answer, made outside this product (P16).</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Direction>))]
public enum Direction
{
    [JsonStringEnumMemberName("inbound")] Inbound,
    [JsonStringEnumMemberName("outbound")] Outbound,
}

/// <summary>Whether others can read it.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Place>))]
public enum Place
{
    [JsonStringEnumMemberName("private")] Private,
    [JsonStringEnumMemberName("public")] Public,
}

/// <summary>One address of a person.</summary>
/// <param name="Scheme">Kind of address: <c>phone</c> (E.164), <c>email</c>, <c>psid</c>, <c>igsid</c>, <c>bsuid</c>, <c>facebook</c>,
/// <c>device</c>, ...</param>
/// <param name="Value">The address, raw.</param>
/// <param name="Evidence">Certainty of the address.</param>
/// <param name="Scope">Scope in which the address is unique (page id, Instagram account, business portfolio); null when globally
/// unique.</param>
/// <param name="Name">The name the person or provider gave with it; null when none was.</param>
public sealed record Identity(string Scheme, string Value, Evidence Evidence, string? Scope = null, string? Name = null);

/// <summary>Evidence of an identity.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Evidence>))]
public enum Evidence
{
    /// <summary>Anybody can claim it (a caller's number, a form field, a mail sender).</summary>
    [JsonStringEnumMemberName("claimed")] Claimed,

    /// <summary>The provider vouches for it (a signed-in account).</summary>
    [JsonStringEnumMemberName("attested")] Attested,
}

/// <summary>An attachment of a contact; fetched separately.</summary>
/// <param name="Reference">The provider's URL or media id.</param>
/// <param name="Type">MIME type or the provider's word for it; null when not stated.</param>
/// <param name="Size">Bytes; null when not stated.</param>
/// <param name="Name">File name; null when not stated.</param>
public sealed record Attachment(string Reference, string? Type = null, long? Size = null, string? Name = null);

/// <summary>Reply path of a contact.</summary>
/// <param name="Address">Address for the provider's send call (PSID, number, comment id).</param>
/// <param name="Until">End of the provider's reply window (UTC); null when there is none.</param>
public sealed record ReplyPath(string Address, DateTimeOffset? Until = null);

/// <summary>Delay with which a contact was found.</summary>
/// <param name="GapSeconds">From the provider's time to the reconciliation, release or replay.</param>
public sealed record Recovery(long GapSeconds);

/// <summary>
/// Progress of a call, as one event reports it; the fold keeps the furthest outcome and the latest numbers. A call is one contact, from
/// the first ring to the last hang-up, however many people it rang and however often it was transferred.
/// </summary>
public sealed record CallJourney
{
    public required CallOutcome Outcome { get; init; }

    /// <summary>Kind of contact of an incoming call, by its progress.</summary>
    [JsonIgnore]
    public ContactKind Kind => Outcome switch
    {
        CallOutcome.Missed => ContactKind.MissedCall,
        CallOutcome.Voicemail => ContactKind.Voicemail,
        _ => ContactKind.Call,
    };

    /// <summary>Whom it reached or tried, e.g. the number rung; null when unknown.</summary>
    public string? Answerer { get; init; }

    /// <summary>
    /// When a person answered (UTC), in the event that reports it; the fold keeps the earliest. Null when the event does not state it.
    /// </summary>
    public DateTimeOffset? AnsweredAt { get; init; }

    /// <summary>Seconds the caller waited before a person answered or the call ended; where the provider does not say, the fold counts them
    /// from the times of the events. Null when unknown.</summary>
    public int? WaitSeconds { get; init; }

    /// <summary>Seconds of the whole call; where the provider does not say, the fold counts them from the times of the events. Null when
    /// unknown.</summary>
    public int? DurationSeconds { get; init; }

    /// <summary>
    /// Persons rung and transfers, in the order reported; null when the event reports none. The fold joins them by
    /// <see cref="CallLeg.Id"/>.
    /// </summary>
    public IReadOnlyList<CallLeg>? Legs { get; init; }

    /// <summary>True once the provider says the call is over.</summary>
    public bool Ended { get; init; }

    /// <summary>True when the company refuses this caller: nobody owes them anything. Null otherwise.</summary>
    public bool? Refused { get; init; }
}

/// <summary>One attempt to reach a person within a call.</summary>
/// <param name="Id">The provider's id of the leg, unique within the contact.</param>
/// <param name="Target">Whom it rang: a number, the name of a user or a device; null when unknown.</param>
/// <param name="Outcome">Its progress.</param>
/// <param name="Transferred">True when it is the result of a transfer.</param>
public sealed record CallLeg(string Id, string? Target, CallOutcome Outcome, bool Transferred = false);

/// <summary>In ascending rank: a fold keeps the highest, regardless of the order of arrival.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<CallOutcome>))]
public enum CallOutcome
{
    [JsonStringEnumMemberName("ringing")] Ringing,
    [JsonStringEnumMemberName("missed")] Missed,
    [JsonStringEnumMemberName("voicemail")] Voicemail,
    [JsonStringEnumMemberName("answered")] Answered,
}
