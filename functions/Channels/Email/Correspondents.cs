using System.Text.Json;
using Serverless.Contacts;

namespace Serverless.Channels.Email;

/// <summary>Sender and recipients of a mail. Senders can be forged, so every address is a claim.</summary>
internal sealed class Correspondents
{
    private const int MaxPeople = 100;
    private const int MaxMailboxes = 10;

    private readonly EmailOptions _options;

    public Correspondents(JsonElement message, MailHeaders headers, EmailOptions options)
    {
        _options = options;
        From = Internet(Person(message.Get("from"u8)), headers.FromAddress, message)
            ?? Internet(Person(message.Get("sender"u8)), headers.FromAddress, message);
        List<Identity> replyTo = [.. People(message.Get("replyTo"u8))];
        List<Identity> all = [.. People(message.Get("toRecipients"u8)), .. People(message.Get("ccRecipients"u8)),
            .. People(message.Get("bccRecipients"u8))];
        Recipients = [.. Distinct(all)];
        Mailboxes = [.. all.Select(p => options.MailboxOf(p.Value)?.Address.ToLowerInvariant()).OfType<string>()
            .Distinct(StringComparer.Ordinal).Take(MaxMailboxes)];

        var writer = Writer(headers, replyTo);
        Identity[] senders = From is { } from && !IsGroup(headers, writer) ? [from, .. replyTo] : [.. replyTo];
        Counterpart = writer ?? senders.FirstOrDefault(p => !IsOurs(p));
        // Graph answers Reply-To, else From; a group that names itself in both has to be passed by.
        AnswerTo = headers.Original is not null && writer is not null && !(replyTo is [var only] && Same(only.Value, writer.Value))
            ? writer.Value : null;
        Parties = [.. Distinct(Counterpart is { } first ? [first, .. senders, .. Recipients] : [.. senders, .. Recipients])];
    }

    /// <summary>The sender as written; null when there is none.</summary>
    public Identity? From { get; }

    /// <summary>
    /// Whom an answer goes to: the sender; where the sender is one of our own mailboxes or a form's mailer, who it names for answers; where
    /// it is a list or group, who wrote to that.
    /// </summary>
    public Identity? Counterpart { get; }

    /// <summary>Set where an answer has to be addressed to the counterpart by hand.</summary>
    public string? AnswerTo { get; }

    /// <summary>Everybody in the mail but us, the counterpart first.</summary>
    public IReadOnlyList<Identity> Parties { get; }

    /// <summary>Everybody it went to but us.</summary>
    public IReadOnlyList<Identity> Recipients { get; }

    /// <summary>Our mailboxes that it names as recipients.</summary>
    public IReadOnlyList<string> Mailboxes { get; }

    // The actual writer, where another sender is given; null where that is the writer, or one of us.
    private Identity? Writer(MailHeaders headers, List<Identity> replyTo)
    {
        if (headers.Original is { } original && headers.IsListed && From is { } sender && !Same(sender.Value, original.Address))
        {
            var name = original.Name is { } given && !Same(given, original.Address)
                ? given : replyTo.Find(p => Same(p.Value, original.Address))?.Name;
            var writer = new Identity("email", original.Address, Evidence.Claimed, Name: name);
            return IsOurs(writer) ? null : writer;
        }

        // A form writes in the name of its site and names the customer for answers: one address, of another domain.
        return From is { } from && !IsOurs(from) && MailAddresses.IsMailer(from.Value) && replyTo is [var one] && !IsOurs(one)
            && MailAddresses.DomainOf(one.Value) != MailAddresses.DomainOf(from.Value) && !headers.IsListed
            ? one
            : null;
    }

    private static bool IsGroup(MailHeaders headers, Identity? writer) =>
        writer is not null && headers.Original is { } original && Same(original.Address, writer.Value);

    private bool IsOurs(Identity person) => _options.MailboxOf(person.Value) is not null;

    private static bool Same(string first, string second) => first.Equals(second, StringComparison.OrdinalIgnoreCase);

    private IEnumerable<Identity> Distinct(IEnumerable<Identity> people) =>
        people.Where(p => !IsOurs(p)).DistinctBy(p => p.Value, StringComparer.OrdinalIgnoreCase).Take(MaxPeople);

    // A sender of our own Exchange may be given as a directory name; the header or another field has the address that the rest of the
    // conversation uses.
    private static Identity? Internet(Identity? person, string? header, JsonElement message)
    {
        if (person is null || !MailAddresses.IsX500(person.Value)) return person;
        if (header is not null) return person with { Value = header };
        return Person(message.Get("sender"u8)) is { } sender && !MailAddresses.IsX500(sender.Value)
            ? person with { Value = sender.Value } : person with { Scheme = "x500" };
    }

    private static IEnumerable<Identity> People(JsonElement list)
    {
        foreach (var one in list.Items())
        {
            if (Person(one) is { } person) yield return MailAddresses.IsX500(person.Value) ? person with { Scheme = "x500" } : person;
        }
    }

    private static Identity? Person(JsonElement recipient)
    {
        var address = recipient.Get("emailAddress"u8);
        if (address.Text("address"u8) is not { } value) return null;
        // Where there is no name Outlook writes the address in its place; that is no name (P11).
        var name = address.Text("name"u8)?.Trim();
        if (string.IsNullOrEmpty(name) || Same(name.Trim('\'', '"'), value)) name = null;
        return new Identity("email", value, Evidence.Claimed, Name: name);
    }
}
