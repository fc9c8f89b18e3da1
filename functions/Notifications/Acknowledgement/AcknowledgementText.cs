using Serverless.Cases.Rules;
using Serverless.Contacts;
using Serverless.Needs;
using Serverless.Platform.Localization;
using Serverless.ServiceLevels;

namespace Serverless.Notifications.Acknowledgement;

/// <summary>
/// Text of an acknowledgement. The greeting is neutral and without a name: names are neither invented nor taken from a profile (P11).
/// </summary>
public sealed class AcknowledgementText(TextBook texts, Calendars calendars)
{
    // A confirmation quotes the customer; an SMS holds 1,600 characters.
    private const int LongestQuote = 1_000;

    /// <summary>The text for a contact.</summary>
    /// <param name="head">Its case.</param>
    /// <param name="contact">The contact.</param>
    /// <param name="ends">Whether it says that a contract ends.</param>
    /// <param name="settings">Settings.</param>
    /// <param name="now">Now: a due time in the past is left out, and so is one outside working time.</param>
    public string For(Case head, Contact contact, bool ends, AcknowledgementOptions settings, DateTimeOffset now)
    {
        var language = LanguageFor(head, contact, settings);
        var zone = ZoneOf(settings, calendars);
        var values = new Dictionary<string, string>(StringComparer.Ordinal) { ["contact"] = settings.Contact ?? "" };
        if (contact.Place == Place.Public) return texts.Say(language, "ack_public", values);

        values["number"] = head.Number;
        values["received"] = texts.Time(language, contact.ReceivedAt, zone);
        values["content"] = Quote(contact);
        values["promise"] = head.DueAt > now && CalendarOf(head).IsOpenUntil(head.DueAt.Value)
            ? texts.Say(language, "ack_promise", Due(texts.Time(language, head.DueAt.Value, zone))) + "\n\n"
            : "";
        return texts.Say(language, ends
            ? "ack_ending" : contact.Kind is ContactKind.MissedCall or ContactKind.Voicemail ? "ack_call" : "ack_message", values);
    }

    /// <summary>
    /// The zone of receipts: their own, that of the calendar they name, that of the default calendar; UTC for a name that is none.
    /// </summary>
    internal static TimeZoneInfo ZoneOf(AcknowledgementOptions settings, Calendars calendars) => settings.TimeZone is { } named
        ? TimeZoneInfo.TryFindSystemTimeZoneById(named, out var zone) ? zone : TimeZoneInfo.Utc
        : (calendars.Read(settings.Hours, "UTC") is { } own && calendars.Find(own.Name) == own ? own : calendars.Default).Zone;

    // A promise of a level is of working time anyway; one that a person made, or that a customer's own time bounds, may not be.
    private WorkingTime CalendarOf(Case head) =>
        calendars.Of(head.Promises.FirstOrDefault(p => p.IsAnswer && p.Due == head.DueAt)?.Calendar);

    /// <summary>The text that names a new time, before the promised one has passed.</summary>
    public string Later(Case head, Contact contact, DateTimeOffset due, AcknowledgementOptions settings)
    {
        var language = LanguageFor(head, contact, settings);
        return texts.Say(language, "promise_later", new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["contact"] = settings.Contact ?? "",
            ["number"] = head.Number,
            ["due"] = texts.Time(language, due, ZoneOf(settings, calendars)),
        });
    }

    // Language of the contact, else of the case, else of the settings.
    private static string LanguageFor(Case head, Contact contact, AcknowledgementOptions settings) =>
        TextBook.Supported(NeedReader.LanguageOf(contact)) ?? TextBook.Supported(head.Language) ?? settings.Language;

    private static Dictionary<string, string> Due(string time) => new(StringComparer.Ordinal) { ["due"] = time };

    private static string Quote(Contact contact)
    {
        var subject = contact.Extras?.GetValueOrDefault("subject");
        var quote = string.Join('\n', new[] { subject, contact.Text }.Where(t => !string.IsNullOrWhiteSpace(t)));
        return quote.Length <= LongestQuote ? quote
            : string.Concat(quote.AsSpan(0, char.IsHighSurrogate(quote[LongestQuote - 1]) ? LongestQuote - 1 : LongestQuote), " […]");
    }
}
