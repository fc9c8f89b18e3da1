using Serverless.Contacts;

namespace Serverless.Channels;

/// <summary>One provider's language: how it proves itself, what it wants to hear, what its payload means. Does no I/O.</summary>
public interface IChannel
{
    /// <summary>Lower-case name: the address <c>api/hooks/{Name}</c> and, capitalised, the section <c>Channels:{Name}</c>.</summary>
    string Name { get; }

    /// <summary>Read anew at every call, so that a rotated secret or a changed mode counts at once.</summary>
    ChannelSettings Settings { get; }

    /// <summary>Lower-case names of the headers that are kept with a delivery (a trailing <c>*</c> stands for a prefix): all that the check or the reading needs. <c>content-type</c> is always kept.</summary>
    IReadOnlyList<string> KeptHeaders { get; }

    /// <summary>
    /// Where a sender shows a secret instead of signing: lower-case names of kept headers, <c>?name</c> for a field of the query, <c>$name</c> for a JSON property of the body.
    /// Headers and query fields are stored as a keyed hash only (<see cref="Serverless.Platform.Signatures.BearerProof"/>), so a check compares with that; bodies stay exact and lose the property when handed out.
    /// </summary>
    IReadOnlyList<string> BearerProofs => [];

    /// <summary>
    /// The largest body that the provider sends, in bytes, with room to spare; a larger one is answered 413. <c>Receive__MaxBodyBytes</c>
    /// may be less.
    /// </summary>
    int MaxBodyBytes => 8 * 1024 * 1024;

    /// <summary>Sentences for what is missing or wrong in the settings of an enabled channel, each naming the setting to change; empty when all is well.</summary>
    IEnumerable<string> Problems();

    /// <summary>
    /// Judges the raw bytes, in constant time where a secret is compared. Never throws for what a stranger sent. A dated proof is judged as of <see cref="Delivery.ReceivedAt"/>,
    /// not of the clock: the same delivery is judged again when its key is there, or when it is released from quarantine days later.
    /// </summary>
    VerificationResult Verify(Delivery delivery);

    /// <summary>The exact answer the provider wants once the outcome is known. Never throws for what a stranger sent.</summary>
    WebhookResponse Respond(Delivery delivery, Acceptance acceptance);

    /// <summary>
    /// The answer to a call that was refused for load before it could be judged: valid call control where somebody is on the line, whose
    /// provider does not call again; null for all others, which hear 503 and do. Nothing of the delivery is proven, so the answer gives
    /// nothing away. Never throws for what a stranger sent.
    /// </summary>
    /// <param name="begun">The call with as much of its body as arrived, perhaps nothing.</param>
    WebhookResponse? RespondUnread(Delivery begun) => null;

    /// <summary>
    /// Which of the accounts, senders or sites that the settings name a delivery says it comes from; null when it names none of them.
    /// Nothing is proven by it: it keeps what one source does from using up what is kept of another, and shows a sender its own failing
    /// calls. Never throws for what a stranger sent.
    /// </summary>
    string? SourceOf(Delivery delivery) => null;

    /// <summary>
    /// Takes a genuine delivery apart, one element for each event, message or change in it. May throw when the delivery as a whole cannot be
    /// read (it becomes a placeholder); an element that throws costs only itself (P4). Elements are read in order, before the next one is asked for.
    /// </summary>
    IEnumerable<DeliveryItem> Read(Delivery delivery);
}

/// <summary>One piece of a delivery, read when asked for.</summary>
/// <param name="Position">Where it stands, e.g. <c>entry[0].messaging[2]</c>; stable for the same bytes, free of personal data.</param>
/// <param name="Read">Reads it; what it throws becomes a placeholder and a kept failure.</param>
public readonly record struct DeliveryItem(string Position, Func<Parsed> Read);

/// <summary>What an element turned out to be.</summary>
public abstract record Parsed
{
    private Parsed() { }

    /// <summary>By what a call goes on, taken once this reading is filed; null for nothing. Only from a channel that is <see cref="ICallControl"/>.</summary>
    public CallControlStep? Step { get; init; }

    /// <summary>Something that belongs to a case.</summary>
    public sealed record Found(ContactEvent Event) : Parsed;

    /// <summary>Nothing a case needs.</summary>
    /// <param name="Reason">A short code such as <c>delivery-status</c>; it is part of the end, so no personal data.</param>
    public sealed record Ignored(string Reason) : Parsed;

    /// <summary>It only points at what happened; <see cref="IFetchesContent"/> fetches it. Only from a channel that is one.</summary>
    /// <param name="Resource">What to fetch, at most 1,000 characters; stable for the same bytes.</param>
    public sealed record Reference(string Resource) : Parsed;

    /// <summary>What became of a message we sent; ends as <c>ignored:delivery-status</c> when it is not one of our replies.</summary>
    public sealed record StatusUpdate(MessageStatus Message) : Parsed;

    /// <summary>The provider says that something is wrong with the subscription: upkeep and second look of this channel are due at once. Ends as <c>ignored:</c> and the reason.</summary>
    /// <param name="Reason">A short code such as <c>subscription-removed</c>; no personal data.</param>
    public sealed record Alert(string Reason) : Parsed
    {
        /// <summary>What a person must see to at the provider (an account that was disabled), told as a registration that is not right; one that is right again ends it. Null when upkeep finds out by itself.</summary>
        public Registration? Alarm { get; init; }
    }

    /// <summary>A place that stands in <see cref="Contact.ThreadPlace"/> has another name: what was said there goes on under the new one. Ends as <c>ignored:moved</c>.</summary>
    /// <param name="Account">Our account.</param>
    /// <param name="From">The name until now.</param>
    /// <param name="To">The name from now on.</param>
    public sealed record PlaceRenamed(string Account, string From, string To) : Parsed;
}

/// <summary>The settings every channel has.</summary>
/// <param name="Enabled">Off until configured; a channel that is off answers 404.</param>
/// <param name="Mode">What happens to calls that fail the check.</param>
/// <param name="Paused">Verify, store, answer 2xx, work later.</param>
/// <param name="SecretFingerprint">A hash over the secrets in force, to notice a change; never the secret.</param>
public readonly record struct ChannelSettings(bool Enabled, VerificationMode Mode, bool Paused, string SecretFingerprint);

/// <summary>What happens to a call that fails verification (promise P6). It never enters a case, whatever the mode.</summary>
public enum VerificationMode
{
    /// <summary>Quarantine until the source has verified once and for 72 hours after a change of its secret, then enforce.</summary>
    Auto,

    /// <summary>Kept and replayable; the caller gets the answer of a genuine call, call plan included.</summary>
    Observe,

    /// <summary>Kept and replayable, answered 2xx, but the answer gives nothing away.</summary>
    Quarantine,

    /// <summary>Refused with 403; only the fact and the reason are kept.</summary>
    Enforce,
}
