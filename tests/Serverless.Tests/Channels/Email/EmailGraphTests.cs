using System.Text;
using System.Text.Json.Nodes;
using Serverless.Channels;
using Serverless.Contacts;
using Xunit;

namespace Serverless.Tests.Channels.Email;

/// <summary>Messages and files are fetched from Graph over real HTTP with requests of the Graph SDK.</summary>
public sealed class EmailGraphTests
{
    [Fact]
    public async Task A_message_is_fetched_to_the_byte_with_headers_and_attachments()
    {
        await using var desk = await EmailSetup.StartAsync();
        var mail = EmailSetup.Mail("AAk-1_=", text: "Grüße €😴");
        desk.Graph.Messages.Add((EmailSetup.Service, "inbox", mail));
        var document = Assert.IsType<FetchedContent.Document>(await desk.Channel.FetchAsync(EmailSetup.Resource("AAk-1_="), default));
        Assert.Equal(EmailSetup.Json(mail), Encoding.UTF8.GetString(document.Body.Span));
        Assert.Equal("Grüße €😴",
            Assert.IsType<Parsed.Found>(desk.Channel.Read(desk.Delivery("{}"), EmailSetup.Resource("AAk-1_="),
                document.Body)).Event.Contact.Text);
        var call = Assert.Single(desk.Graph.Calls);
        Assert.StartsWith($"GET /users/{EmailSetup.Service}/messages/AAk-1_=?$expand=", call, StringComparison.Ordinal);
        Assert.Contains("uniqueBody", call, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_gone_is_gone_and_a_mailbox_that_is_offline_is_waited_for()
    {
        await using var desk = await EmailSetup.StartAsync();
        Assert.Equal(new FetchedContent.Gone("gone-at-provider"), await desk.Channel.FetchAsync(EmailSetup.Resource("AAk1"), default));
        desk.Graph.Trouble = ("GET", 404, "MailboxNotEnabledForRESTAPI", 1, null);
        Assert.Equal(new FetchedContent.Later("mailbox-unavailable"), await desk.Channel.FetchAsync(EmailSetup.Resource("AAk1"), default));
        desk.Graph.Trouble = ("GET", 429, "ApplicationThrottled", 1, 17);
        Assert.Equal(new FetchedContent.Later("rate-limited", TimeSpan.FromSeconds(17)),
            await desk.Channel.FetchAsync(EmailSetup.Resource("AAk1"), default));
        desk.Graph.Trouble = ("GET", 503, "ServiceUnavailable", 1, null);
        Assert.Equal(new FetchedContent.Later("unreachable"), await desk.Channel.FetchAsync(EmailSetup.Resource("AAk1"), default));
        Assert.Equal(new FetchedContent.Gone("no-message"),
            await desk.Channel.FetchAsync("users/a@example.com/mailFolders/inbox/messages/../../secrets", default));
    }

    [Fact]
    public async Task A_token_that_is_refused_is_asked_for_again_later()
    {
        await using var desk = await EmailSetup.StartAsync(("AccessToken", "an-expired-token"));
        Assert.Equal(new FetchedContent.Later("refused"), await desk.Channel.FetchAsync(EmailSetup.Resource("AAk1"), default));
    }

    [Fact]
    public async Task At_most_four_calls_go_to_a_mailbox_at_once()
    {
        await using var desk = await EmailSetup.StartAsync();
        desk.Graph.Gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var calls = Enumerable.Range(0, 12).Select(i => desk.Channel.FetchAsync(EmailSetup.Resource($"AAk{i}"), default)).ToList();
        while (desk.Graph.MostAtOnce < 4) await Task.Yield();
        desk.Graph.Gate.SetResult();
        Assert.All(await Task.WhenAll(calls), fetched => Assert.IsType<FetchedContent.Gone>(fetched));
        Assert.Equal(4, desk.Graph.MostAtOnce);
    }

    [Fact]
    public async Task A_file_is_streamed_and_a_link_is_none()
    {
        await using var desk = await EmailSetup.StartAsync();
        var bytes = new byte[3 * 1024 * 1024];
        new Random(1).NextBytes(bytes);
        desk.Graph.Files["AAkFile="] = ("application/pdf", bytes);
        var contact = desk.Found(WithFiles(EmailSetup.Mail("AAk1")));
        Assert.Equal(3, contact.Attachments.Count);
        Assert.Equal("message/rfc822", contact.Attachments[1].Type);

        var opened = Assert.IsType<OpenedAttachment.Content>(await desk.Channel.OpenAsync(contact, contact.Attachments[0], default));
        Assert.Equal("application/pdf", opened.Type);
        using var copy = new MemoryStream();
        await using (opened.Bytes) await opened.Bytes.CopyToAsync(copy);
        Assert.Equal(bytes, copy.ToArray());
        Assert.Equal(new OpenedAttachment.Gone("gone-at-provider"), await desk.Channel.OpenAsync(contact, contact.Attachments[1], default));
        Assert.Equal(new OpenedAttachment.Gone("link-only"), await desk.Channel.OpenAsync(contact, contact.Attachments[2], default));
        Assert.Equal(new OpenedAttachment.Gone("no-attachment"),
            await desk.Channel.OpenAsync(contact, new Attachment("https://elsewhere.example.com/x"), default));
        desk.Graph.Trouble = ("GET", 429, "ApplicationThrottled", 1, 3);
        Assert.Equal(new OpenedAttachment.Later("rate-limited", TimeSpan.FromSeconds(3)),
            await desk.Channel.OpenAsync(contact, contact.Attachments[0], default));
    }

    [Fact]
    public async Task A_look_brings_what_came_since_page_by_page_and_then_only_what_is_new()
    {
        await using var desk = await EmailSetup.StartAsync();
        for (var i = 1; i <= 3; i++) desk.Graph.Messages.Add((EmailSetup.Service, "inbox", EmailSetup.Mail($"AAk{i}")));
        var old = EmailSetup.Mail("AAkOld");
        old["receivedDateTime"] = "2026-11-19T09:00:00Z";
        desk.Graph.Messages.Add((EmailSetup.Service, "inbox", old));
        var source = desk.Channel.Sources.First(s => s.Name.EndsWith("/inbox", StringComparison.Ordinal));
        Assert.Equal(TimeSpan.FromHours(1), source.Every);
        var since = new DateTimeOffset(2026, 11, 20, 0, 0, 0, TimeSpan.Zero);

        var first = Assert.IsType<ReconciliationResult.Page>(await desk.Channel.ReadAsync(source.Name, new ReconciliationStart(null, since),
            default));
        Assert.Equal((2, true), (first.Held.Count, first.More));
        var second = Assert.IsType<ReconciliationResult.Page>(await desk.Channel.ReadAsync(source.Name,
            new ReconciliationStart(first.Cursor, since), default));
        Assert.Equal((1, false), (second.Held.Count, second.More));
        var found = Assert.IsType<Parsed.Found>(desk.ReadHeld(second.Held[0]));
        Assert.Equal(desk.Found(EmailSetup.Mail("AAk3")).ExternalId, found.Event.Contact.ExternalId);

        Assert.Empty(
            Assert.IsType<ReconciliationResult.Page>(await desk.Channel.ReadAsync(source.Name,
                new ReconciliationStart(second.Cursor, since), default)).Held);
        desk.Graph.Messages.Add((EmailSetup.Service, "inbox", EmailSetup.Mail("AAk4")));
        Assert.Single(
            Assert.IsType<ReconciliationResult.Page>(await desk.Channel.ReadAsync(source.Name,
                new ReconciliationStart(second.Cursor, since), default)).Held);
    }

    [Fact]
    public async Task A_cursor_that_Graph_forgot_begins_anew_and_trouble_keeps_it()
    {
        await using var desk = await EmailSetup.StartAsync();
        desk.Graph.Messages.Add((EmailSetup.Service, "sentitems", Sent("AAk1")));
        var begin = new ReconciliationStart(null, DateTimeOffset.UnixEpoch);
        var source = $"{EmailSetup.Service}/sentitems";
        var page = Assert.IsType<ReconciliationResult.Page>(await desk.Channel.ReadAsync(source, begin, default));
        Assert.Equal(Direction.Outbound, Assert.IsType<Parsed.Found>(desk.ReadHeld(page.Held.Single())).Event.Contact.Direction);

        desk.Graph.Trouble = ("delta", 429, "ApplicationThrottled", 1, 30);
        Assert.Equal(new ReconciliationResult.Later("rate-limited", TimeSpan.FromSeconds(30)),
            await desk.Channel.ReadAsync(source, begin with { Cursor = page.Cursor }, default));
        desk.Graph.Trouble = ("messages/AAk1", 503, "ServiceUnavailable", 1, null);
        Assert.Equal(new ReconciliationResult.Later("unreachable"), await desk.Channel.ReadAsync(source, begin, default));
        desk.Graph.ForgetsCursors = true;
        Assert.IsType<ReconciliationResult.Restart>(await desk.Channel.ReadAsync(source, begin with { Cursor = page.Cursor }, default));
    }

    [Fact]
    public async Task A_cursor_that_leads_elsewhere_is_not_followed()
    {
        await using var desk = await EmailSetup.StartAsync();
        await using var elsewhere = await Harness.RecordingEndpoint.StartAsync(200);
        var address = elsewhere.Address.ToString().Replace("127.0.0.1", "localhost", StringComparison.Ordinal);
        Assert.IsType<ReconciliationResult.Restart>(await desk.Channel.ReadAsync($"{EmailSetup.Service}/inbox",
            new ReconciliationStart($"{address}delta?$deltatoken=1", DateTimeOffset.UnixEpoch), default));
        Assert.Empty(elsewhere.Requests);
    }

    private static JsonObject Sent(string id)
    {
        var mail = EmailSetup.Mail(id, from: EmailSetup.Service);
        mail["toRecipients"] = new JsonArray(EmailSetup.Person("anna@example.org"));
        return mail;
    }

    private static JsonObject WithFiles(JsonObject mail)
    {
        mail["attachments"] = new JsonArray(
            new JsonObject { ["@odata.type"] = "#microsoft.graph.fileAttachment", ["id"] = "AAkFile=", ["name"] = "Rechnung.pdf",
                ["contentType"] = "application/pdf", ["size"] = 3145728 },
            new JsonObject { ["@odata.type"] = "#microsoft.graph.itemAttachment", ["id"] = "AAkItem=", ["name"] = "Mail" },
            new JsonObject { ["@odata.type"] = "#microsoft.graph.referenceAttachment", ["id"] = "AAkLink=", ["name"] = "Drive" },
            new JsonObject { ["id"] = "../../../me" });
        return mail;
    }
}
