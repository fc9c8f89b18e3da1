using System.Text.Json;

namespace Serverless.Channels.Email;

/// <summary>Who stands in a mail. Anybody can write any sender, so every address is claimed.</summary>
internal sealed class Correspondents
{
    private const int MaxPeople = 100;

    private readonly EmailOptions _options;

    public Correspondents(JsonElement message, EmailOptions options)
    {
        _options = options;
        From = Person(message.Get("from"u8)) ?? Person(message.Get("sender"u8));
        List<Identity> replyTo = [.. People(message.Get("replyTo"u8))];
        Recipients = [.. Distinct([.. People(message.Get("toRecipients"u8)), .. People(message.Get("ccRecipients"u8)), .. People(message.Get("bccRecipients"u8))])];
        Identity[] senders = From is { } from ? [from, .. replyTo] : [.. replyTo];
        Counterpart = senders.FirstOrDefault(p => !IsOurs(p));
        Parties = [.. Distinct(Counterpart is { } first ? [first, .. senders, .. Recipients] : [.. senders, .. Recipients])];
    }

    /// <summary>The sender as written; null when there is none.</summary>
    public Identity? From { get; }

    /// <summary>Whom an answer goes to: the sender, or where the sender is one of our own mailboxes (a web form), who it names for answers.</summary>
    public Identity? Counterpart { get; }

    /// <summary>Everybody in the mail but us, the counterpart first.</summary>
    public IReadOnlyList<Identity> Parties { get; }

    /// <summary>Everybody it went to but us.</summary>
    public IReadOnlyList<Identity> Recipients { get; }

    private bool IsOurs(Identity person) => _options.MailboxOf(person.Value) is not null;

    private IEnumerable<Identity> Distinct(IEnumerable<Identity> people) => people.Where(p => !IsOurs(p)).DistinctBy(p => p.Value, StringComparer.OrdinalIgnoreCase).Take(MaxPeople);

    private static IEnumerable<Identity> People(JsonElement list)
    {
        foreach (var one in list.Items())
        {
            if (Person(one) is { } person) yield return person;
        }
    }

    private static Identity? Person(JsonElement recipient)
    {
        var address = recipient.Get("emailAddress"u8);
        if (address.Text("address"u8) is not { } value) return null;
        // Where there is no name Outlook writes the address in its place; that is no name (P11).
        var name = address.Text("name"u8)?.Trim();
        if (string.IsNullOrEmpty(name) || name.Trim('\'', '"').Equals(value, StringComparison.OrdinalIgnoreCase)) name = null;
        return new Identity("email", value, Evidence.Claimed, Name: name);
    }
}
