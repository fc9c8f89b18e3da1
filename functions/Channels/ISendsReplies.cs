using System.Text.Json.Serialization;
using Serverless.Contacts;

namespace Serverless.Channels;

/// <summary>A channel that can send a text to the customer, in the conversation of the contact.</summary>
public interface ISendsReplies
{
    /// <summary>Whether the provider recognises <see cref="Reply.Id"/>, so that a try whose outcome is not known may be repeated without a second message reaching the customer.</summary>
    bool Repeatable { get; }

    /// <summary>Until when a text may still go to a contact (UTC): what the contact says, unless the settings allow more (a person's answer after the automatic window). Null: no end.</summary>
    /// <param name="to">The contact; its window is that of the customer's latest word on the same way.</param>
    DateTimeOffset? Until(Contact to) => to.Reply?.Until;

    /// <summary>Tries once. Never throws for what the provider answers; retries, marks and limits are the caller's.</summary>
    Task<ReplyOutcome> SendAsync(Reply reply, CancellationToken ct);
}

/// <summary>A text to the customer.</summary>
public sealed record Reply
{
    /// <summary>The name in <see cref="Contact.Extras"/> under which an echo says our <see cref="Id"/>, on channels that give it back with the echo (a header of a mail).</summary>
    public const string EchoName = "reply.id";

    /// <summary>The name in <see cref="Contact.Extras"/> under which a contact says that a machine wrote it.</summary>
    public const string AutomaticName = "automatic";

    /// <summary>
    /// Value of <see cref="AutomaticName"/> for our own acknowledgements: they are no answer, and the customer still waits.
    /// </summary>
    public const string Receipt = "receipt";

    /// <summary>32 hex digits, ours: the same at every try, and given to the provider as idempotency key or reference where it takes one.</summary>
    public required string Id { get; init; }

    /// <summary>The contact that is answered, whole: network, account, thread, parties, <see cref="Contact.Reply"/>.</summary>
    public required Contact To { get; init; }

    public required string Text { get; init; }

    /// <summary>Number of the case, for channels that mark a thread with it (mail).</summary>
    public required string CaseNumber { get; init; }

    /// <summary>Answer a public contact in private, where the channel can (a private reply to a comment).</summary>
    public bool InPrivate { get; init; }

    /// <summary>The outbound contact of this text, in the conversation that it answers; a channel whose echo says more changes it <c>with</c> that.</summary>
    /// <param name="id">The id that an echo of it would have.</param>
    /// <param name="at">When the provider took it.</param>
    /// <param name="network">The network it went out on.</param>
    public ContactEvent AsSent(string id, DateTimeOffset at, string network) => new(id, ContactChange.Received, new Contact
    {
        Channel = To.Channel,
        Network = network,
        Account = To.Account,
        ExternalId = id,
        Kind = ContactKind.Message,
        Direction = Direction.Outbound,
        Entry = To.Entry,
        ThreadKey = To.ThreadKey,
        Parties = To.Parties,
        OccurredAt = at,
        ReceivedAt = at,
        Text = Text,
    });

    /// <summary>The provider's approved template, for networks that demand one outside their window; null for plain text.</summary>
    public ReplyTemplate? Template { get; init; }

    /// <summary>No person wrote it: a channel whose messages can say so says so, to keep other machines from answering.</summary>
    public bool Automatic { get; init; }
}

/// <summary>An approved template of the provider.</summary>
/// <param name="Name">As it is registered.</param>
/// <param name="Language">The provider's code, e.g. <c>de</c>.</param>
/// <param name="Values">Of its placeholders, in order.</param>
public sealed record ReplyTemplate(string Name, string Language, IReadOnlyList<string> Values);

/// <summary>Outcome of an attempt to send.</summary>
public abstract record ReplyOutcome
{
    private ReplyOutcome() { }

    /// <summary>The provider took it.</summary>
    /// <param name="Event">The outbound contact, with the very ids that an echo of it would have, so that the echo is recognised.</param>
    public sealed record Sent(ContactEvent Event) : ReplyOutcome;

    /// <summary>It will not be sent; trying again would not help.</summary>
    /// <param name="Reason">One of <see cref="ReplyReasons"/>.</param>
    /// <param name="Detail">The provider's error code or a sentence for the person who wrote it; no personal data.</param>
    public sealed record Refused(string Reason, string? Detail = null) : ReplyOutcome;

    /// <summary>It was certainly not sent; to be tried again.</summary>
    /// <param name="Reason">One of <see cref="ReplyReasons"/>.</param>
    /// <param name="After">Delay requested by the provider; null for our own back-off.</param>
    public sealed record Later(string Reason, TimeSpan? After = null) : ReplyOutcome;

    /// <summary>Meaning of an error response on any network, unless the provider defines more.</summary>
    /// <param name="status">HTTP status code; 0 when no answer came.</param>
    /// <param name="maybeSent">False when the call certainly did not reach the provider.</param>
    /// <param name="after">Requested delay.</param>
    public static ReplyOutcome NotTaken(int status, bool maybeSent, TimeSpan? after) => status switch
    {
        429 => new Later(ReplyReasons.RateLimited, after),
        >= 400 and < 500 => new Refused(ReplyReasons.ContentRefused, status.ToString(System.Globalization.CultureInfo.InvariantCulture)),
        0 when !maybeSent => new Later(ReplyReasons.Unreachable),
        _ => new Uncertain(ReplyReasons.Unreachable),
    };

    /// <summary>It may or may not have been sent: the connection broke after the call went out, or a 5xx came.</summary>
    public sealed record Uncertain(string Reason) : ReplyOutcome;
}

/// <summary>Reasons why a reply was not sent: codes shown to its author.</summary>
public static class ReplyReasons
{
    /// <summary>The network's reply window is over.</summary>
    public const string WindowClosed = "window-closed";

    /// <summary>Only an approved template may be sent now.</summary>
    public const string TemplateNeeded = "template-needed";

    /// <summary>The contact carries no way back, or this network has none.</summary>
    public const string NoReplyPath = "no-reply-path";

    /// <summary>The customer blocked us, left, or the thread is gone.</summary>
    public const string RecipientGone = "recipient-gone";

    public const string TooLong = "too-long";

    /// <summary>The credential is missing, expired, or lacks a permission: the detail names the setting.</summary>
    public const string NotPermitted = "not-permitted";

    public const string RateLimited = "rate-limited";

    public const string Unreachable = "unreachable";

    /// <summary>The provider refused the content.</summary>
    public const string ContentRefused = "content-refused";
}

/// <summary>Delivery status of a sent message, as reported by the provider.</summary>
/// <param name="Account">As in <see cref="Contact.Account"/>.</param>
/// <param name="ExternalId">The provider's id of the message, as in <see cref="Contact.ExternalId"/>.</param>
/// <param name="State">Its status.</param>
/// <param name="At">The provider's time (UTC).</param>
/// <param name="Reason">The provider's error code for <see cref="MessageState.Failed"/>; null otherwise.</param>
/// <param name="ReplyId">Our <see cref="Reply.Id"/>, where the provider gives it back; null otherwise.</param>
public sealed record MessageStatus(string Account, string ExternalId, MessageState State, DateTimeOffset At, string? Reason = null, string? ReplyId = null);

/// <summary>In ascending rank; a later report never lowers it.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<MessageState>))]
public enum MessageState
{
    [JsonStringEnumMemberName("sent")] Sent,
    [JsonStringEnumMemberName("delivered")] Delivered,
    [JsonStringEnumMemberName("read")] Read,
    [JsonStringEnumMemberName("failed")] Failed,
}
