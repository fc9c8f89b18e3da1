using System.Text;
using MimeKit;
using Serverless.Notifications.Mail;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Notifications;

/// <summary>The mail to people: what every route promises, and that it is a good mail: text and HTML, a thread for each case, nothing that
/// answers itself.</summary>
public sealed class MailConformance(AzuriteFixture azurite) : RouteConformance(azurite), IAsyncDisposable, IClassFixture<AzuriteFixture>
{
    private readonly MailRelay _graph = new();

    protected override string Route => "mail";

    protected override string Function => "NotifyMail";

    protected override (string Name, string? Value)[] Target(string name, Uri address, string events = "*") =>
    [
        ($"Recipients__Entries__{name}__Email", MailRelay.MailboxOf(name, address)), ($"Recipients__Entries__{name}__Owners", "*"),
        ($"Recipients__Entries__{name}__Events", events),
        ("Notification__BurstCount", "0"), ("Mail__From", "service@contact.example.com"), ("Mail__GraphUrl", _graph.Address.ToString()),
        ("Mail__AccessToken", "loopback-token"),
    ];

    protected override (string Name, string? Value)[] AskingForText(string name) => [($"Recipients__Entries__{name}__Include", "text")];

    protected override string IdOf(RecordedRequest request) => MailRelay.MailOf(request.Body).MessageId!.Split('.')[0];

    public ValueTask DisposeAsync() => _graph.DisposeAsync();

    [Fact]
    public async Task A_mail_has_both_bodies_a_thread_and_says_that_a_machine_wrote_it()
    {
        await using var anna = await Subscriber.StartAsync(Subscriber.Status(202));
        await using var world = await StartAsync(Target("anna", anna.Address), AskingForText("anna"),
            [("Hooks__PublicBaseUrl", "https://contact.example.com"), ("Links__Secret", "links-are-signed-with-these-forty-chars!")]);
        await TellAsync(world);
        var file = await world.OnlyCaseAsync();
        await world.CloseAsync(file.CaseId());
        Assert.Equal(0, await world.DrainAsync());
        var (first, second) = (MailRelay.MailOf(anna.Told[0].Body), MailRelay.MailOf(anna.Told[1].Body));
        Assert.Equal($"Neuer Vorgang {file.Head("number")}", first.Subject);
        Assert.Equal(first.References, second.References);
        Assert.NotEqual(first.MessageId, second.MessageId);
        Assert.Equal("auto-generated", first.Headers["Auto-Submitted"]);
        Assert.Single(first.References);
        Assert.Contains("https://contact.example.com/api/links/", first.TextBody, StringComparison.Ordinal);
        Assert.Contains("Kühlschrank", first.TextBody, StringComparison.Ordinal);
        Assert.Contains("<h1", first.HtmlBody, StringComparison.Ordinal);
        // Of a closed case there is nothing to do, and it can still be seen.
        Assert.Equal(2, second.TextBody!.Split("api/links").Length);
        Assert.Contains("Vorgang ansehen", second.TextBody, StringComparison.Ordinal);
    }

    [Fact]
    public void Nobody_writes_headers_or_markup_into_a_mail()
    {
        var mail = new MimeMail
        {
            From = "a@example.com", To = "b@example.com",
            Subject = "Größe\r\nX-Evil: 1 " + string.Join(' ', Enumerable.Repeat("Rückerstattung für Küchengeräte", 20)),
            MessageId = "x@example.com", At = DateTimeOffset.UnixEpoch, Text = "t", Html = "h",
        };
        var written = Encoding.ASCII.GetString(mail.Write());
        Assert.DoesNotContain("\nX-Evil", written, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', written.Replace("\r\n", "", StringComparison.Ordinal));
        // The library's encoded words are a few characters longer than RFC 2047 says (75), one long word alone up to 120. Lines of 998 are
        // allowed (RFC 5322).
        foreach (var subject in new[] { mail.Subject.ReplaceLineEndings(" "), new string('ß', 100) })
        {
            var bytes = (mail with { Subject = subject }).Write();
            Assert.All(Encoding.ASCII.GetString(bytes).Split("\r\n"), line => Assert.True(line.Length <= 160, line));
            using var read = MimeMessage.Load(new MemoryStream(bytes));
            Assert.Equal(subject, read.Subject);
        }

        Assert.Equal(mail.Write(), (mail with { At = mail.At.ToOffset(TimeSpan.FromHours(2)) }).Write());
        foreach (var address in new[]
        {
            "b@example.com\r\nBcc: c@example.com", "b@example.com, c@example.com", "B <b@example.com>", "<b@example.com>", "b", "b@",
            "@example.com", "b@example.com c", "bü@example.com", "",
        })
        {
            // Told in health and never tried; and if it were, nothing would be written.
            Assert.False(MimeMail.IsAddress(address), address);
        }

        Assert.True(MimeMail.IsAddress("b.c+d@sub.example.com"));
        Assert.ThrowsAny<FormatException>(() => (mail with { To = "b@example.com\r\nBcc: c@example.com" }).Write());
        var html = MailBody.Html(new Serverless.Notifications.NotificationContent("<b>", [("n", "<script>")], "<img src=x>",
            []) { Items = [("<i>", null)] },
            "why", "de");
        Assert.DoesNotContain("<script>", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<img", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<i>", html, StringComparison.Ordinal);
    }
}
