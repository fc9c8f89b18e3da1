using System.Text.Json;
using System.Text.RegularExpressions;

namespace Serverless.Channels.Email;

/// <summary>Reads a message as Graph writes it.</summary>
/// <remarks>https://learn.microsoft.com/en-us/graph/api/resources/message</remarks>
internal static partial class MailPayload
{
    private const int MaxQuoted = 20_000;
    private const int MaxSignature = 2_000;
    private const int MaxAttachments = 250;

    /// <summary>The contact a message is, or why it is none.</summary>
    /// <param name="delivery">What it came with.</param>
    /// <param name="address">Where it stands.</param>
    /// <param name="document">The message as JSON.</param>
    /// <param name="options">Our own addresses and the secrets of our marks.</param>
    public static Reading Read(Delivery delivery, MessageAddress address, ReadOnlyMemory<byte> document, EmailOptions options)
    {
        using var json = JsonDocument.Parse(document);
        var message = json.RootElement;
        if (message.ValueKind != JsonValueKind.Object || message.Text("id"u8) is null) throw new JsonException("The document is no message.");
        if (message.Get("isDraft"u8).IsTrue()) return new Reading.Ignored("draft");

        var headers = new MailHeaders(message);
        var people = new Correspondents(message, options);
        if (address.Folder.IsSent) return people.Recipients.Count == 0 ? new Reading.Ignored("no-recipient") : Found(delivery, address, message, headers, people, null, options);
        var automatic = headers.Automatic(people.From?.Value ?? "");
        // From one of our mailboxes and leading back to it; a web form that writes in our name leads to the customer.
        if (automatic == "own-loop" || (people.From is not null && people.Counterpart is null)) return new Reading.Ignored("own-loop");
        if (automatic == "bounce" && Failed(message, headers, address, delivery, options) is { } failed) return failed;
        return Found(delivery, address, message, headers, people, automatic, options);
    }

    private static Reading.Found Found(
        Delivery delivery, MessageAddress address, JsonElement message, MailHeaders headers, Correspondents people, string? automatic, EmailOptions options)
    {
        var sent = address.Folder.IsSent;
        var text = TextIn(message);
        var counterpart = automatic == "bounce" && headers.FailedRecipient is { } failed ? failed : sent ? people.Recipients[0].Value : people.Counterpart?.Value;
        var extras = new ExtraFields();
        extras.Add("subject", message.Text("subject"u8));
        extras.Add("quoted", Short(text.Quoted, MaxQuoted));
        extras.Add("signature", Short(text.Signature, MaxSignature));
        extras.Add("automatic", automatic);
        extras.Add("inReplyTo", headers.InReplyTo);
        extras.Add("conversationId", message.Text("conversationId"u8));
        if (!sent) extras.Add("caseNumber", MailThread.ClaimedNumber(message.Text("subject"u8)));
        // Sent Items show no headers: the Message-ID says which reply of ours it was.
        if (sent && MailThread.ReadOwnId(options.ClientStates, message.Text("internetMessageId"u8)) is { } own) extras.Add(Reply.EchoName, own.Reply);
        if (headers.WantsNoAutoReply) extras.Add("noAutoReply", "true");
        if (!message.Has("body"u8) && message.Has("bodyPreview"u8)) extras.Add("truncated", "too-large");
        var id = message.Text("internetMessageId"u8) ?? address.Id;
        return new Reading.Found(new ContactEvent(id, ContactChange.Received, new Contact
        {
            Channel = EmailChannel.ChannelName,
            Network = "email",
            Account = address.Folder.Address.ToLowerInvariant(),
            ExternalId = id,
            Kind = ContactKind.Message,
            Direction = sent ? Direction.Outbound : Direction.Inbound,
            Place = Place.Private,
            Entry = address.Folder.Address.ToLowerInvariant(),
            ThreadKey = ThreadOf(message, headers, counterpart, text, options),
            Parties = sent ? people.Recipients : people.Parties,
            OccurredAt = (sent ? message.Time("sentDateTime"u8) : message.Time("receivedDateTime"u8)) ?? delivery.ReceivedAt,
            ReceivedAt = delivery.ReceivedAt,
            Text = text.Own.Length > 0 ? text.Own : null,
            Language = headers.Language,
            Attachments = Files(message, address),
            // Nobody reads what is answered to a machine (P9).
            Reply = sent || automatic is "bounce" or "auto-reply" or "list" || counterpart is null ? null : new ReplyPath(address.Id),
            Extras = extras.Values,
        }));
    }

