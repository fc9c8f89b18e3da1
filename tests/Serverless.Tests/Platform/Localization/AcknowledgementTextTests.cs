using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Serverless.Cases.Rules;
using Serverless.Contacts;
using Serverless.Needs;
using Serverless.Notifications.Acknowledgement;
using Serverless.Platform.Localization;
using Serverless.ServiceLevels;
using Xunit;

namespace Serverless.Tests.Platform.Localization;

/// <summary>The words customers get, approved to the letter.</summary>
public sealed class AcknowledgementTextTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 20, 9, 0, 0, TimeSpan.Zero);
    private static readonly AcknowledgementOptions Settings = new() { Contact = "030 23125 100, Mon-Fri 8-17" };

    [Theory]
    [InlineData("de-AT",
        "Guten Tag,\n\nvielen Dank für Ihre Nachricht. Ihre Vorgangsnummer ist 7KMD4RT3.\n\nSie erhalten bis 20.11.2026, 14:00 Uhr MEZ eine Antwort.\n\nPersönlich erreichen Sie uns hier: 030 23125 100, Mon-Fri 8-17\n\nDiese Nachricht wurde automatisch versendet.")]
    [InlineData("en",
        "Hello,\n\nThank you for your message. Your case number is 7KMD4RT3.\n\nWe will reply by 20 November 2026, 14:00 CET.\n\nTo reach a person: 030 23125 100, Mon-Fri 8-17\n\nThis is an automated message.")]
    public void A_message(string language, string approved) => Assert.Equal(approved, Text(Contact(language)));

    [Theory]
    [InlineData("de",
        "Guten Tag,\n\nwir bestätigen, dass Ihre Erklärung am 20.11.2026, 09:59 Uhr MEZ bei uns eingegangen ist. Ihre Vorgangsnummer ist 7KMD4RT3.\n\nInhalt Ihrer Erklärung:\nWiderruf\nHiermit {number} widerrufe ich.\n\nSie erhalten bis 20.11.2026, 14:00 Uhr MEZ eine Antwort.\n\nPersönlich erreichen Sie uns hier: 030 23125 100, Mon-Fri 8-17\n\nDiese Nachricht wurde automatisch versendet.")]
    [InlineData("en",
        "Hello,\n\nWe confirm that we received your declaration on 20 November 2026, 09:59 CET. Your case number is 7KMD4RT3.\n\nYour declaration:\nWithdrawal\nI hereby {number} withdraw.\n\nWe will reply by 20 November 2026, 14:00 CET.\n\nTo reach a person: 030 23125 100, Mon-Fri 8-17\n\nThis is an automated message.")]
    public void A_cancellation_or_withdrawal(string language, string approved) => Assert.Equal(approved, Text(Contact(language) with
    {
        // The words decide in which language the customer is answered, whatever their program states.
        Text = language == "de" ? "Hiermit {number} widerrufe ich." : "I hereby {number} withdraw.",
        Extras = new Dictionary<string, string> { ["subject"] = language == "de" ? "Widerruf" : "Withdrawal" },
    }));

    [Theory]
    [InlineData("de",
        "Guten Tag,\n\nvielen Dank für Ihren Beitrag. Wir melden uns bei Ihnen. Bitte schreiben Sie hier nichts Persönliches. Persönlich erreichen Sie uns hier: 030 23125 100, Mon-Fri 8-17\n\nDiese Nachricht wurde automatisch versendet.")]
    [InlineData("en",
        "Hello,\n\nThank you for your post. We will get back to you. Please do not share personal details here. To reach a person: 030 23125 100, Mon-Fri 8-17\n\nThis is an automated message.")]
    public void In_public(string language, string approved) =>
    Assert.Equal(approved, Text(Contact(language) with { Place = Place.Public }));

    [Theory]
    [InlineData("de",
        "Guten Tag,\n\nleider haben wir Ihren Anruf verpasst. Ihre Vorgangsnummer ist 7KMD4RT3.\n\nPersönlich erreichen Sie uns hier: 030 23125 100, Mon-Fri 8-17\n\nDiese Nachricht wurde automatisch versendet.")]
    [InlineData("en",
        "Hello,\n\nWe are sorry that we missed your call. Your case number is 7KMD4RT3.\n\nTo reach a person: 030 23125 100, Mon-Fri 8-17\n\nThis is an automated message.")]
    public void A_missed_call_whose_promise_has_passed(string language, string approved) =>
    Assert.Equal(approved, Text(Contact(language) with { Kind = ContactKind.MissedCall }, Now.AddHours(5)));

    [Fact]
    public void A_language_that_is_neither_leaves_it_to_the_setting_and_no_name_is_used()
    {
        var contact = Contact("fr") with { Parties = [new Identity("email", "a@example.com", Evidence.Claimed, Name: "Aurora")] };
        Assert.StartsWith("Guten Tag,", Text(contact), StringComparison.Ordinal);
        Assert.DoesNotContain("Aurora", Text(contact), StringComparison.Ordinal);
        var english = new AcknowledgementOptions { Contact = "x", Language = "en" };
        Assert.StartsWith("Hello,", Book().For(Head, contact with { Language = null }, ends: false, english, Now),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_declaration_is_shortened()
    {
        var text = Text(Contact("de") with { Text = "Kündigung " + new string('x', 5_000) });
        Assert.InRange(text.Length, 1_000, 1_500);
        Assert.Contains("xx […]\n", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Hiermit KÜNDIGE ich", true)]
    [InlineData("meine Vertragskündigung", true)]
    [InlineData("ich habe gekuendigt", true)]
    [InlineData("Ich widerrufe den Kauf", true)]
    [InlineData("Please cancel my order.", true)]
    [InlineData("my withdrawal from the contract", true)]
    [InlineData("I revoke my declaration", true)]
    [InlineData("Ihre Ankündigung von gestern", false)]
    [InlineData("unwiderrufliche Zusage", false)]
    [InlineData("Meine Waschmaschine ist kaputt", false)]
    [InlineData("\ud800 kaputt", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void The_rule_for_cancellations_looks_at_words(string? text, bool ends) =>
        Assert.Equal(ends, NeedReader.Read(Contact("de") with { Text = text }, RuleSet.BuiltIn).Ends);

    private static Case Head => new()
    {
        Id = new string('1', 32),
        Number = "7KMD4RT3",
        Owes = "answer",
        OwesRule = "written in private",
        Networks = ["email"],
        OpenedAt = Now,
        DueAt = Now.AddHours(4),
    };

    private static Contact Contact(string language) => new()
    {
        Channel = "email",
        Network = "email",
        Account = "service@example.com",
        ExternalId = "1",
        Kind = ContactKind.Message,
        OccurredAt = Now,
        ReceivedAt = Now.AddMinutes(-1),
        Text = "Frage",
        Language = language,
    };

    private static string Text(Contact contact, DateTimeOffset? now = null) =>
        Book().For(Head, contact, NeedReader.Read(contact, RuleSet.BuiltIn).Ends, Settings, now ?? Now);

    private static AcknowledgementText Book()
    {
        var services = new ServiceCollection();
        services.AddOptions<TextsOptions>();
        return new AcknowledgementText(new TextBook(services.BuildServiceProvider().GetRequiredService<IOptionsMonitor<TextsOptions>>()),
            new Calendars(new CalendarsOptions()));
    }
}
