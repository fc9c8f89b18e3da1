using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Channels;
using Serverless.Channels.Meta;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Channels.Meta;

/// <summary>Meta's door: the promises of every channel, the published signature, the handshake, several apps.</summary>
/// <remarks>There is no <c>StaleAfter</c>: Meta's signature carries no time, so a call never grows old and only its ids tell a
/// repetition.</remarks>
public sealed class MetaChannelTests : ChannelConformance
{
    protected override string Name => "meta";

    protected override IReadOnlyList<(string Current, string Previous)> Secrets =>
        [("Channels__Meta__AppSecret", "Channels__Meta__PreviousAppSecret")];

    protected override IReadOnlyList<string> ProofHeaders => ["x-hub-signature-256"];

    protected override void Add(IServiceCollection services, IConfiguration configuration) => MetaChannel.Add(services, configuration);

    private const string PublishedSignature = "sha256=0c61947b610d4f45e65f3d680e26027121ec2413e77598bcb6cfc6e0d9888221";

    // Secret, body and signature as published in the tests of Meta's own library (jest.config.ts and src/__tests__/utils.test.ts):
    // https://github.com/WhatsApp/WhatsApp-Nodejs-SDK/tree/58ca3d5
    [Fact]
    public void The_published_signature_is_genuine()
    {
        var channel = Channel(With(Settings, "Channels__Meta__AppSecret", "TEST_APP_SECRET"));
        Assert.IsType<VerificationResult.Valid>(channel.Verify(Post("test", PublishedSignature)));
        Assert.Equal(new VerificationResult.Invalid(VerificationReasons.SignatureWrong), channel.Verify(Post("Test", PublishedSignature)));
    }

    [Theory]
    [InlineData("0c61947b610d4f45e65f3d680e26027121ec2413e77598bcb6cfc6e0d9888221")]
    [InlineData("sha1=0c61947b610d4f45e65f3d680e26027121ec2413")]
    [InlineData("sha256=0c61")]
    [InlineData($"{PublishedSignature}, {PublishedSignature}")]
    public void A_signature_of_another_form_is_malformed(string header) =>
        Assert.Equal(new VerificationResult.Invalid(VerificationReasons.SignatureMalformed), Channel().Verify(Post("test", header)));

    [Theory]
    [InlineData("Channels__Meta__Apps__whatsapp__AppSecret")]
    [InlineData("Channels__Meta__Apps__whatsapp__PreviousAppSecret")]
    public void Any_of_several_apps_may_call(string setting)
    {
        var before = Channel();
        var channel = Channel(With(Settings, setting, "TEST_APP_SECRET"));
        Assert.IsType<VerificationResult.Valid>(channel.Verify(Post("test", PublishedSignature)));
        All(Genuine, seed => Assert.IsType<VerificationResult.Valid>(channel.Verify(seed.ToDelivery(channel))));
        Assert.NotEqual(before.Settings.SecretFingerprint, channel.Settings.SecretFingerprint, StringComparer.Ordinal);
        Assert.Empty(channel.Problems());
    }

    [Fact]
    public void An_app_alone_is_enough_and_one_without_a_secret_is_named()
    {
        var settings = With(Settings, "Channels__Meta__AppSecret", null);
        settings["Channels__Meta__Apps__page__AppSecret"] = "TEST_APP_SECRET";
        Assert.Empty(Channel(settings).Problems());
        settings["Channels__Meta__Apps__shop__AppSecret"] = "";
        Assert.Contains("Channels__Meta__Apps__shop__AppSecret", Assert.Single(Channel(settings).Problems()), StringComparison.Ordinal);
    }

    [Fact]
    public void Both_verify_tokens_count_while_one_is_changed()
    {
        var settings = With(Settings, "Channels__Meta__PreviousVerifyToken", "the-old-token");
        Assert.Equal("42", Text(Get(settings, "?hub.mode=subscribe&hub.challenge=42&hub.verify_token=the-old-token"), 200));
        Assert.Equal("42", Text(Get(settings, "?hub.verify_token=demo-meta-verify-token&hub.challenge=42&hub.mode=subscribe"), 200));
        Text(Get(settings, "?hub.mode=subscribe&hub.challenge=42&hub.verify_token="), 403);
        Text(Get(settings, "?hub.mode=subscribe&hub.challenge=42"), 403);
        Text(Get(settings, "?hub.mode=unsubscribe&hub.challenge=42&hub.verify_token=the-old-token"), 403);
    }

    [Fact]
    public void Without_a_verify_token_no_handshake_succeeds_and_the_setting_is_named()
    {
        var settings = With(Settings, "Channels__Meta__VerifyToken", null);
        Text(Get(settings, "?hub.mode=subscribe&hub.challenge=42&hub.verify_token="), 403);
        Assert.Contains("Channels__Meta__VerifyToken", Assert.Single(Channel(settings).Problems()), StringComparison.Ordinal);
    }

    [Fact]
    public void A_challenge_is_repeated_as_written_and_never_as_a_page()
    {
        var answer = Get(Settings, "?hub.mode=subscribe&hub.challenge=%3Cb%3E%C3%BC+1&hub.verify_token=demo-meta-verify-token");
        Assert.Equal("<b>ü 1", Text(answer, 200));
        Assert.Contains(answer.Headers, h => h is { Key: "X-Content-Type-Options", Value: "nosniff" });
        Text(Get(Settings, $"?hub.mode=subscribe&hub.challenge={new string('1', 257)}&hub.verify_token=demo-meta-verify-token"), 400);
        Text(Get(Settings, "?hub.mode=subscribe&hub.verify_token=demo-meta-verify-token"), 400);
    }

    [Fact]
    public void Another_method_is_not_taken_for_stored()
    {
        var answer = Assert.IsType<VerificationResult.Challenge>(Channel()
            .Verify(Post("test", "sha256=00") with { Method = "PUT" })).Response;
        Assert.Equal(405, answer.Status);
        Assert.Contains(answer.Headers, h => h is { Key: "Allow", Value: "GET, POST" });
    }

    [Fact]
    public void What_is_not_stored_is_sent_for_again()
    {
        var call = Post("test", "sha256=00");
        Assert.Equal(503, Channel().Respond(call, Acceptance.NotStored).Status);
        Assert.Same(Channel().Respond(call, Acceptance.Stored), Channel().Respond(call, Acceptance.Quarantined));
    }

    private WebhookResponse Get(Dictionary<string, string?> settings, string query) =>
        Assert.IsType<VerificationResult.Challenge>(Channel(settings)
            .Verify(Post("", "") with { Method = "GET", PathAndQuery = $"/api/hooks/meta{query}" })).Response;

    private static string Text(WebhookResponse answer, int status)
    {
        Assert.Equal(status, answer.Status);
        Assert.Equal("text/plain; charset=utf-8", answer.ContentType);
        return Encoding.UTF8.GetString(answer.Body.Span);
    }

    private static Delivery Post(string body, string signature) => new()
    {
        Id = new string('0', 32),
        Channel = "meta",
        Method = "POST",
        PathAndQuery = "/api/hooks/meta",
        Headers = new Dictionary<string, string>(StringComparer.Ordinal) { ["x-hub-signature-256"] = signature },
        Body = Encoding.UTF8.GetBytes(body),
        ReceivedAt = new FakeTime().GetUtcNow(),
    };
}
