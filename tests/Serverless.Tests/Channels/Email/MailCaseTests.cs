using System.Text.Json.Nodes;
using Serverless.Channels;
using Serverless.Channels.Email;
using Serverless.Contacts;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Channels.Email;

/// <summary>Mails that public reports of other programs tell of (names and words are made up), each as an example of its kind.</summary>
public sealed class MailCaseTests
{
    [Theory]
    [InlineData("mail-quote-01", 0, "Vielen Dank, das passt so.")]
    [InlineData("mail-quote-02", 0, "Am Dienstag ab 14 Uhr passt es mir.")]
    [InlineData("mail-quote-06", 0, "Das hat geholfen, danke!")]
    [InlineData("mail-quote-08", 0, "Danke, erledigt.\n\nAnna")]
    [InlineData("mail-quote-10", 0, "Danke, eine Frage zu Punkt 2: geht es vor Freitag?")]
    [InlineData("mail-quote-14", 0, "Hej, tak for hjælpen.")]
    [InlineData("mail-quote-16", 0, "Merci, c'est réglé."), InlineData("mail-quote-16", 1, "Gracias, ya funciona."),
        InlineData("mail-quote-16", 2, "Grazie mille.")]
    [InlineData("mail-quote-16", 3, "Bedankt!"), InlineData("mail-quote-16", 4, "Dziękuję.")]
    [InlineData("mail-quote-17", 0, "Are you doing a test?")]
    [InlineData("mail-quote-18", 0, "Hallo, Antwort ganz unten.\n\nICH WIDERRUFE DEN VERTRAG.")]
    [InlineData("mail-text-01", 0, "Here is another email\n\nSent from my desk, is much easier than my mobile phone.")]
    [InlineData("mail-text-04", 0,
        "Guten Tag,\n\nmein Zug fiel aus.\n\nVon: Berlin Hbf\nNach: München Hbf\nDatum: 12.11.2026\n\nIch verlange die volle Erstattung von 129 Euro.")]
    [InlineData("mail-text-06", 0, "Fehlerprotokoll\nZeile 1: E07\nZeile 2: Pumpe\n\nBitte prüfen."),
        InlineData("mail-text-06", 1, "Straße 1\n12345 Ort\nTel. 030 23125017")]
    [InlineData("mail-text-09", 0, "Are you doing a test?\n\nMy number is: +00 0000 000 000"), InlineData("mail-text-09", 1, "Danke!")]
    [InlineData("mail-html-01", 0, "Super, danke 👍 Das Paket 📦 ist da.")]
    public async Task What_the_customer_wrote_is_the_text(string id, int step, string text)
    {
        await using var desk = EmailSetup.Reading();
        Assert.Equal(text, desk.Found(Mail(id, step)).Text?.ReplaceLineEndings("\n"));
    }

