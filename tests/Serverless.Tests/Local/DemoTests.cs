using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Serverless.Local.Demo;
using Serverless.Notifications.Mail;
using Xunit;

namespace Serverless.Tests.Local;

/// <summary>Those outside that a local run plays: what they get is kept, each kind in its folder, in forms that a person can
/// open.</summary>
public sealed class DemoTests : IDisposable
{
    private const string Number = "A7XM9TRK";
    private readonly Scratch _scratch = new();
    private readonly DemoFolder _folder;

    public DemoTests() => _folder = new DemoFolder(Path.Combine(_scratch.Repository.Root, "outside"), TimeProvider.System);

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData($$$"""{"id":"1","type":"t","data":{"number":"{{{Number}}}"}}""", JsonValueKind.Object, Number)]
    [InlineData("not JSON", JsonValueKind.String, "none")]
    public async Task A_webhook_is_kept_with_its_headers(string body, JsonValueKind kind, string number)
    {
        Assert.Equal(200, await PostAsync("/demo-crm?x=1", body, ("webhook-id", "evt_1")));

        var file = Assert.Single(Directory.GetFiles(_folder.FolderOf("webhooks")));
        Assert.Matches($@"^\d{{8}}T\d{{6}}\.\d{{3}}-{number}-demo-crm-000001\.json$", Path.GetFileName(file));
        using var call = JsonDocument.Parse(await File.ReadAllTextAsync(file));
        Assert.Equal("POST /demo-crm?x=1", call.RootElement.GetProperty("request").GetString());
        Assert.Equal("evt_1", call.RootElement.GetProperty("headers").GetProperty("webhook-id").GetString());
        Assert.Equal(kind, call.RootElement.GetProperty("body").ValueKind);
    }

    [Fact]
    public async Task A_card_is_kept_as_it_was_posted()
    {
        var card = $$$$"""{"type":"message","attachments":[{"content":{"body":[{"type":"TextBlock","text":"Neuer Fall {{{{Number}}}}"},{"type":"FactSet","facts":[{"title":"Fällig","value":"morgen"}]}]}}]}""";
        Assert.Equal(202, await PostAsync("/teams/service-desk", card));

        var cards = _folder.Look().Single(k => k.Name == "cards");
        Assert.Equal(1, cards.Count);
        Assert.Contains($"-{Number}-service-desk-", cards.Newest, StringComparison.Ordinal);
        Assert.Equal([$"Neuer Fall {Number}", "Fällig: morgen"], cards.Lines);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(card), JsonNode.Parse(await File.ReadAllTextAsync(cards.Newest!))));
    }

    [Fact]
    public async Task A_mail_can_be_opened_in_a_browser_an_editor_and_a_mail_program()
    {
        var mail = new MimeMail
        {
            From = "service@example.com", To = "desk@example.com",
            Subject = $"Fällig: Fall {Number}, und noch etwas, damit der Betreff umbrochen werden muss", MessageId = "1@example.com",
            At = DateTimeOffset.UnixEpoch,
            Text = "Für Sie: ein Fall.\n", Html = "<p>Für Sie: ein <b>Fall</b>.</p>",
        };
        var mime = mail.Write();
        Assert.Equal(202, await PostAsync("/graph/users/service@example.com/sendMail", Convert.ToBase64String(mime)));

        var mails = _folder.Look().Single(k => k.Name == "mails");
        Assert.Equal(1, mails.Count);
        Assert.Contains($"-{Number}-desk-", mails.Newest, StringComparison.Ordinal);
        // What a browser reads without being told the encoding.
        Assert.Equal("\uFEFF" + mail.Html, Encoding.UTF8.GetString(await File.ReadAllBytesAsync(mails.Newest!)));
        Assert.Equal(mime, await File.ReadAllBytesAsync(Path.ChangeExtension(mails.Newest!, ".eml")));
        var text = await File.ReadAllTextAsync(Path.ChangeExtension(mails.Newest!, ".txt"));
        Assert.Contains($"\nTo: desk@example.com\nSubject: {mail.Subject}\n", text, StringComparison.Ordinal);
        Assert.EndsWith("\n\nFür Sie: ein Fall.\n", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("POST", "/telegram/bot7000000001:token/sendMessage", """{"chat_id":5,"text":"T"}""", 200, "telegram")]
    [InlineData("POST", "/twilio/2010-04-01/Accounts/AC1/Messages.json", "To=%2B4915125550142&Body=T", 201, "twilio")]
    [InlineData("POST", "/vonage/v1/messages", """{"to":"1","text":"T"}""", 202, "vonage")]
    [InlineData("POST", "/x/2/tweets", """{"text":"T"}""", 201, "x")]
    [InlineData("POST", "/x/2/dm_conversations/with/17/messages", """{"text":"T"}""", 201, "x")]
    public void A_text_to_a_customer_is_taken_and_kept(string method, string path, string body, int status, string channel)
    {
        var replies = new ReplyCounter(_folder, TimeProvider.System);

        Assert.Equal(status, replies.Answer(method, path, body)?.Status);
        Assert.Null(replies.Answer("GET", path, ""));

        Assert.Equal((channel, "T"), Kept());
    }

    [Fact]
    public void A_mail_to_a_customer_is_kept_when_its_draft_is_sent()
    {
        const string Messages = "/email/users/service@example.com/messages";
        var replies = new ReplyCounter(_folder, TimeProvider.System);
        Assert.Equal(200, replies.Answer("GET", Messages, "")?.Status);
        var draft = (string?)replies.Answer("POST", Messages + "/AAk1=/createReply",
            """{"message":{"body":{"content":"T"}}}""")?.Document!["id"];
        Assert.Equal(200, replies.Answer("PATCH", $"{Messages}/{draft}", "{}")?.Status);
        Assert.Empty(Directory.GetFiles(_folder.FolderOf("replies")));

        Assert.Equal(202, replies.Answer("POST", $"{Messages}/{draft}/send", "")?.Status);

        Assert.Equal(("email", "T"), Kept());
        Assert.Null(replies.Answer("POST", $"{Messages}/{draft}/send", ""));
    }

    private (string?, string?) Kept()
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(Assert.Single(Directory.GetFiles(_folder.FolderOf("replies")))));
        return (json.RootElement.GetProperty("channel").GetString(), json.RootElement.GetProperty("text").GetString());
    }

    private async Task<int> PostAsync(string path, string body, params (string Name, string Value)[] headers)
    {
        await using var outside = await DemoSubscriber.StartAsync(_folder, TimeProvider.System, CancellationToken.None);
        using var http = new HttpClient();
        using var content = new StringContent(body);
        foreach (var (name, value) in headers) content.Headers.TryAddWithoutValidation(name, value);
        using var response = await http.PostAsync(new Uri(outside.Address + path), content);
        return (int)response.StatusCode;
    }
}