    private static string? ThreadOf(JsonElement message, MailHeaders headers, string? counterpart, MailText text, EmailOptions options)
    {
        var secrets = options.ClientStates;
        var own = message.Text("internetMessageId"u8);
        if (MailThread.ReadOwnId(secrets, own) is { } ours) return ours.Thread;
        if (MailThread.ReadOwnId(secrets, headers.InReplyTo) is { } answered) return answered.Thread;
        for (var i = headers.References.Count - 1; i >= 0; i--)
        {
            if (MailThread.ReadOwnId(secrets, headers.References[i]) is { } referred) return referred.Thread;
        }

        if (counterpart is null) return null;
        if ((MailThread.FindMark(secrets, text.Own, counterpart) ?? MailThread.FindMark(secrets, text.Quoted, counterpart)) is { } marked) return marked;
        // Graph's conversation only where nothing else is there: for some mails it is made of the subject alone, and strangers share subjects.
        // https://learn.microsoft.com/en-us/openspecs/exchange_server_protocols/ms-oxomsg/9e994fbb-b839-495f-84e3-2c8c02c7dd9b
        var root = headers.References.Count > 0 ? headers.References[0] : headers.InReplyTo ?? own ?? message.Text("conversationId"u8);
        return root is null ? null : MailThread.KeyOf(root, counterpart);
    }

    // A reply of ours came back. A code that begins with 4 only tells of a delay.
    private static Reading.Status? Failed(JsonElement message, MailHeaders headers, MessageAddress address, Delivery delivery, EmailOptions options)
    {
        var body = message.Get("body"u8).Text("content"u8) ?? message.Text("bodyPreview"u8) ?? "";
        var ids = string.Join(' ', [headers.InReplyTo ?? "", .. headers.References, body.Length > 200_000 ? body[..200_000] : body]);
        if (MailThread.FindOwnId(options.ClientStates, ids) is not { } own) return null;
        var code = StatusCode().Match(body);
        if (code.Success && code.Value[0] == '4') return null;
        return new Reading.Status(new MessageStatus(
            address.Folder.Address.ToLowerInvariant(), own.Id, MessageState.Failed, message.Time("receivedDateTime"u8) ?? delivery.ReceivedAt, code.Success ? code.Value : null, own.Reply));
    }

    private static MailText TextIn(JsonElement message)
    {
        // Graph's own idea of what is new (uniqueBody) loses inline answers, so the whole body is split here; it only helps when the split found nothing.
        var whole = TextOf(message.Get("body"u8));
        if (whole is null) return new MailText(message.Text("bodyPreview"u8) ?? "", "", "");
        if (whole.Quoted.Length > 0 || TextOf(message.Get("uniqueBody"u8)) is not { Own.Length: > 0 } unique || unique.Own.Length >= whole.Own.Length) return whole;
        return whole.Own.StartsWith(unique.Own, StringComparison.Ordinal) ? new MailText(unique.Own, MailText.Tidy(whole.Own[unique.Own.Length..]), Longer(whole.Signature, unique.Signature)) : whole;
    }

    private static MailText? TextOf(JsonElement body)
    {
        if (body.Text("content"u8) is not { } content) return null;
        return body.Text("contentType"u8)?.Equals("text", StringComparison.OrdinalIgnoreCase) == true ? MailText.OfPlain(content) : MailText.OfHtml(content);
    }

    private static List<Attachment> Files(JsonElement message, MessageAddress address)
    {
        List<Attachment> files = [];
        foreach (var file in message.Get("attachments"u8).Items().Take(MaxAttachments))
        {
            if (file.Text("id"u8) is not { } id || !MessageAddress.IsId(id)) continue;
            var type = file.Get("@odata.type"u8);
            var kind = type.Is("#microsoft.graph.itemAttachment"u8) ? AttachmentAddress.Item
                : type.Is("#microsoft.graph.referenceAttachment"u8) ? AttachmentAddress.Link
                : file.Get("isInline"u8).IsTrue() ? AttachmentAddress.Inline : AttachmentAddress.File;
            long? size = file.Get("size"u8) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out var bytes) && bytes >= 0 ? bytes : null;
            var mime = file.Text("contentType"u8) ?? (kind == AttachmentAddress.Item ? "message/rfc822" : null);
            files.Add(new Attachment(new AttachmentAddress(address.Folder.Address, address.Id, id, kind).ToString(), mime, size, file.Text("name"u8)));
        }

        return files;
    }

    private static string Short(string text, int max) => text.Length <= max ? text : text[..(char.IsHighSurrogate(text[max - 1]) ? max - 1 : max)];

    private static string Longer(string first, string second) => first.Length >= second.Length ? first : second;

    // Enhanced status codes. https://www.rfc-editor.org/rfc/rfc3463
    [GeneratedRegex(@"\b[45]\.[0-9]{1,3}\.[0-9]{1,3}\b", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex StatusCode();
}
