using System.Net;
using Serverless.Contacts;

namespace Serverless.Channels.X;

/// <content>Files of posts lie open; those of direct messages are shown to the account alone.</content>
public sealed partial class XChannel : IReadsAttachments
{
    public async Task<OpenedAttachment> OpenAsync(Contact contact, Attachment attachment, CancellationToken ct)
    {
        if (!Uri.TryCreate(attachment.Reference, UriKind.Absolute, out var url)) return new OpenedAttachment.Gone("no-address");
        var response = await _api.OpenAsync(IsPrivate(url) ? contact.Account : null, url, ct);
        if (response is null) return new OpenedAttachment.Later("unreachable");
        if (response.StatusCode is HttpStatusCode.OK)
            return new OpenedAttachment.Content(await response.Content.ReadAsStreamAsync(ct),
                response.Content.Headers.ContentType?.MediaType);
        using (response)
        {
            return OpenedAttachment.Without(response.StatusCode, _api.RetryAfter(response));
        }
    }

    // The signature goes to X alone. Files of direct messages lie at ton.twitter.com or behind the API itself:
    // https://docs.x.com/x-api/direct-messages/download-dm-media
    private bool IsPrivate(Uri url) =>
        (new Uri(_options.CurrentValue.ApiUrl) is var api && api.Scheme == url.Scheme && api.Authority == url.Authority)
        || (url.Scheme == Uri.UriSchemeHttps && url.IsDefaultPort && (url.Host is "ton.twitter.com" or "ton.x.com"));
}
