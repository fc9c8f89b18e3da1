using Serverless.Contacts;

namespace Serverless.Channels;

/// <summary>Contract of a channel, one per provider: verifies calls, responds to them, and parses payloads. Does no I/O.</summary>
public interface IChannel
{
    /// <summary>Lower-case name: the address <c>api/hooks/{Name}</c> and, capitalised, the section <c>Channels:{Name}</c>.</summary>
    string Name { get; }

    /// <summary>Read on every call, so that a rotated secret or a changed mode applies at once.</summary>
    ChannelSettings Settings { get; }

    /// <summary>
    /// Lower-case names of the headers stored with a delivery (a trailing <c>*</c> marks a prefix): all that verification or parsing
    /// needs. <c>content-type</c> is always stored.
    /// </summary>
    IReadOnlyList<string> KeptHeaders { get; }

    /// <summary>
    /// Where a sender transmits a secret instead of signing: lower-case names of stored headers, <c>?name</c> for a field of the query,
    /// <c>$name</c> for a JSON property of the body. Headers and query fields are stored as a keyed hash only
    /// (<see cref="Serverless.Platform.Signatures.BearerProof"/>), so verification compares with that; bodies stay exact and lose the
    /// property when returned.
    /// </summary>
    IReadOnlyList<string> BearerProofs => [];

    /// <summary>
    /// The largest body that the provider sends, in bytes, with a margin; a larger one gets 413. <c>Receive__MaxBodyBytes</c>
    /// may be less.
    /// </summary>
    int MaxBodyBytes => 8 * 1024 * 1024;

    /// <summary>
    /// Sentences for missing or wrong settings of an enabled channel, each naming the setting to change; empty when there are none.
    /// </summary>
    IEnumerable<string> Problems();

    /// <summary>
    /// Verifies the raw bytes, in constant time where a secret is compared. Never throws for input of strangers. A dated signature is
    /// verified as of <see cref="Delivery.ReceivedAt"/>, not of the clock: the same delivery is verified again when its key is loaded, or
    /// when it is released from quarantine days later.
    /// </summary>
    VerificationResult Verify(Delivery delivery);

    /// <summary>The exact response that the provider expects once the outcome is known. Never throws for input of strangers.</summary>
    WebhookResponse Respond(Delivery delivery, Acceptance acceptance);

    /// <summary>
    /// The response to a call that was rejected for load before verification: valid call control for a phone call, whose
    /// provider does not repeat the call; null for all others, which get 503 and repeat it. The delivery is unverified, so the response
    /// reveals nothing. Never throws for input of strangers.
    /// </summary>
    /// <param name="begun">The call with the part of its body that arrived, perhaps empty.</param>
    WebhookResponse? RespondUnread(Delivery begun) => null;

    /// <summary>
    /// The account, sender or site of the settings that a delivery claims to come from; null when it names none of them.
    /// Unverified: it separates the storage limits of sources from each other, and shows a sender its own failed
    /// calls. Never throws for input of strangers.
    /// </summary>
    string? SourceOf(Delivery delivery) => null;

    /// <summary>
    /// Splits a verified delivery, one item for each event, message or change in it. May throw when the delivery as a whole cannot be
    /// read (it becomes a placeholder); an item that throws affects only itself (P4). Items are parsed in order, on demand.
    /// </summary>
    IEnumerable<DeliveryItem> Read(Delivery delivery);
}

/// <summary>One item of a delivery, parsed on demand.</summary>
/// <param name="Position">Its position, e.g. <c>entry[0].messaging[2]</c>; stable for the same bytes, free of personal data.</param>
/// <param name="Read">Parses it; an exception becomes a placeholder and a stored failure.</param>
public readonly record struct DeliveryItem(string Position, Func<Parsed> Read);

/// <summary>Result of parsing an item.</summary>
public abstract record Parsed
{
    private Parsed() { }

    /// <summary>
    /// The call-control step to send after this item is stored; null for none. Only from a channel that is <see cref="ICallControl"/>.
    /// </summary>
    public CallControlStep? Step { get; init; }

    /// <summary>A contact or an event of one.</summary>
    public sealed record Found(ContactEvent Event) : Parsed;

    /// <summary>Not relevant to a case.</summary>
    /// <param name="Reason">A short code such as <c>delivery-status</c>; it is part of the outcome, so no personal data.</param>
    public sealed record Ignored(string Reason) : Parsed;

    /// <summary>A reference to content that <see cref="IFetchesContent"/> fetches. Only from a channel that implements it.</summary>
    /// <param name="Resource">The resource to fetch, at most 1,000 characters; stable for the same bytes.</param>
    public sealed record Reference(string Resource) : Parsed;

    /// <summary>
    /// Delivery status of a sent message; recorded as <c>ignored:delivery-status</c> when it is not one of our replies.
    /// </summary>
    public sealed record StatusUpdate(MessageStatus Message) : Parsed;

    /// <summary>
    /// The provider reports a problem with the subscription: upkeep and reconciliation of this channel are due at once. Recorded as
    /// <c>ignored:</c> and the reason.
    /// </summary>
    /// <param name="Reason">A short code such as <c>subscription-removed</c>; no personal data.</param>
    public sealed record Alert(string Reason) : Parsed
    {
        /// <summary>
        /// A problem that a person must solve at the provider (a disabled account), published as a wrong registration; a correct one
        /// clears it. Null when upkeep detects it by itself.
        /// </summary>
        public Registration? Alarm { get; init; }
    }

    /// <summary>
    /// A place in <see cref="Contact.ThreadPlace"/> was renamed: its conversations continue under the new name. Recorded as
    /// <c>ignored:moved</c>.
    /// </summary>
    /// <param name="Account">Our account.</param>
    /// <param name="From">The old name.</param>
    /// <param name="To">The new name.</param>
    public sealed record PlaceRenamed(string Account, string From, string To) : Parsed;
}

/// <summary>Settings common to all channels.</summary>
/// <param name="Enabled">Off until configured; a channel that is off answers 404.</param>
/// <param name="Mode">Handling of calls that fail verification.</param>
/// <param name="Paused">Verify, store, answer 2xx, process later.</param>
/// <param name="SecretFingerprint">A hash over the current secrets, to detect a change; never the secret.</param>
public readonly record struct ChannelSettings(bool Enabled, VerificationMode Mode, bool Paused, string SecretFingerprint);

/// <summary>Handling of a call that fails verification (promise P6). It never enters a case, in any mode.</summary>
public enum VerificationMode
{
    /// <summary>Quarantine until the source has verified once and for 72 hours after a change of its secret, then enforce.</summary>
    Auto,

    /// <summary>Stored and replayable; the caller gets the response of a valid call, call flow included.</summary>
    Observe,

    /// <summary>Stored and replayable, answered 2xx, but the response reveals nothing.</summary>
    Quarantine,

    /// <summary>Rejected with 403; only metadata and the reason are stored.</summary>
    Enforce,
}
