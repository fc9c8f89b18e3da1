using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Serverless.Contacts;
using Serverless.Needs;

namespace Serverless.Cases.Rules;

/// <summary>Table keys of what providers name. External ids hold characters that keys may not (<c>/ # ?</c>), so a key is the base64url
/// SHA-256 of its parts (D4).</summary>
public static class CaseKeys
{
    public const string Head = "head";
    public const string EventPrefix = "event|";
    public const string HistoryPrefix = "history|";
    public const string OutboxPrefix = "outbox|";
    public const string AttachmentPrefix = "attachment|";
    public const string ReplyPrefix = "reply|";
    public const string PromisePrefix = "promise|";

    /// <summary>Row of a contact within its case: there is one as soon as an event of it is.</summary>
    public const string ContactPrefix = "contact|";

    /// <summary>Row by which the contacts of a case are read in order, the newest first.</summary>
    public const string OrderPrefix = "order|";

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

    /// <summary>
    /// Row key of a contact's event within its case. Events of one contact lie together, so that a contact is read without its case.
    /// </summary>
    public static string Event(ContactEvent e) => EventsOf(Contact(e.Contact)) + Hash(e.Contact.Channel, e.Contact.Account, e.EventId);

    /// <summary>Prefix of the row keys of a contact's events.</summary>
    public static string EventsOf(string contactId) => $"{EventPrefix}{contactId}|";

    /// <summary>Row key that puts a contact in its place among those of its case, the latest first: a table sorts by key alone.</summary>
    public static string Order(Contact contact) => $"{OrderPrefix}{Backwards(contact.OccurredAt)}|{Contact(contact)}";

    /// <summary>A time as a key that sorts the latest first.</summary>
    public static string Backwards(DateTimeOffset at) =>
        string.Create(CultureInfo.InvariantCulture, $"{DateTime.MaxValue.Ticks - at.UtcTicks:d19}");

    /// <summary>Id of a file within its case: the same for every event and every copy that names it.</summary>
    public static string Attachment(Contact contact, Attachment attachment) =>
        Hash(contact.Channel, contact.Account, $"{contact.ExternalId.Length}:{contact.ExternalId}{attachment.Reference}");

    /// <summary>Id of a case event, derived from case, type and cause, so that a repeated step produces the same one.</summary>
    public static string Told(string caseId, string type, string cause) => Hash(caseId, type, cause);

    /// <summary>A fact of the customer's as a head keeps it: its kind and 16 hex digits that tell two values apart.</summary>
    public static string Fact(Fact fact) =>
        $"{fact.Kind}:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(fact.Value?.ToUpperInvariant() ?? ""))[..8])}";

    private static string Hash(string first, string second, string third)
    {
        // Lengths keep ("a", "bc") and ("ab", "c") apart.
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{first.Length}:{first}{second.Length}:{second}{third}"), hash);
        return Base64Url.EncodeToString(hash);
    }
}