    [Fact]
    public async Task Answers_between_quotations_are_all_there()
    {
        await using var desk = EmailSetup.Reading();
        var contact = desk.Found(Mail("mail-quote-04"));
        Assert.Equal("Hallo, siehe unten.\nJa, Nummer 2026-4711.\nBitte das Geld zurück.",
            contact.Text!.Replace("\n\n", "\n", StringComparison.Ordinal));
        Assert.Contains("Haben Sie die Rechnung noch?", contact.Extras!["quoted"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mail-list-01", "anna@example.org", "Anna Beispiel"), InlineData("mail-list-03", "anna@example.org", "Anna Beispiel")]
    [InlineData("mail-list-04", "anna@example.org", "Anna Beispiel"), InlineData("mail-replyto-01", "hannes@customer.example", null)]
    public async Task Whoever_wrote_can_be_answered(string id, string address, string? name)
    {
        await using var desk = EmailSetup.Reading();
        var contact = desk.Found(Mail(id));
        Assert.Equal((address, name), (contact.Parties[0].Value, contact.Parties[0].Name));
        Assert.NotNull(contact.Reply);
        // Worked like others, and no automatic text through a list.
        Assert.Null(contact.Extras!.GetValueOrDefault("automatic"));
        Assert.Equal(id.StartsWith("mail-list", StringComparison.Ordinal), contact.Extras!.ContainsKey("noAutoReply"));
    }

    [Fact]
    public async Task A_mail_that_names_only_what_it_answers_leads_there()
    {
        await using var desk = EmailSetup.Reading();
        var answer = ((Parsed.Found)desk.Read(Mail("mail-thread-01", 1), "sentitems")).Event;
        var next = ((Parsed.Found)desk.Read(Mail("mail-thread-01", 2))).Event;
        Assert.Equal([answer.Contact.ExternalId], next.Clues!.Answers);
        Assert.Equal(answer.Clues!.With, next.Clues.With);
        // A stranger who got hold of the id is with somebody else (P10).
        var stranger = Mail("mail-thread-01", 2);
        stranger["from"] = EmailSetup.Person("stranger@example.net");
        Assert.NotEqual(answer.Clues.With, ((Parsed.Found)desk.Read(stranger)).Event.Clues!.With);
    }

    [Fact]
    public async Task Two_mails_under_one_id_differ_and_copies_do_not()
    {
        await using var desk = EmailSetup.Reading();
        string? Digest(JsonObject mail) => ((Parsed.Found)desk.Read(mail)).Event.Clues!.Digest;
        var first = Mail("mail-thread-06");
        var copy = Mail("mail-thread-06");
        (copy["id"], copy["receivedDateTime"]) = ("AAcopy=", "2026-11-20T09:00:09Z");
        Assert.Equal(Digest(first), Digest(copy));
        Assert.NotEqual(Digest(first), Digest(Mail("mail-thread-06", 1)));
    }

    [Theory]
    [InlineData("mail-bounce-01", true, null), InlineData("mail-bounce-05", true, "5.1.1")]
    public void A_bounce_tells_by_its_codes(string id, bool final, string? code)
    {
        var mail = Mail(id);
        Assert.Equal(new Bounce(final, code),
            Bounce.Read(mail["body"]!["content"]!.GetValue<string>(), mail["subject"]!.GetValue<string>(), id == "mail-bounce-01"));
    }

    [Theory]
    [InlineData("552 5.2.2 mailbox full", true, "5.2.2"), InlineData("said: 452 4.2.2 try later", false, "4.2.2"),
        InlineData("host 5.1.1.7 answered\nStatus: 4.4.7", false, "4.4.7")]
    [InlineData("Action: failed\nStatus: 5.7.1", true, "5.7.1"), InlineData("Exim 4.94.2 and Postfix 5.1.1-a", true, null),
        InlineData("Your message is delayed and will be retried", false, null)]
    [InlineData("Remote server returned '550 5.1.10 RESOLVER.ADR'", true, "5.1.10"),
        InlineData("remote server said: 550 user unknown", true, "550")]
    public void Codes_count_where_they_stand(string text, bool final, string? code) =>
    Assert.Equal(new Bounce(final, code), Bounce.Read(text, "Notice", false));

    [Theory]
    [InlineData("mx; dmarc=pass action=none header.from=example.org; compauth=pass reason=100", "pass"),
        InlineData("mx; spf=pass; dmarc=pass", "pass"), InlineData("mx; dmarc=fail; compauth=pass", "pass")]
    [InlineData("mx; dmarc=fail action=quarantine", "fail"), InlineData("mx; dmarc=pass; compauth=fail reason=001", "fail"),
        InlineData("mx; dmarc=fail; compauth=none", "none"), InlineData("mx; spf=pass", "none")]
    [InlineData("mx; spf=fail (dmarc=pass; compauth=pass)", "none"), InlineData("mx; spf=fail smtp.mailfrom=\"; dmarc=pass\"", "none"),
        InlineData(null, "none")]
    public void What_the_own_server_found_is_read(string? header, string verdict) =>
    Assert.Equal(verdict, AuthenticationResults.Judge(header));

    [Fact]
    public async Task A_sender_that_failed_the_check_joins_nothing_but_what_our_proof_leads_to()
    {
        await using var desk = EmailSetup.Reading();
        var first = desk.Found(EmailSetup.Mail("AAk1"));
        Contact Forged(string references) =>
            desk.Found(EmailSetup.Mail("AAk2",
                headers: new() { ["Authentication-Results"] = "mx; dmarc=fail", ["References"] = references }));
        Assert.Equal("fail", Forged(first.ExternalId).Extras!["auth"]);
        Assert.NotEqual(first.ThreadKey, Forged(first.ExternalId).ThreadKey);
        var ours = MailThread.OwnId(EmailSetup.Secret, new string('a', 32), first.ThreadKey!, EmailSetup.Service);
        Assert.Equal(first.ThreadKey, Forged(ours).ThreadKey);
    }

    [Fact]
    public async Task More_than_is_read_is_a_placeholder_that_leads_to_the_whole()
    {
        await using var desk = EmailSetup.Reading();
        var contact = desk.Found(EmailSetup.Mail("AAk1", text: $"Anfang\n{new string('x', TextLimits.MaxCharacters)}"));
        Assert.Equal((ContactKind.Placeholder, "characters"), (contact.Kind, contact.Extras!["truncated"]));
        Assert.StartsWith("Anfang", contact.Text, StringComparison.Ordinal);
        Assert.Equal(("users/service@example.com/messages/AAk1#mail", "message/rfc822"),
            (contact.Attachments.Single().Reference, contact.Attachments.Single().Type));
    }

    [Fact]
    public async Task A_meeting_keeps_when_and_where_and_a_directorys_name_becomes_an_address()
    {
        await using var desk = EmailSetup.Reading();
        var mail = EmailSetup.Mail("AAk1", "/o=ExchangeLabs/ou=Group/cn=Recipients/cn=0a1b-anna",
            headers: new() { ["From"] = "Anna <anna@example.org>" });
        mail["startDateTime"] = new JsonObject { ["dateTime"] = "2026-11-23T10:00:00.0000000", ["timeZone"] = "UTC" };
        mail["endDateTime"] = new JsonObject { ["dateTime"] = "2026-11-23T11:00:00.0000000", ["timeZone"] = "UTC" };
        mail["location"] = new JsonObject { ["displayName"] = "Lindenweg 4" };
        var contact = desk.Found(mail);
        Assert.Equal("anna@example.org", contact.Parties[0].Value);
        Assert.Equal(("2026-11-23T10:00:00.0000000 UTC", "2026-11-23T11:00:00.0000000 UTC", "Lindenweg 4"),
            (contact.Extras!["start"], contact.Extras["end"], contact.Extras["location"]));
    }

    private static JsonObject Mail(string id, int step = 0)
    {
        var text = File.ReadAllText(Path.Combine(Seed.RepositoryRoot, "tests", "Serverless.Tests", "Channels", "Mail", "cases",
            $"{id}.json"));
        return (JsonObject)JsonNode.Parse(text)!["steps"]![step]!["mail"]!.DeepClone();
    }
}
