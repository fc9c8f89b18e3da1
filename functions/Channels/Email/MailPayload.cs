using System.Text.Json;
using Serverless.Contacts;

namespace Serverless.Channels.Email;

/// <summary>Reads a message as Graph writes it.</summary>
/// <remarks>https://learn.microsoft.com/en-us/graph/api/resources/message</remarks>
internal static class MailPayload
{
    private const int MaxAttachments = 250;

    /// <summary>The contact a message is, or why it is none.</summary>
    /// <param name="delivery">What it came with.</param>
    /// <param name="address">Its address.</param>
    /// <param name="document">The message as JSON.</param>
    /// <param name="options">Our own addresses and the secrets of our marks.</param>
    /// <param name="time">Measures how long reading its text takes.</param>
    public static Parsed Read(Delivery delivery, MessageAddress address, ReadOnlyMemory<byte> document, EmailOptions options,
        TimeProvider time)
    {
        using var json = JsonDocument.Parse(document);
        var message = json.RootElement;
        if (message.ValueKind != JsonValueKind.Object || message.Text("id"u8) is null)
            throw new JsonException("The document is no message.");
        if (message.Get("isDraft"u8).IsTrue()) return new Parsed.Ignored("draft");

        var headers = new MailHeaders(message);
        var people = new Correspondents(message, headers, options);
        var mail = new Mail(delivery, address, message, headers, people, options);
        if (address.Folder.IsSent) return people.Recipients.Count == 0 ? new Parsed.Ignored("no-recipient") : Found(mail, null, time);
        var automatic = headers.Automatic(people.From?.Value ?? "", name => IsOurs(name, options));
        // From one of our mailboxes and leading back to it; a web form that writes in our name leads to the customer.
        if (automatic == "own-loop" || (people.From is not null && people.Counterpart is null)) return new Parsed.Ignored("own-loop");
        if (automatic == "bounce" && Failed(mail, time) is { } failed) return failed;
        return Found(mail, automatic, time);
    }

    /// <summary>A message with all that is asked of it more than once.</summary>
    private sealed record Mail(Delivery Delivery, MessageAddress Address, JsonElement Message, MailHeaders Headers, Correspondents People,
        EmailOptions Options);

    private static Parsed.Found Found(Mail mail, string? automatic, TimeProvider time)
    {
        var (message, headers, people, options) = (mail.Message, mail.Headers, mail.People, mail.Options);
        var sent = mail.Address.Folder.IsSent;
        var words = MailWords.Read(message, time);
        var text = words.Text;
        var failed = automatic == "bounce" ? headers.FailedRecipient : null;
        var counterpart = failed ?? (sent ? people.Recipients[0].Value : people.Counterpart?.Value);
        var authentication = sent ? null : headers.Authentication;
        var extras = new ExtraFields();
        extras.Add("subject", message.Text("subject"u8));
        extras.Add("quoted", text.Quoted);
        extras.Add("signature", text.Signature);
        extras.Add(ExtraNames.Automatic, automatic);
        extras.Add("auth", authentication);
        extras.Add("inReplyTo", headers.InReplyTo);
        extras.Add("conversationId", message.Text("conversationId"u8));
        Meeting.Add(message, ref extras);
        if (!sent)
        {
            extras.Add("caseNumber", MailThread.ClaimedNumber(message.Text("subject"u8)));
            extras.Add("answerTo", people.AnswerTo);
            extras.Add(Contact.AlsoTo, Others(mail));
        }

        // Sent Items show no headers: the Message-ID says which reply of ours it was.
        if (sent && MailThread.ReadOwnId(options.ClientStates, message.Text("internetMessageId"u8)) is { } own)
            extras.Add(ExtraNames.ReplyId, own.Reply);
        if (headers.WantsNoAutoReply) extras.Add("noAutoReply", "true");
        extras.Add("truncated", words.Exceeds);
        var thread = MailThreads.Of(mail.Message, headers, counterpart, text, authentication == "fail", options);
        var id = message.Text("internetMessageId"u8) ?? mail.Address.Id;
        var received = sent ? message.Time("sentDateTime"u8) : message.Time("receivedDateTime"u8);
        return new Parsed.Found(new ContactEvent(id, ContactChange.Received, new Contact
        {
            Channel = EmailChannel.ChannelName,
            Network = "email",
            Account = mail.Address.Folder.Address.ToLowerInvariant(),
            ExternalId = id,
            Kind = words.IsPlaceholder ? ContactKind.Placeholder : ContactKind.Message,
            Direction = sent ? Direction.Outbound : Direction.Inbound,
            Place = Place.Private,
            Entry = mail.Address.Folder.Address.ToLowerInvariant(),
            ThreadKey = thread.Key,
            Parties = sent ? people.Recipients : people.Parties,
            OccurredAt = received ?? mail.Delivery.ReceivedAt,
            ReceivedAt = mail.Delivery.ReceivedAt,
            Text = text.Own.Length > 0 ? text.Own : null,
            Language = headers.Language,
            Attachments = Files(message, mail.Address, words.Exceeds is not null),
            // An answer to a machine is read by no one (P9). A list, a group or a newsletter's sender can be answered by a person; its
            // headers only forbid automatic texts.
            Reply = sent || automatic is "bounce" or "auto-reply" || counterpart is null ? null : new ReplyPath(mail.Address.Id),
            Extras = extras.Values,
        })
        {
            Clues = new ContactClues(sent ? null : MailDigest.Of(message), thread.With, thread.Answers),
        });
    }

