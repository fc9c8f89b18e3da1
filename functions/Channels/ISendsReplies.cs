using Serverless.Contacts;

namespace Serverless.Channels;

/// <summary>A channel that can send a text to the customer, in the conversation of the contact.</summary>
public interface ISendsReplies
{
    /// <summary>Whether the provider recognises <see cref="Reply.Id"/>, so that a try whose outcome is not known may be repeated without a
    /// second message reaching the customer.</summary>
    bool Repeatable { get; }

    /// <summary>Until when a text may still go to a contact (UTC): what the contact says, unless the settings allow more (a person's answer
    /// after the automatic window). Null: no end.</summary>
    /// <param name="to">The contact; its window is that of the customer's latest word on the same way.</param>
    DateTimeOffset? Until(Contact to) => to.Reply?.Until;

    /// <summary>Tries once. Never throws for what the provider answers; retries, marks and limits are the caller's.</summary>
    Task<ReplyOutcome> SendAsync(Reply reply, CancellationToken ct);
}

/// <summary>A text to the customer.</summary>
public sealed record Reply
{
    /// <summary>32 hex digits, ours: the same at every try, and given to the provider as idempotency key or reference where it takes
    /// one.</summary>
    public required string Id { get; init; }

    /// <summary>The contact that is answered, whole: network, account, thread, parties, <see cref="Contact.Reply"/>.</summary>
    public required Contact To { get; init; }

    public required string Text { get; init; }

    /// <summary>Number of the case, for channels that mark a thread with it (mail).</summary>
    public required string CaseNumber { get; init; }

    /// <summary>Answer a public contact in private, where the channel can (a private reply to a comment).</summary>
    public bool InPrivate { get; init; }

    /// <summary>The outbound contact of this text, in the conversation that it answers; a channel whose echo says more changes it
    /// <c>with</c> that.</summary>
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
