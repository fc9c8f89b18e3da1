using System.Net;
using Serverless.Contacts;

namespace Serverless.Channels;

/// <summary>
/// A channel whose attachments are fetched separately: streamed into storage with their own retries, so that a slow file delays no
/// contact.
/// </summary>
public interface IReadsAttachments
{
    /// <summary>Opens an attachment for reading. Never throws for answers of the provider. Calls only public addresses.</summary>
    /// <param name="contact">The contact it came with.</param>
    /// <param name="attachment">Which file.</param>
    /// <param name="ct">Cancels.</param>
    Task<OpenedAttachment> OpenAsync(Contact contact, Attachment attachment, CancellationToken ct);
}

/// <summary>Outcome of opening an attachment.</summary>
public abstract record OpenedAttachment
{
    private OpenedAttachment() { }

    /// <summary>Meaning of a response without a file for any provider, unless the provider defines more.</summary>
    /// <param name="status">The status code.</param>
    /// <param name="after">Delay requested by the provider.</param>
    public static OpenedAttachment Without(HttpStatusCode status, TimeSpan? after) => status switch
    {
        HttpStatusCode.NotFound or HttpStatusCode.Gone => new Gone("gone-at-provider"),
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => new Later("refused"),
        HttpStatusCode.TooManyRequests => new Later("rate-limited", after),
        _ => new Later("unreachable", after),
    };

    /// <summary>Its bytes; the reader disposes the stream.</summary>
    /// <param name="Bytes">From the beginning to the end.</param>
    /// <param name="Type">MIME type as the provider states it; null when it does not.</param>
    public sealed record Content(Stream Bytes, string? Type = null) : OpenedAttachment;

    /// <summary>Permanently unavailable: expired, deleted, not a file.</summary>
    /// <param name="Reason">A short code; no personal data.</param>
    public sealed record Gone(string Reason) : OpenedAttachment;

    /// <summary>Not now; retried later.</summary>
    /// <param name="Reason">A short code; no personal data.</param>
    /// <param name="After">Delay requested by the provider; null for our own back-off.</param>
    public sealed record Later(string Reason, TimeSpan? After = null) : OpenedAttachment;
}
