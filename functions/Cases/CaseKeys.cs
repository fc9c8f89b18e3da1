using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Serverless.Channels;

namespace Serverless.Cases;

/// <summary>Table keys of what providers name. External ids hold characters that keys may not (<c>/ # ?</c>), so a key is the base64url SHA-256 of its parts (D4).</summary>
public static class CaseKeys
{
    public const string Head = "head";
    public const string EventPrefix = "event|";
    public const string HistoryPrefix = "history|";
    public const string OutboxPrefix = "outbox|";
    public const string AttachmentPrefix = "attachment|";
    public const string ReplyPrefix = "reply|";
    public const string PromisePrefix = "promise|";

    /// <summary>Key of a conversation; null when the event names none.</summary>
    public static string? Thread(Contact contact) =>
        contact.ThreadKey is { } thread ? Hash(contact.Channel, contact.Account, thread) : null;

    /// <summary>Key of a conversation by its second name; null when it has none.</summary>
    public static string? Alias(Contact contact) =>
        contact.ThreadAlias is { } alias && alias != contact.ThreadKey ? Hash(contact.Channel, contact.Account, alias) : null;

    /// <summary>Key of a place that may be renamed.</summary>
    public static string Place(string channel, string account, string place) => Hash(channel, account, $"place {place}");

    /// <summary>Key of a contact: the same for every event and every copy of it.</summary>
    public static string Contact(Contact contact) => Contact(contact.Channel, contact.Account, contact.ExternalId);

    /// <summary>Key of a contact by its parts, for those who know no more of it.</summary>
    public static string Contact(string channel, string account, string externalId) => Hash(channel, account, externalId);

    /// <summary>Row key of a contact's event within its case.</summary>
    public static string Event(ContactEvent e) => EventPrefix + Hash(e.Contact.Channel, e.Contact.Account, e.EventId);

    /// <summary>Id of a file within its case: the same for every event and every copy that names it.</summary>
    public static string Attachment(Contact contact, Attachment attachment) => Hash(contact.Channel, contact.Account, $"{contact.ExternalId.Length}:{contact.ExternalId}{attachment.Reference}");

    /// <summary>Id of a case event: told from its case, its type and what caused it, so that a repeated step makes the same one.</summary>
    public static string Told(string caseId, string type, string cause) => Hash(caseId, type, cause);

    private static string Hash(string first, string second, string third)
    {
        // Lengths keep ("a", "bc") and ("ab", "c") apart.
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{first.Length}:{first}{second.Length}:{second}{third}"), hash);
        return Base64Url.EncodeToString(hash);
    }
}
