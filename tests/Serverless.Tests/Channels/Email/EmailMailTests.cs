using System.Text;
using System.Text.Json.Nodes;
using Serverless.Cases.Rules;
using Serverless.Channels;
using Serverless.Channels.Email;
using Serverless.Contacts;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Channels.Email;

/// <summary>A mail is read as people wrote it: words, quotes and signature apart; who stands in it; what a machine wrote.</summary>
public sealed class EmailMailTests
{
    [Theory]
    [InlineData("Ja, gern.\n\nAm 20.11.2026 um 09:12 schrieb Service <s@example.com>:\n> Passt Montag?\n> Gruß", "Ja, gern.",
        "Am 20.11.2026 um 09:12 schrieb Service <s@example.com>:\n> Passt Montag?\n> Gruß", "")]
    [InlineData("Yes.\n\nOn Fri, 20 Nov 2026 at 09:12, Service\n<s@example.com> wrote:\n> Monday?", "Yes.",
        "On Fri, 20 Nov 2026 at 09:12, Service\n<s@example.com> wrote:\n> Monday?", "")]
    [InlineData("Ja\n\n-----Ursprüngliche Nachricht-----\nVon: Service\nHallo", "Ja",
        "-----Ursprüngliche Nachricht-----\nVon: Service\nHallo", "")]
    [InlineData("Yes\n________________________________\nFrom: Service <s@example.com>\nSent: Friday\nTo: Anna\n\nHello", "Yes",
        "________________________________\nFrom: Service <s@example.com>\nSent: Friday\nTo: Anna\n\nHello", "")]
    [InlineData("Danke!\n-- \nAnna Weiß\n0221 1", "Danke!", "", "--\nAnna Weiß\n0221 1")]
    [InlineData("Thanks\n\nSent from my iPhone\n\n> old", "Thanks", "> old", "Sent from my iPhone")]
    // Answers between the quoted lines are the customer's words, quotes and all.
    [InlineData("> Wann passt es?\nMontag\n> Wo?\nKöln", "> Wann passt es?\nMontag\n> Wo?\nKöln", "", "")]
    // Nothing but a quotation: then that is the message.
    [InlineData("> nur ein Zitat", "> nur ein Zitat", "", "")]
    [InlineData("From: the kettle comes steam.\nIt whistles.", "From: the kettle comes steam.\nIt whistles.", "", "")]
    public void Plain_text_is_split_where_the_quotation_begins(string text, string own, string quoted, string signature) =>
        Assert.Equal(new MailText(own, quoted, signature), MailText.OfPlain(text));

    [Theory]
    [InlineData("<p>Hallo&nbsp;&amp; Gr&uuml;&szlig;e</p><p>Zeile 2<br>Zeile 3</p>", "Hallo & Grüße\n\nZeile 2\nZeile 3", "")]
    [InlineData("Ja<div class=\"gmail_quote\">Am ... schrieb<blockquote>alt</blockquote></div>", "Ja", "Am ... schrieb\nalt")]
    [InlineData("<div>Yes</div><blockquote type=cite><div>old</div></blockquote>", "Yes", "old")]
    [InlineData("Ja<div id=\"divRplyFwdMsg\">Von: x</div><div>alt</div>", "Ja", "Von: x\nalt")]
    [InlineData("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table><style>p{}</style><!-- no -->", "a b\nc", "")]
    [InlineData("<div><b>unclosed <i>tags <div>everywhere", "unclosed tags\neverywhere", "")]
    [InlineData("<blockquote>somebody's poem</blockquote>and my words", "somebody's poem\nand my words", "")]
    [InlineData("", "", "")]
    public void Html_is_read_as_it_is_seen(string html, string own, string quoted)
    {
        var text = MailText.OfHtml(html);
        Assert.Equal((own, quoted), (text.Own, text.Quoted));
    }

