using System.Text;
using Serverless.Notices.Mail;
using Serverless.Tests.Harness;
using Serverless.Tests.Outside;
using Xunit;

namespace Serverless.Tests.Notices;

/// <summary>The mail to people: what every route promises, and that it is a good mail: text and HTML, a thread for each case, nothing that answers itself.</summary>
public sealed class MailConformance(AzuriteFixture azurite) : RouteConformance(azurite), IAsyncDisposable, IClassFixture<AzuriteFixture>
{
    private readonly MailRelay _graph = new();

    protected override string Route => "mail";

    protected override string Function => "NotifyMail";

    protected override (string Name, string? Value)[] Target(string name, Uri address, string events = "*") =>
    [
        ($"Recipients__Entries__{name}__Email", MailRelay.MailboxOf(name, address)), ($"Recipients__Entries__{name}__Owners", "*"), ($"Recipients__Entries__{name}__Events", events),
        ("Notices__BurstCount", "0"), ("Mail__From", "service@contact.example.com"), ("Mail__GraphUrl", _graph.Address.ToString()), ("Mail__AccessToken", "loopback-token"),
    ];

    protected override (string Name, string? Value)[] AskingForText(string name) => [($"Recipients__Entries__{name}__Include", "text")];

    protected override string IdOf(RecordedRequest request) => MailRelay.HeaderOf(MailRelay.MailOf(request.Body), "Message-ID").TrimStart('<').Split('.')[0];

    public ValueTask DisposeAsync() => _graph.DisposeAsync();

    [Fact]
    public async Task A_mail_has_both_bodies_a_thread_and_says_that_a_machine_wrote_it()
    {
        await using var anna = await Subscriber.StartAsync(Subscriber.Status(202));
        await using var world = await StartAsync(Target("anna", anna.Address), AskingForText("anna"), [("Hooks__PublicBaseUrl", "https://contact.example.com"), ("Links__Secret", "links-are-signed-with-these-forty-chars!")]);
        await TellAsync(world);
        var file = await world.OnlyCaseAsync();
        await world.CloseAsync(file.CaseId());
        Assert.Equal(0, await world.DrainAsync());
        var (first, second) = (MailRelay.MailOf(anna.Told[0].Body), MailRelay.MailOf(anna.Told[1].Body));
        Assert.Equal($"Neuer Vorgang {file.Head("number")}", MailRelay.HeaderOf(first, "Subject"));
        Assert.Equal(MailRelay.HeaderOf(first, "References"), MailRelay.HeaderOf(second, "References"));
        Assert.NotEqual(MailRelay.HeaderOf(first, "Message-ID"), MailRelay.HeaderOf(second, "Message-ID"));
        Assert.Equal("auto-generated", MailRelay.HeaderOf(first, "Auto-Submitted"));
        var (text, html) = Bodies(first);
        Assert.Contains("https://contact.example.com/api/links/", text, StringComparison.Ordinal);
        Assert.Contains("Kühlschrank", text, StringComparison.Ordinal);
        Assert.Contains("<h1", html, StringComparison.Ordinal);
        // Of a closed case there is nothing to do, and it can still be seen.
        Assert.Equal(2, Bodies(second).Text.Split("api/links").Length);
        Assert.Contains("Vorgang ansehen", Bodies(second).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Nobody_writes_headers_or_markup_into_a_mail()
    {
        var mail = new MimeMail { From = "a@example.com", To = "b@example.com\r\nBcc: c@example.com", Subject = "Größe\r\nX-Evil: 1 " + new string('ß', 100), MessageId = "x", At = DateTimeOffset.UnixEpoch, Text = "t", Html = "h" };
        var written = Encoding.ASCII.GetString(mail.Write());
        Assert.DoesNotContain("\nBcc", written, StringComparison.Ordinal);
        Assert.DoesNotContain("\nX-Evil", written, StringComparison.Ordinal);
        Assert.All(written.Split("\r\n"), line => Assert.True(line.Length <= 78 || line.StartsWith("To: ", StringComparison.Ordinal), line));
        var html = MailBody.Html(new Serverless.Notices.Told("<b>", [("n", "<script>")], "<img src=x>", []) { Items = [("<i>", null)] },
            "why", "de");
        Assert.DoesNotContain("<script>", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<img", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<i>", html, StringComparison.Ordinal);
    }

    private static (string Text, string Html) Bodies(string mail)
    {
        var parts = mail.Split("base64\r\n\r\n")[1..].Select(p => Encoding.UTF8.GetString(Convert.FromBase64String(p.Split("\r\n--")[0].Replace("\r\n", "", StringComparison.Ordinal)))).ToList();
        return (parts[0], parts[1]);
    }
}
