namespace Serverless.Channels.Email;

/// <summary>Address of a mail's file, as a text: <c>users/{mailbox}/messages/{id}/attachments/{id}#{kind}</c>.</summary>
/// <param name="Mailbox">Its address.</param>
/// <param name="Message">The message's immutable id.</param>
/// <param name="Id">The attachment's id.</param>
/// <param name="Kind">One of the constants below.</param>
internal readonly record struct AttachmentAddress(string Mailbox, string Message, string Id, string Kind)
{
    public const string File = "file";

    /// <summary>A picture shown within the text.</summary>
    public const string Inline = "inline";

    /// <summary>A message, contact or event; comes as MIME text.</summary>
    public const string Item = "item";

    /// <summary>A file in a cloud drive: there is nothing to fetch.</summary>
    public const string Link = "link";

    /// <summary>The whole mail as MIME text, where its text is more than a contact holds; it has no attachment's id.</summary>
    public const string Mail = "mail";

    public override string ToString() =>
        Kind == Mail ? $"users/{Mailbox}/messages/{Message}#{Kind}" : $"users/{Mailbox}/messages/{Message}/attachments/{Id}#{Kind}";

    /// <summary>Reads what <see cref="ToString"/> wrote; null for anything else.</summary>
    public static AttachmentAddress? Parse(string text)
    {
        var kind = text.LastIndexOf('#');
        if (kind > 0 && text[(kind + 1)..] == Mail)
            return text[..kind].Split('/') is ["users", var user, "messages", var mail] && MessageAddress.IsId(mail)
                ? new(user, mail, "", Mail) : null;
        return kind > 0 && text[..kind].Split('/') is ["users", var mailbox, "messages", var message, "attachments", var id]
            && MessageAddress.IsId(message) && MessageAddress.IsId(id)
            ? new(mailbox, message, id, text[(kind + 1)..])
            : null;
    }
}
