using System.Globalization;
using Serverless.Contacts;

namespace Serverless.ActionLinks;

/// <summary>
/// Details of a contact that a recipient may see in a card, a mail or a link page: each kind only where it is included (P12).
/// </summary>
public static class ContactFacts
{
    /// <summary>Name of the customer, as given by them or the provider; never invented (P11).</summary>
    public const string Name = "name";

    /// <summary>Number or mail address; a number of the international form also as a <c>tel:</c> link.</summary>
    public const string Address = "address";

    /// <summary>Subject of a mail or form.</summary>
    public const string Subject = "subject";

    /// <summary>Number of attachments; neither their names nor their content.</summary>
    public const string Files = "files";

    /// <summary>The words.</summary>
    public const string Text = "text";

    /// <summary>Longest text that is shown, in characters; the case has the whole.</summary>
    public const int LongestText = 2_000;

    private const int LongestFact = 200;
    private const int MostAddresses = 3;

    /// <summary>Every kind.</summary>
    public static readonly IReadOnlyList<string> Kinds = [Name, Address, Subject, Files, Text];

    /// <summary>Facts of a contact, in the order in which they are read: key of the label in the text files, and value.</summary>
    /// <param name="contact">The contact.</param>
    /// <param name="shows">Which kinds are included.</param>
    public static IEnumerable<(string Key, string Value)> Of(Contact contact, Func<string, bool> shows)
    {
        if (shows(Name) && NameOf(contact) is { } name) yield return ("fact_name", Short(name, LongestFact));
        if (shows(Address))
        {
            foreach (var party in contact.Parties.Where(IsReadable).DistinctBy(p => p.Value, StringComparer.Ordinal).Take(MostAddresses))
                yield return (party.Scheme == "email" ? "fact_email" : "fact_phone", Short(party.Value, LongestFact));
        }

        if (shows(Subject) && contact.Extras?.GetValueOrDefault("subject") is { } subject && !string.IsNullOrWhiteSpace(subject))
            yield return ("fact_subject", Short(subject, LongestFact));
        if (shows(Files) && contact.Attachments.Count > 0)
            yield return ("fact_files", contact.Attachments.Count.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>The words, shortened; null where they are not included or there are none.</summary>
    public static string? WordsOf(Contact contact, Func<string, bool> shows) =>
        shows(Text) && !string.IsNullOrWhiteSpace(contact.Text) ? Short(contact.Text, LongestText, oneLine: false) : null;

    /// <summary>The number to call as a <c>tel:</c> address (RFC 3966); null where none is included, or none says its country.</summary>
    public static Uri? CallOf(Contact contact, Func<string, bool> shows) =>
        shows(Address) && contact.Parties.FirstOrDefault(p => p.Scheme == "phone" && IsInternational(p.Value)) is { } party
            ? new Uri($"tel:{party.Value}")
            : null;

    private static string? NameOf(Contact contact)
    {
        var name = contact.Parties.Select(p => p.Name).FirstOrDefault(n => !string.IsNullOrWhiteSpace(n))
            ?? contact.Extras?.GetValueOrDefault("person.name");
        return string.IsNullOrWhiteSpace(name) ? null : name;
    }

    // Ids that only the provider understands are of no use to a person.
    private static bool IsReadable(Identity party) =>
        party.Scheme is "phone" or "phone-as-written" or "whatsapp" or "sms-sender" or "email";

    private static bool IsInternational(string number) =>
        number is ['+', not '0', ..] && number.Length is >= 6 and <= 16 && number.AsSpan(1).IndexOfAnyExceptInRange('0', '9') < 0;

    private static string Short(string text, int longest, bool oneLine = true)
    {
        var line = oneLine ? text.ReplaceLineEndings(" ").Trim() : text;
        if (line.Length <= longest) return line;
        return string.Concat(line.AsSpan(0, char.IsHighSurrogate(line[longest - 1]) ? longest - 1 : longest), " …");
    }
}
