using System.Net;
using Serverless.Contacts;

namespace Serverless.Channels;

/// <summary>A channel whose contacts carry files that are fetched apart: streamed into storage with retries of their own, so that a slow file keeps no contact waiting.</summary>
public interface IReadsAttachments
{
    /// <summary>Opens one file of a contact for reading. Never throws for what the provider answers. Calls only public addresses.</summary>
    /// <param name="contact">The contact it came with.</param>
    /// <param name="attachment">Which file.</param>
    /// <param name="ct">Cancels.</param>
    Task<OpenedAttachment> OpenAsync(Contact contact, Attachment attachment, CancellationToken ct);
}

/// <summary>What came of opening a file.</summary>
public abstract record OpenedAttachment
{
    private OpenedAttachment() { }

    /// <summary>What an answer without a file means on any provider, unless it says more.</summary>
    /// <param name="status">The status code.</param>
    /// <param name="after">What the provider asks us to wait.</param>
    public static OpenedAttachment Without(HttpStatusCode status, TimeSpan? after) => status switch
    {
        HttpStatusCode.NotFound or HttpStatusCode.Gone => new Gone("gone-at-provider"),
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => new Later("refused"),
        HttpStatusCode.TooManyRequests => new Later("rate-limited", after),
        _ => new Later("unreachable", after),
    };

    /// <summary>Its bytes; whoever reads them disposes the stream.</summary>
    /// <param name="Bytes">From the beginning to the end.</param>
    /// <param name="Type">MIME type as the provider states it; null when it does not.</param>
    public sealed record Content(Stream Bytes, string? Type = null) : OpenedAttachment;

    /// <summary>It will never come: expired, deleted, not a file.</summary>
    /// <param name="Reason">A short code; no personal data.</param>
    public sealed record Gone(string Reason) : OpenedAttachment;

    /// <summary>Not now; asked again later.</summary>
    /// <param name="Reason">A short code; no personal data.</param>
    /// <param name="After">What the provider asked for; null for our own back-off.</param>
    public sealed record Later(string Reason, TimeSpan? After = null) : OpenedAttachment;
}