    [Fact]
    public void Html_without_end_is_read_too()
    {
        Assert.Equal("deep", MailText.OfHtml(string.Concat(Enumerable.Repeat("<div>", 20_000)) + "deep").Own);
        Assert.Equal(2_000_000, MailText.OfHtml($"<p>{new string('x', 2_000_000)}</p>").Own.Length);
        Assert.NotNull(MailText.OfHtml(string.Concat(Enumerable.Repeat("<", 100_000))));
    }

    [Theory]
    [InlineData("Auto-Submitted", "auto-replied; x", "auto-reply"), InlineData("Auto-Submitted", "auto-generated", "generated"),
        InlineData("Auto-Submitted", "no", null), InlineData("X-Autoreply", "yes", "auto-reply")]
    [InlineData("Precedence", "bulk", "list"), InlineData("List-Id", "<x>", "list"), InlineData("List-Unsubscribe", "<https://x>", null),
        InlineData("Precedence", "first-class", null), InlineData("Return-Path", "<>", "auto-reply")]
    [InlineData("Content-Type", "multipart/report; report-type=\"delivery-status\"", "bounce"),
        InlineData("Content-Type", "multipart/report; report-type=disposition-notification", "auto-reply"),
        InlineData("X-Failed-Recipients", "a@example.org", "bounce")]
    [InlineData("X-Auto-Response-Suppress", "All", null), InlineData("Content-Type", "multipart/alternative", null)]
    public async Task What_a_machine_wrote_is_marked(string header, string value, string? mark)
    {
        await using var desk = EmailSetup.Reading();
        var contact = desk.Found(EmailSetup.Mail("AAk1", headers: new() { [header] = value }));
        Assert.Equal(mark, contact.Extras!.GetValueOrDefault("automatic"));
        // Nobody answers a machine; a web form leads to a person, and so may a list: its headers forbid automatic texts alone.
        Assert.Equal(mark is "auto-reply" or "bounce", contact.Reply is null);
        Assert.Equal(mark is "list" || header == "List-Unsubscribe"
            || header == "X-Auto-Response-Suppress", contact.Extras!.ContainsKey("noAutoReply"));
    }

    [Theory]
    [InlineData("auto-reply"), InlineData("bounce")]
    public async Task A_machines_answer_is_kept_and_triggers_nothing(string mark)
    {
        await using var desk = EmailSetup.Reading();
        var (header, value) = mark == "bounce" ? ("X-Failed-Recipients", "anna@example.org") : ("Auto-Submitted", "auto-replied");
        var contact = desk.Found(EmailSetup.Mail("AAk1", headers: new() { [header] = value }));
        var e = new ContactEvent("e", ContactChange.Received, contact);
        Decision Decide(Case? head) => CaseRules.Decide(head, e, pinned: true, desk.Time.GetUtcNow(), Folded.Levels, new CasesOptions());
        var open = new Case { Id = "c", Number = "n", Owes = "answer", OwesRule = "r", Networks = ["email"], OpenedAt =
            desk.Time.GetUtcNow(), AnsweredAt = desk.Time.GetUtcNow() };
        Assert.IsType<Decision.Hold>(Decide(null));
        Assert.IsType<Decision.Append>(Decide(open));
        Assert.IsType<Decision.Append>(Decide(open with { State = CaseState.Closed, ClosedAt = desk.Time.GetUtcNow() }));
    }

