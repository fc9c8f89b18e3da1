using System.Globalization;
using Serverless.Cases.Rules;
using Serverless.Contacts;
using Serverless.Needs;
using Serverless.Platform.Localization;
using Serverless.ServiceLevels;

namespace Serverless.Notifications.Acknowledgement;

/// <summary>The words of a receipt. The greeting is neutral and no name is used: none is invented, and none is taken from a profile (P11).</summary>
public sealed class AcknowledgementText(TextBook texts, Calendars calendars)
{
    // A confirmation quotes the customer; an SMS holds 1,600 characters.
    private const int LongestQuote = 1_000;

    /// <summary>The text for a contact.</summary>
    /// <param name="head">Its case.</param>
    /// <param name="contact">The contact.</param>
    /// <param name="ends">Whether it says that a contract ends.</param>
    /// <param name="settings">Settings.</param>
    /// <param name="now">Now: a promise that has passed is not told, nor one for a time at which nobody works.</param>
    public string For(Case head, Contact contact, bool ends, AcknowledgementOptions settings, DateTimeOffset now)
    {
        var language = LanguageFor(head, contact, settings);
        var zone = ZoneOf(settings, calendars);
        var values = new Dictionary<string, string>(StringComparer.Ordinal) { ["contact"] = settings.Contact ?? "" };
        if (contact.Place == Place.Public) return texts.Say(language, "ack_public", values);

        values["number"] = head.Number;
        values["received"] = Local(contact.ReceivedAt, zone, language);
        values["content"] = Quote(contact);
        values["promise"] = head.DueAt > now && CalendarOf(head).IsOpenUntil(head.DueAt.Value)
            ? texts.Say(language, "ack_promise", new Dictionary<string, string>(StringComparer.Ordinal) { ["due"] = Local(head.DueAt.Value, zone, language) }) + "\n\n"
            : "";
        return texts.Say(language, ends ? "ack_ending" : contact.Kind is ContactKind.MissedCall or ContactKind.Voicemail ? "ack_call" : "ack_message", values);
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
            ["due"] = Local(due, ZoneOf(settings, calendars), language),
        });
    }

    // The words of the contact, else what the case knows, else the house.
    private static string LanguageFor(Case head, Contact contact, AcknowledgementOptions settings) =>
        LanguageOf(NeedReader.LanguageOf(contact)) ?? LanguageOf(head.Language) ?? settings.Language;

    // Texts are in two languages; a third one gets that of the house.
    private static string? LanguageOf(string? tag) => tag?.Split('-')[0].ToLowerInvariant() switch
    {
        TextBook.German => TextBook.German,
        TextBook.English => TextBook.English,
        _ => null,
    };

    private static string Local(DateTimeOffset at, TimeZoneInfo zone, string language)
    {
        var local = TimeZoneInfo.ConvertTime(at, zone);
        return local.ToString(TextBook.IsGerman(language) ? "dd.MM.yyyy, HH:mm 'Uhr'" : "d MMMM yyyy, HH:mm", CultureInfo.InvariantCulture);
    }

    private static string Quote(Contact contact)
    {
        var subject = contact.Extras?.GetValueOrDefault("subject");
        var quote = string.Join('\n', new[] { subject, contact.Text }.Where(t => !string.IsNullOrWhiteSpace(t)));
        return quote.Length <= LongestQuote ? quote : string.Concat(quote.AsSpan(0, char.IsHighSurrogate(quote[LongestQuote - 1]) ? LongestQuote - 1 : LongestQuote), " […]");
    }
}
