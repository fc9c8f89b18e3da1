using Serverless.Cases.Rules;
using Serverless.Contacts;
using Serverless.Platform.Localization;

namespace Serverless.Notifications.Acknowledgement;

/// <summary>
/// Text of an acknowledgement. The greeting is neutral and without a name: names are neither invented nor taken from a profile (P11).
/// </summary>
public sealed class AcknowledgementText(TextBook texts)
{
    // A confirmation quotes the customer; an SMS holds 1,600 characters.
    private const int LongestQuote = 1_000;

    /// <summary>The text for a contact.</summary>
    /// <param name="head">Its case.</param>
    /// <param name="contact">The contact.</param>
    /// <param name="ends">Whether it says that a contract ends.</param>
    /// <param name="settings">Settings.</param>
    /// <param name="now">Now: a due time in the past is left out.</param>
    public string For(Case head, Contact contact, bool ends, AcknowledgementOptions settings, DateTimeOffset now)
    {
        // Stated by the sender or the provider, never guessed; the setting decides for every other language.
        var language = TextBook.Supported(contact.Language) ?? settings.Language;
        var values = new Dictionary<string, string>(StringComparer.Ordinal) { ["contact"] = settings.Contact ?? "" };
        if (contact.Place == Place.Public) return texts.Say(language, "ack_public", values);

        values["number"] = head.Number;
        values["received"] = texts.Time(language, contact.ReceivedAt, settings.TimeZone);
        values["content"] = Quote(contact);
        values["promise"] = head.DueAt > now
            ? texts.Say(language, "ack_promise", Due(texts.Time(language, head.DueAt.Value, settings.TimeZone))) + "\n\n"
            : "";
        return texts.Say(language, ends ? "ack_ending" : contact.Kind is ContactKind.MissedCall or ContactKind.Voicemail ? "ack_call" : "ack_message", values);
    }

    private static Dictionary<string, string> Due(string time) => new(StringComparer.Ordinal) { ["due"] = time };

    private static string Quote(Contact contact)
    {
        var subject = contact.Extras?.GetValueOrDefault("subject");
        var quote = string.Join('\n', new[] { subject, contact.Text }.Where(t => !string.IsNullOrWhiteSpace(t)));
        return quote.Length <= LongestQuote ? quote : string.Concat(quote.AsSpan(0, char.IsHighSurrogate(quote[LongestQuote - 1]) ? LongestQuote - 1 : LongestQuote), " […]");
    }
}