    [Fact]
    public async Task A_conversation_is_its_first_message_and_the_customer()
    {
        await using var desk = EmailSetup.Reading();
        Contact Mail(string id, string from, string? references = null, string? answers = null) =>
            desk.Found(EmailSetup.Mail(id, from, headers: new() { ["References"] = references ?? "", ["In-Reply-To"] = answers ?? "" }));
        var first = Mail("AAk1", "anna@example.org");
        Assert.Equal(first.ThreadKey, Mail("AAk2", "Anna@example.org", $"{first.ExternalId}\r\n\t<answer@example.com>").ThreadKey);
        Assert.Equal(first.ThreadKey, Mail("AAk3", "anna@example.org", answers: first.ExternalId).ThreadKey);
        // Somebody who got the mail from the customer, and a hundred who answer a round mail, have cases of their own (P10).
        Assert.NotEqual(first.ThreadKey, Mail("AAk4", "stranger@example.net", first.ExternalId).ThreadKey);
        Assert.NotEqual(Mail("AAk5", "one@example.org", "<round@example.com>").ThreadKey,
            Mail("AAk6", "two@example.org", "<round@example.com>").ThreadKey);

        var sent = EmailSetup.Mail("AAk7", EmailSetup.Service);
        sent["toRecipients"] = new JsonArray(EmailSetup.Person("anna@example.org", "Anna Weiß"));
        sent["singleValueExtendedProperties"] = new JsonArray(new JsonObject { ["id"] = "string 0x1039", ["value"] = first.ExternalId });
        Assert.Equal((first.ThreadKey, Direction.Outbound),
            (desk.Found(sent, "sentitems").ThreadKey, desk.Found(sent, "sentitems").Direction));
        // A forward to a supplier answers nobody.
        sent["toRecipients"] = new JsonArray(EmailSetup.Person("supplier@example.net"));
        Assert.NotEqual(first.ThreadKey, desk.Found(sent, "sentitems").ThreadKey);
        sent["toRecipients"] = new JsonArray(EmailSetup.Person(EmailSetup.Service));
        Assert.Equal(new Parsed.Ignored("no-recipient"), desk.Read(sent, "sentitems"));
    }

    [Fact]
    public async Task A_sender_in_our_name_in_the_inbox_is_no_answer_of_ours()
    {
        await using var desk = EmailSetup.Reading();
        var form = EmailSetup.Mail("AAk1", EmailSetup.Service);
        form["replyTo"] = new JsonArray(EmailSetup.Person("karin@example.org", "Karin Brandt"));
        var contact = desk.Found(form);
        Assert.Equal((Direction.Inbound, "karin@example.org", "Karin Brandt"),
            (contact.Direction, contact.Parties.Single().Value, contact.Parties[0].Name));
    }

    [Fact]
    public async Task What_is_missing_or_of_another_type_reads_as_nothing()
    {
        await using var desk = EmailSetup.Reading();
        Assert.Equal("AAk1", desk.Found(new JsonObject { ["id"] = "AAk1" }).ExternalId);
        Assert.Equal(desk.Time.GetUtcNow(), desk.Found(new JsonObject { ["id"] = "AAk1" }).OccurredAt);
        Assert.Equal(new Parsed.Ignored("draft"), desk.Read(new JsonObject { ["id"] = "AAk1", ["isDraft"] = true }));
        foreach (var name in EmailSetup.Mail("x").Select(p => p.Key).Where(k => k != "id"))
        {
            foreach (var value in new[] { "null", "7", "\"\"", "[]", "{}", "[null,7,{}]", "{\"emailAddress\":7}", "\"\\ud800\"" })
            {
                var mail = EmailSetup.Mail("AAk1");
                mail[name] = null;
                var json = mail.ToJsonString().Replace($"\"{name}\":null", $"\"{name}\":{value}", StringComparison.Ordinal);
                try
                {
                    desk.Read(Encoding.UTF8.GetBytes(json), "AAk1");
                }
                catch (InvalidOperationException)
                {
                    // A lone half of a character: the reader's own refusal, which makes a placeholder.
                    Assert.Contains("ud800", value, StringComparison.Ordinal);
                }
            }
        }
    }

    [Fact]
    public async Task A_text_that_is_too_large_comes_as_its_beginning()
    {
        await using var desk = EmailSetup.Reading();
        var mail = EmailSetup.Mail("AAk1");
        mail.Remove("body");
        mail["bodyPreview"] = "Anfang";
        Assert.Equal(("Anfang", "too-large"), (desk.Found(mail).Text, desk.Found(mail).Extras!["truncated"]));
    }
}
