using Microsoft.Graph;
using Microsoft.Kiota.Abstractions;
using Serverless.Contacts;
using Serverless.Platform.OutboundHttp;

namespace Serverless.Channels.Email;

/// <content>Fetches messages, the keys that rich notifications are signed with, and attachments.</content>
public sealed partial class EmailChannel : IFetchesContent, ILoadsSigningKeys, IReadsAttachments
{
    // The fields the parser needs; headers are returned only on request. https://learn.microsoft.com/en-us/graph/api/resources/message
    internal static readonly string[] Light =
    [
        "id", "internetMessageId", "internetMessageHeaders", "conversationId", "subject", "from", "sender", "replyTo", "toRecipients",
        "ccRecipients", "bccRecipients",
        "receivedDateTime", "sentDateTime", "isDraft", "hasAttachments", "bodyPreview",
    ];

    private static readonly string[] Whole = [.. Light, "body", "uniqueBody"];

    private static readonly string[] Properties =
        [MailHeaders.ReferencesProperty, MailHeaders.InReplyToProperty, MailHeaders.FromSmtpProperty, Meeting.StartProperty,
            Meeting.EndProperty, Meeting.PlaceProperty];

    private static readonly string[] Beside =
    [
        "attachments($select=id,name,contentType,size,isInline)",
        // A message in Sent Items has no internetMessageHeaders; its references are in these MAPI properties: PidTagInternetReferences
        // and PidTagInReplyToId.
        // https://learn.microsoft.com/en-us/openspecs/exchange_server_protocols/ms-oxomsg/daa9120f-f325-4afb-a738-28f91049ab3c
        // A sender's SMTP address, and when and where a meeting is: see their names. Graph leaves out what a message does not have.
        $"singleValueExtendedProperties($filter={string.Join(" or ", Properties.Select(id => $"id eq '{id}'"))})",
    ];

    public async Task<FetchedContent> FetchAsync(string resource, CancellationToken ct)
    {
        if (MessageAddress.Parse(resource) is not { } message) return new FetchedContent.Gone("no-message");
        var answer = await Graph.SendAsync(message.Folder.Address, graph => Get(graph, message, Whole), ct);
        // A text of more than 16 MiB: its beginning (bodyPreview) and everything else, then.
        if (answer.TooLarge) answer = await Graph.SendAsync(message.Folder.Address, graph => Get(graph, message, Light), ct);
        if (answer.Succeeded) return new FetchedContent.Document(answer.Body);
        if (IsGone(answer)) return new FetchedContent.Gone("gone-at-provider");
        return new FetchedContent.Later(GraphCalls.WordFor(answer), answer.RetryAfter);
    }

    public Parsed Read(Delivery delivery, string resource, ReadOnlyMemory<byte> document) =>
        MailPayload.Read(delivery, MessageAddress.Parse(resource)
            ?? throw new FormatException("The resource is none of ours."), document, options.CurrentValue, time);

    public async Task<SigningKeys> LoadKeysAsync(Delivery delivery, CancellationToken ct)
    {
        if (!await Keys.LoadAsync(new Uri(options.CurrentValue.OpenIdUrl), Graph.GetPublicAsync, ct))
            return new SigningKeys.Later("unreachable");
        // The keys in memory may be minutes old, the token newer than they are: they are fetched again soon enough.
        return Verify(delivery) is VerificationResult.Pending
            ? new SigningKeys.Later(VerificationReasons.KeyUnknown, TimeSpan.FromMinutes(5)) : new SigningKeys.Ready();
    }

    public async Task<OpenedAttachment> OpenAsync(Contact contact, Attachment attachment, CancellationToken ct)
    {
        if (AttachmentAddress.Parse(attachment.Reference) is not { } file) return new OpenedAttachment.Gone("no-attachment");
        if (file.Kind == AttachmentAddress.Link) return new OpenedAttachment.Gone("link-only");
        // The bytes of a file, the MIME text of an attached message. https://learn.microsoft.com/en-us/graph/api/attachment-get
        var response = await Graph.OpenAsync(graph => Bytes(graph, file), ct);
        if (response is null) return new OpenedAttachment.Later("unreachable");
        if (response.IsSuccessStatusCode)
        {
            // Disposing the stream returns the connection.
            return new OpenedAttachment.Content(await response.Content.ReadAsStreamAsync(ct),
                response.Content.Headers.ContentType?.MediaType ?? attachment.Type);
        }

        using (response)
        {
            var after = api.RetryAfter(response);
            return (int)response.StatusCode switch
            {
                404 or 405 or 410 => new OpenedAttachment.Gone("gone-at-provider"),
                401 or 403 => new OpenedAttachment.Later("refused", after),
                429 => new OpenedAttachment.Later("rate-limited", after),
                _ => new OpenedAttachment.Later("unreachable", after),
            };
        }
    }

    // 404 is also what a mailbox on the move or without a licence answers: only the item's own code says that the item is gone.
    // https://learn.microsoft.com/en-us/graph/errors
    private static bool IsGone(ProviderResponse answer) => answer.Status is 404 or 400 or 410
        && GraphCalls.ErrorCode(answer) is "ErrorItemNotFound" or "ErrorInvalidIdMalformed" or "ErrorInvalidId";

    private static RequestInformation Get(GraphServiceClient graph, MessageAddress message, string[] select) =>
        graph.Users[message.Folder.Address].Messages[message.Id].ToGetRequestInformation(request =>
        {
            request.QueryParameters.Select = select;
            request.QueryParameters.Expand = Beside;
        });

    // The SDK knows the attachment, not its bytes.
    private static RequestInformation Bytes(GraphServiceClient graph, AttachmentAddress file)
    {
        if (file.Kind == AttachmentAddress.Mail) return graph.Users[file.Mailbox].Messages[file.Message].Content.ToGetRequestInformation();
        var request = graph.Users[file.Mailbox].Messages[file.Message].Attachments[file.Id].ToGetRequestInformation();
        request.UrlTemplate = $"{request.UrlTemplate![..request.UrlTemplate!.IndexOf("{?", StringComparison.Ordinal)]}/$value";
        return request;
    }
}
