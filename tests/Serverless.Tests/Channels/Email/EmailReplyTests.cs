using System.Text.Json.Nodes;
using Serverless.Channels;
using Serverless.Contacts;
using Xunit;

namespace Serverless.Tests.Channels.Email;

/// <summary>An answer goes out once, in its thread, with our marks; its copy in Sent Items is recognised, and so is whoever answers
/// it.</summary>
public sealed class EmailReplyTests
{
    private static async Task<(EmailSetup Desk, Contact Asked)> AskedAsync()
    {
        var desk = await EmailSetup.StartAsync();
        var mail = EmailSetup.Mail("AAk1");
        desk.Graph.Messages.Add((EmailSetup.Service, "inbox", mail));
        return (desk, desk.Found(mail));
    }

    [Fact]
    public async Task It_is_sent_in_the_thread_with_our_headers_and_its_echo_has_the_same_ids()
    {
        var (desk, asked) = await AskedAsync();
        await using var _ = desk;
        var sent = Assert.IsType<ReplyOutcome.Sent>(await desk.Channel.SendAsync(EmailSetup.Answer(asked), default)).Event;
        var copy = desk.Graph.Messages.Single(m => m.Folder == "sentitems").Message;
        var headers = copy["internetMessageHeaders"]!.AsArray()
            .ToDictionary(h => h!["name"]!.GetValue<string>(), h => h!["value"]!.GetValue<string>());
        Assert.Equal("All", headers["X-Auto-Response-Suppress"]);
        Assert.Equal("0123456789abcdef0123456789abcdef", headers["x-contact-loop"]);
        Assert.Equal("Re: Waschmaschine [#7KMD4RT3]", copy["subject"]!.GetValue<string>());
        Assert.StartsWith("Am Montag kommt unser Techniker.\n\n[#7KMD4RT3.", copy["body"]!["content"]!.GetValue<string>(),
            StringComparison.Ordinal);

        // As Sent Items show it: without headers.
        copy.Remove("internetMessageHeaders");
        copy["from"] = EmailSetup.Person(EmailSetup.Service);
        var echo = desk.Found(copy, "sentitems");
        Assert.Equal((sent.Contact.Account, sent.Contact.ExternalId, sent.Contact.ThreadKey, Direction.Outbound),
            (echo.Account, echo.ExternalId, echo.ThreadKey, echo.Direction));
        Assert.Equal(asked.ThreadKey, echo.ThreadKey);
        Assert.Equal("0123456789abcdef0123456789abcdef", echo.Extras![ExtraNames.ReplyId]);
    }

    [Fact]
    public async Task A_receipt_says_that_a_machine_wrote_it()
    {
        var (desk, asked) = await AskedAsync();
        await using var _ = desk;
        Assert.IsType<ReplyOutcome.Sent>(await desk.Channel.SendAsync(EmailSetup.Answer(asked) with { Automatic = true }, default));
        var headers = desk.Graph.Messages.Single(m => m.Folder == "sentitems").Message["internetMessageHeaders"]!.AsArray();
        Assert.Contains(headers, h => h!["name"]!.GetValue<string>() == "X-Autoreply" && h["value"]!.GetValue<string>() == "yes");
    }

    [Fact]
    public async Task A_try_whose_answer_was_lost_is_repeated_without_a_second_mail()
    {
        var (desk, asked) = await AskedAsync();
        await using var _ = desk;
        Assert.True(desk.Channel.Repeatable);
        desk.Graph.LoseAnswerToSend = true;
        Assert.Equal(new ReplyOutcome.Uncertain(ReplyReasons.Unreachable), await desk.Channel.SendAsync(EmailSetup.Answer(asked), default));
        var sent = Assert.IsType<ReplyOutcome.Sent>(await desk.Channel.SendAsync(EmailSetup.Answer(asked), default));
        Assert.Equal(new DateTimeOffset(2026, 11, 20, 9, 0, 7, TimeSpan.Zero), sent.Event.Contact.OccurredAt);
        Assert.Single(desk.Graph.Sent);
    }

    [Theory]
    [InlineData("POST /v1.0/users/service@example.com/messages/AAk1/createReply"), InlineData("PATCH"), InlineData("send"),
        InlineData("GET")]
    public async Task A_try_that_broke_anywhere_goes_on_where_it_stopped(string call)
    {
        var (desk, asked) = await AskedAsync();
        await using var _ = desk;
        desk.Graph.Trouble = (call, 503, "ServiceUnavailable", 1, null);
        var broken = await desk.Channel.SendAsync(EmailSetup.Answer(asked), default);
        Assert.Equal(call == "send"
            ? new ReplyOutcome.Uncertain(ReplyReasons.Unreachable) : new ReplyOutcome.Later(ReplyReasons.Unreachable), broken);
        Assert.IsType<ReplyOutcome.Sent>(await desk.Channel.SendAsync(EmailSetup.Answer(asked), default));
        Assert.IsType<ReplyOutcome.Sent>(await desk.Channel.SendAsync(EmailSetup.Answer(asked), default));
        Assert.Single(desk.Graph.Sent);
    }

