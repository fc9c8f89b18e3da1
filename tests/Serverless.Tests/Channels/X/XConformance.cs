using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Channels;
using Serverless.Channels.X;
using Serverless.Contacts;
using Xunit;

namespace Serverless.Tests.Channels.X;

/// <summary>The promises of every channel, kept by X, and what X alone demands.</summary>
/// <remarks>There is no <c>StaleAfter</c>: X's signature carries no time.</remarks>
public sealed class XConformance : ChannelConformance
{
    protected override string Name => "x";

    protected override IReadOnlyList<(string Current, string Previous)> Secrets =>
        [("Channels__X__ConsumerSecret", "Channels__X__PreviousConsumerSecret")];

    protected override IReadOnlyList<string> ProofHeaders => ["x-twitter-webhooks-signature"];

    protected override void Add(IServiceCollection services, IConfiguration configuration) => XChannel.Add(services, configuration);

    // X signs handshakes and deliveries with one key: whoever could choose the text of a handshake would have his own delivery signed.
    [Theory]
    [InlineData("""{"for_user_id":"1700000000000000011"}""")]
    [InlineData(" ")]
    [InlineData("[1]")]
    [InlineData("\"x\"")]
    [InlineData("")]
    public void A_handshake_signs_nothing_that_could_be_a_delivery(string token) =>
    Assert.Equal(400, Answer($"?crc_token={Uri.EscapeDataString(token)}").Status);

    [Fact]
    public void A_delivery_made_of_an_answered_handshake_is_no_delivery()
    {
        const string Token = "12345";
        var signature = Encoding.UTF8.GetString(Answer($"?crc_token={Token}").Body.Span)["{\"response_token\":\"".Length..^2];
        Assert.Equal(new VerificationResult.Invalid(VerificationReasons.SignatureMalformed), Channel()
            .Verify(Call("POST", "", Token, signature)));
    }

    [Fact]
    public void While_a_secret_is_rotated_the_current_one_answers_the_handshake()
    {
        var before = Answer("?crc_token=abc");
        var rotated = With(With(Settings, "Channels__X__PreviousConsumerSecret", Settings["Channels__X__ConsumerSecret"]),
            "Channels__X__ConsumerSecret", AnotherSecret);
        var after = ((VerificationResult.Challenge)Channel(rotated).Verify(Call("GET", "?crc_token=abc", "", null))).Response;
        Assert.Equal((200, 200), (before.Status, after.Status));
        Assert.NotEqual(Encoding.UTF8.GetString(before.Body.Span), Encoding.UTF8.GetString(after.Body.Span), StringComparer.Ordinal);
    }

    [Theory]
    [InlineData("Channels__X__Accounts__beispieltechnik__AccessToken", "Channels__X__Accounts__beispieltechnik")]
    [InlineData("Channels__X__ConsumerKey", "Channels__X__ConsumerKey")]
    [InlineData("Channels__X__Accounts__1700000000000000011__AccessTokenSecret", "Channels__X__Accounts__1700000000000000011__AccessToken")]
    public void A_slip_in_the_settings_is_named(string setting, string named) =>
        Assert.Contains(Channel(With(Settings, setting, setting.Contains("beispiel", StringComparison.Ordinal) ? "fake" : null)).Problems(),
            p => p.StartsWith(named, StringComparison.Ordinal));

    // A post of one account of ours that names another one is no customer's.
    [Theory]
    [InlineData("1700000000000000022", "1800000000000000001", "outbound")]
    [InlineData("1700000000000000022", "1700000000000000011", "own-post")]
    [InlineData("1800000000000000001", "1700000000000000011", "inbound")]
    public void Accounts_of_ours_are_told_from_customers(string author, string answered, string expected)
    {
        var body = """{"data":{"event_uuid":"1","filter":{"user_id":"1700000000000000011"},"event_type":"post.mention.create","payload":{"id":"5","author_id":"AUTHOR","in_reply_to_user_id":"ANSWERED","text":"x"}}}"""
            .Replace("AUTHOR", author, StringComparison.Ordinal).Replace("ANSWERED", answered, StringComparison.Ordinal);
        var reading = Read(Channel(), Call("POST", "", body, null)).Single().Reading!;
        Assert.Equal(expected, reading switch
        {
            Parsed.Ignored ignored => ignored.Reason,
            Parsed.Found { Event.Contact.Direction: Direction.Outbound } => "outbound",
            _ => "inbound",
        });
    }

    // Half of X's pages say "tweet", half say "post".
    [Fact]
    public void Fields_are_read_under_their_older_and_newer_names()
    {
        const string Body =
            """{"data":{"event_uuid":"1","filter":{"user_id":"1"},"event_type":"post.mention.create","payload":{"id":"7","author_id":"9","edit_history_post_ids":["6","7"],"referenced_posts":[{"type":"replied_to","id":"4"}],"text":"cut","note_post":{"text":"the whole &amp; long text"}}}}""";
        var found = Assert.IsType<Parsed.Found>(Read(Channel(), Call("POST", "", Body, null)).Single().Reading).Event;
        Assert.Equal((ContactChange.Edited, "6", "7", "4", "the whole & long text"),
            (found.Change, found.Contact.ExternalId, found.EventId, found.Contact.Entry, found.Contact.Text));
    }

    private WebhookResponse Answer(string query) =>
        Assert.IsType<VerificationResult.Challenge>(Channel().Verify(Call("GET", query, "", null))).Response;

    private static Delivery Call(string method, string query, string body, string? signature) => new()
    {
        Id = new string('0', 32),
        Channel = "x",
        Method = method,
        PathAndQuery = "/api/hooks/x" + query,
        Headers = signature is null ? new Dictionary<string, string>(StringComparer.Ordinal)
        : new Dictionary<string, string>(StringComparer.Ordinal) { ["x-twitter-webhooks-signature"] = signature },
        Body = Encoding.UTF8.GetBytes(body),
        ReceivedAt = new DateTimeOffset(2026, 11, 20, 9, 0, 0, TimeSpan.Zero),
    };
}
