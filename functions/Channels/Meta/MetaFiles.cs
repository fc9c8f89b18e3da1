using System.Net;
using System.Net.Http.Headers;
using Serverless.Contacts;

namespace Serverless.Channels.Meta;

/// <content>Files: WhatsApp names them by id and gives an address for five minutes, the others come with their address.</content>
/// <remarks>https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media</remarks>
public sealed partial class MetaChannel : IReadsAttachments
{
    private const int MostRedirects = 3;

    public async Task<OpenedAttachment> OpenAsync(Contact contact, Attachment attachment, CancellationToken ct)
    {
        if (Uri.TryCreate(attachment.Reference, UriKind.Absolute, out var direct)) return await OpenAsync(direct, null, ct);
        var current = options.CurrentValue;
        var tokens = current.TokensOf(contact.Account);
        if (tokens.Count == 0) return new OpenedAttachment.Later("refused");
        using var answer = await MetaCalls.SendAsync(calls, current, contact.Account, HttpMethod.Get,
            Uri.EscapeDataString(attachment.Reference), null, ct);
        if (answer.Error == 100 || answer.Raw.Status is 404 or 410) return new OpenedAttachment.Gone("gone-at-provider");
        if (!answer.Succeeded) return new OpenedAttachment.Later(answer.Reason, answer.Raw.RetryAfter);
        return Uri.TryCreate(answer.Json.Get("url"u8).AsText(), UriKind.Absolute, out var url)
            ? await OpenAsync(url, tokens[0], ct) : new OpenedAttachment.Gone("no-address");
    }

    // The token is for the first address alone, which Meta itself has just named.
    private async Task<OpenedAttachment> OpenAsync(Uri url, string? token, CancellationToken ct)
    {
        for (var hop = 0; hop <= MostRedirects; hop++, token = null)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            var response = await calls.OpenAsync(request, ct);
            if (response is { StatusCode: HttpStatusCode.OK })
                return new OpenedAttachment.Content(await response.Content.ReadAsStreamAsync(ct),
                    response.Content.Headers.ContentType?.MediaType);
            using (response)
            {
                if (response is null) return new OpenedAttachment.Later("unreachable");
                if ((int)response.StatusCode is >= 300 and < 400 && response.Headers.Location is { } next) url = new Uri(url, next);
                else if (response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Gone or HttpStatusCode.Forbidden)
                    return new OpenedAttachment.Gone("gone-at-provider");
                else return new OpenedAttachment.Later((int)response.StatusCode == 429
                    ? "rate-limited" : "unreachable", calls.RetryAfter(response));
            }
        }

        return new OpenedAttachment.Gone("too-many-redirects");
    }
}
