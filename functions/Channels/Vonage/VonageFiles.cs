using System.Net;
using System.Text;
using System.Text.Json;
using Serverless.Contacts;

namespace Serverless.Channels.Vonage;

/// <content>What lies at Vonage and is fetched apart: recordings and pictures as files, the words of a recording as a document.</content>
public sealed partial class VonageChannel : IReadsAttachments, IFetchesContent
{
    public async Task<OpenedAttachment> OpenAsync(Contact contact, Attachment attachment, CancellationToken ct)
    {
        if (!Uri.TryCreate(attachment.Reference, UriKind.Absolute, out var url)) return new OpenedAttachment.Gone("no-address");
        if (_api.IsOurs(url) && !_api.HasApplication) return new OpenedAttachment.Later("refused");
        var response = await _api.OpenAsync(url, ct);
        if (response is null) return new OpenedAttachment.Later("unreachable");
        if (response.StatusCode is HttpStatusCode.OK)
            return new OpenedAttachment.Content(await response.Content.ReadAsStreamAsync(ct),
                response.Content.Headers.ContentType?.MediaType);
        using (response)
        {
            return OpenedAttachment.Without(response.StatusCode, _api.RetryAfter(response));
        }
    }

    public async Task<FetchedContent> FetchAsync(string resource, CancellationToken ct)
    {
        // A callback names the address, so our token goes to Vonage's own alone.
        if (!Uri.TryCreate(resource, UriKind.Absolute, out var url) || !_api.IsOurs(url)) return new FetchedContent.Gone("foreign-address");
        var answer = await _api.FetchAsync(url, ct);
        return answer switch
        {
            null or { Status: 401 or 403 } => new FetchedContent.Later("refused"),
            { Succeeded: true } => new FetchedContent.Document(answer.Body),
            { Status: 404 or 410 } or { TooLarge: true } => new FetchedContent.Gone("gone-at-provider"),
            { Status: 429 } => new FetchedContent.Later("rate-limited", answer.RetryAfter),
            _ => new FetchedContent.Later("unreachable", answer.RetryAfter),
        };
    }

    // https://developer.vonage.com/en/voice/voice-api/guides/recording#transcription
    public Parsed Read(Delivery delivery, string resource, ReadOnlyMemory<byte> document)
    {
        using var json = JsonDocument.Parse(document);
        var words = new StringBuilder();
        foreach (var channel in json.RootElement.Get("channels"u8).Items())
        {
            foreach (var part in channel.Get("transcript"u8).Items())
            {
                if (part.Get("sentence"u8).AsText() is { } sentence) words.Append(words.Length > 0 ? " " : "").Append(sentence.Trim());
            }
        }

        if (words.Length == 0) return new Parsed.Ignored("transcription-without-text");
        using var call = VonageCallback.Of(delivery);
        var account = AccountOf(delivery);
        return VonageVoicePayload.Transcribed(call, delivery, account, words.ToString()) ?? Placeholder(delivery, account);
    }
}
