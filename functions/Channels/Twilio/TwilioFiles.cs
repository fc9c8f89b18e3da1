using System.Net;
using Serverless.Contacts;

namespace Serverless.Channels.Twilio;

/// <content>Pictures of MMS and WhatsApp, and recordings.</content>
/// <remarks>https://www.twilio.com/docs/messaging/api/media-resource, https://www.twilio.com/docs/voice/api/recording</remarks>
public sealed partial class TwilioChannel : IReadsAttachments
{
    private const int MostRedirects = 3;

    // The callback after Record names a recording before it can be fetched.
    private static readonly TimeSpan MayStillCome = TimeSpan.FromHours(1);

    public async Task<OpenedAttachment> OpenAsync(Contact contact, Attachment attachment, CancellationToken ct)
    {
        var current = options.CurrentValue;
        var (url, failed) = await AddressAsync(contact, attachment, current, ct);
        if (url is null) return failed!;
        var tokens = current.TokensOf(contact.Account);
        for (var hop = 0; hop <= MostRedirects; hop++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            // The token is for Twilio alone: the file itself is on another host, behind a temporary signed address.
            if (url.Host == new Uri(current.ApiUrl).Host || url.Host.EndsWith(".twilio.com", StringComparison.OrdinalIgnoreCase))
                request.Headers.Authorization = TwilioCalls.Basic(contact.Account, tokens.Current ?? tokens.Previous ?? "");
            var response = await calls.OpenAsync(request, ct);
            if (response is { StatusCode: HttpStatusCode.OK })
                return new OpenedAttachment.Content(await response.Content.ReadAsStreamAsync(ct),
                    response.Content.Headers.ContentType?.MediaType);
            using (response)
            {
                if (response is null) return new OpenedAttachment.Later("unreachable");
                if ((int)response.StatusCode is >= 300 and < 400 && response.Headers.Location is { } next) url = new Uri(url, next);
                else return Failed((int)response.StatusCode, calls.RetryAfter(response), contact);
            }
        }

        return new OpenedAttachment.Gone("too-many-redirects");
    }

    private async Task<(Uri? Url, OpenedAttachment? Failed)> AddressAsync(Contact contact, Attachment attachment, TwilioOptions current,
        CancellationToken ct)
    {
        if (TwilioRecordedMedia.Parse(attachment.Reference) is not { } held)
            return Uri.TryCreate(attachment.Reference, UriKind.Absolute, out var url)
                ? (url, null) : (null, new OpenedAttachment.Gone("no-address"));
        var path = $"/2010-04-01/Accounts/{Uri.EscapeDataString(contact.Account)}/Messages/{Uri.EscapeDataString(held.Message)}/Media.json";
        var answer = await TwilioCalls.SendAsync(calls, current, contact.Account, HttpMethod.Get, path, null, ct);
        if (!answer.Succeeded) return (null, Failed(answer.Status, answer.RetryAfter, contact));
        using var json = JsonOf(answer);
        return json is not null && held.PathIn(json.RootElement) is { } file
            ? (new Uri(current.ApiUrl.TrimEnd('/') + file), null) : (null, new OpenedAttachment.Gone("gone-at-provider"));
    }

    private OpenedAttachment Failed(int status, TimeSpan? asked, Contact contact) => status switch
    {
        404 when time.GetUtcNow() - contact.ReceivedAt < MayStillCome => new OpenedAttachment.Later("not-ready"),
        _ => OpenedAttachment.Without((HttpStatusCode)status, asked),
    };
}