    [Fact]
    public async Task What_Graph_answers_is_a_value()
    {
        var (desk, asked) = await AskedAsync();
        await using var _ = desk;
        async Task<ReplyOutcome> With(string call, int status, string code, int? after = null)
        {
            desk.Graph.Trouble = (call, status, code, 1, after);
            return await desk.Channel.SendAsync(EmailSetup.Answer(asked), default);
        }

        Assert.Equal(new ReplyOutcome.Later(ReplyReasons.RateLimited, TimeSpan.FromSeconds(9)),
            await With("send", 429, "ApplicationThrottled", 9));
        Assert.Equal(ReplyReasons.NotPermitted, Assert.IsType<ReplyOutcome.Refused>(await With("send", 403, "ErrorAccessDenied")).Reason);
        Assert.Equal(ReplyReasons.NotPermitted,
            Assert.IsType<ReplyOutcome.Later>(await With("GET", 401, "InvalidAuthenticationToken")).Reason);
        Assert.Equal(new ReplyOutcome.Refused(ReplyReasons.ContentRefused, "ErrorInvalidRecipients"),
            await With("send", 400, "ErrorInvalidRecipients"));
        Assert.Equal(ReplyReasons.TooLong,
            Assert.IsType<ReplyOutcome.Refused>(await desk.Channel.SendAsync(EmailSetup.Answer(asked, new string('a', 600_000)),
                default)).Reason);
        Assert.Equal(ReplyReasons.NoReplyPath,
            Assert.IsType<ReplyOutcome.Refused>(await desk.Channel.SendAsync(EmailSetup.Answer(asked with { Reply = null }),
                default)).Reason);
        desk.Graph.Messages.Clear();
        Assert.Equal(ReplyReasons.RecipientGone,
            Assert.IsType<ReplyOutcome.Refused>(await desk.Channel.SendAsync(EmailSetup.Answer(asked), default)).Reason);
    }

    [Fact]
    public async Task Whoever_answers_it_joins_and_a_made_up_mark_joins_nothing()
    {
        var (desk, asked) = await AskedAsync();
        await using var _ = desk;
        var sent = Assert.IsType<ReplyOutcome.Sent>(await desk.Channel.SendAsync(EmailSetup.Answer(asked), default)).Event.Contact;
        var mark = desk.Graph.Messages.Single(m => m.Folder == "sentitems").Message["body"]!["content"]!.GetValue<string>();
        Contact From(string address, string text = "Danke", Dictionary<string, string>? headers = null) =>
            desk.Found(EmailSetup.Mail("AAk9", address, text, headers: headers));

        Assert.Equal(asked.ThreadKey, From("anna@example.org", headers: new() { ["In-Reply-To"] = sent.ExternalId }).ThreadKey);
        Assert.Equal(asked.ThreadKey,
            From("husband@example.org", headers: new() { ["References"] = $"<other@x> {sent.ExternalId}" }).ThreadKey);
        // A mail program that refers to nothing and quotes the mark: only from the address it was made for.
        Assert.Equal(asked.ThreadKey, From("Anna@Example.org", $"Danke\n> {mark.Split('\n')[2]}").ThreadKey);
        Assert.NotEqual(asked.ThreadKey, From("stranger@example.net", $"Danke\n> {mark.Split('\n')[2]}").ThreadKey);
        // A Message-ID with another proof, and a bare number.
        Assert.NotEqual(asked.ThreadKey,
            From("stranger@example.net",
                headers: new() { ["In-Reply-To"] = sent.ExternalId.Replace("contact.0", "contact.1",
                    StringComparison.Ordinal) }).ThreadKey);
        var claims = EmailSetup.Mail("AAk9", "stranger@example.net");
        claims["subject"] = "Re: Waschmaschine [#7KMD4RT3]";
        Assert.NotEqual(asked.ThreadKey, desk.Found(claims).ThreadKey);
        Assert.Equal("7KMD4RT3", desk.Found(claims).Extras!["caseNumber"]);
    }

    [Fact]
    public async Task A_bounce_of_it_is_its_failure_and_a_delay_is_not()
    {
        var (desk, asked) = await AskedAsync();
        await using var _ = desk;
        var sent = Assert.IsType<ReplyOutcome.Sent>(await desk.Channel.SendAsync(EmailSetup.Answer(asked), default)).Event.Contact;
        JsonObject Bounce(string text) =>
            EmailSetup.Mail("AAk8", "postmaster@example.org", text,
                headers: new() { ["Content-Type"] = "multipart/report; report-type=delivery-status", ["Return-Path"] = "<>" });

        var failed = Assert.IsType<Parsed.StatusUpdate>(
            desk.Read(Bounce($"552 5.2.2 Mailbox full\nMessage-ID: {sent.ExternalId}"))).Message;
        Assert.Equal((sent.ExternalId, MessageState.Failed, "5.2.2", "0123456789abcdef0123456789abcdef", EmailSetup.Service),
            (failed.ExternalId, failed.State, failed.Reason, failed.ReplyId, failed.Account));
        Assert.Equal("bounce",
            Assert.IsType<Parsed.Found>(desk.Read(Bounce($"Delayed: 4.4.1\n{sent.ExternalId}"))).Event.Contact.Extras!["automatic"]);
    }

    [Fact]
    public async Task Our_own_mail_that_comes_back_is_ignored()
    {
        var (desk, _) = await AskedAsync();
        await using var __ = desk;
        Assert.Equal(new Parsed.Ignored("own-loop"),
            desk.Read(EmailSetup.Mail("AAk7", "forwarder@example.org",
                headers: new() { ["X-Contact-Loop"] = "0123456789abcdef0123456789abcdef" })));
        Assert.Equal(new Parsed.Ignored("own-loop"), desk.Read(EmailSetup.Mail("AAk7", EmailSetup.Service)));
    }
}