    private static bool IsOurs(string listName, EmailOptions options)
    {
        foreach (var mailbox in options.Mailboxes.Values)
        {
            var domain = MailAddresses.DomainOf(mailbox.Address);
            if (domain.Length > 0
                && (listName.Contains($"@{domain}", StringComparison.OrdinalIgnoreCase)
                    || listName.Contains($".{domain}", StringComparison.OrdinalIgnoreCase))) return true;
        }

        return false;
    }

    // The same mail in another of our mailboxes makes a case there, too; each says where the other is.
    private static string? Others(Mail mail)
    {
        var others = mail.People.Mailboxes.Where(m => !m.Equals(mail.Address.Folder.Address, StringComparison.OrdinalIgnoreCase)).ToList();
        return others.Count == 0 ? null : string.Join(' ', others);
    }

    // A reply of ours bounced permanently; a delay is stored as a notice without effect.
    private static Parsed.StatusUpdate? Failed(Mail mail, TimeProvider time)
    {
        var (message, headers) = (mail.Message, mail.Headers);
        var body = message.Get("body"u8).Text("content"u8) ?? message.Text("bodyPreview"u8) ?? "";
        var ids = string.Join(' ', [.. headers.AllInReplyTo, .. headers.References, body.Length > 200_000 ? body[..200_000] : body]);
        if (MailThread.FindOwnId(mail.Options.ClientStates, ids) is not { } own) return null;
        var bounce = Bounce.Read(MailWords.Whole(message, time), message.Text("subject"u8), headers.FailedRecipient is not null);
        if (!bounce.IsFinal) return null;
        return new Parsed.StatusUpdate(new MessageStatus(
            mail.Address.Folder.Address.ToLowerInvariant(), own.Id, MessageState.Failed, message.Time("receivedDateTime"u8)
            ?? mail.Delivery.ReceivedAt, bounce.Code, own.Reply));
    }

    private static List<Attachment> Files(JsonElement message, MessageAddress address, bool exceeds)
    {
        List<Attachment> files = [];
        // What does not fit into a contact is there as the mail itself.
        if (exceeds) files.Add(
            new Attachment(new AttachmentAddress(address.Folder.Address, address.Id, "", AttachmentAddress.Mail).ToString(),
                "message/rfc822", null, "mail.eml"));
        foreach (var file in message.Get("attachments"u8).Items().Take(MaxAttachments))
        {
            if (file.Text("id"u8) is not { } id || !MessageAddress.IsId(id)) continue;
            var type = file.Get("@odata.type"u8);
            var kind = type.Is("#microsoft.graph.itemAttachment"u8) ? AttachmentAddress.Item
                : type.Is("#microsoft.graph.referenceAttachment"u8) ? AttachmentAddress.Link
                : file.Get("isInline"u8).IsTrue() ? AttachmentAddress.Inline : AttachmentAddress.File;
            long? size = file.Get("size"u8) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out var bytes) && bytes >= 0
                ? bytes : null;
            var mime = file.Text("contentType"u8) ?? (kind == AttachmentAddress.Item ? "message/rfc822" : null);
            files.Add(new Attachment(new AttachmentAddress(address.Folder.Address, address.Id, id, kind).ToString(), mime, size,
                file.Text("name"u8)));
        }

        return files;
    }
}
