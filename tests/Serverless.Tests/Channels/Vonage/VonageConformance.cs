using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Channels;
using Serverless.Channels.Vonage;
using Serverless.Contacts;
using Xunit;

namespace Serverless.Tests.Channels.Vonage;

/// <summary>The promises of every channel, kept by Vonage, and what Vonage alone demands.</summary>
public sealed class VonageConformance : ChannelConformance
{
    protected override string Name => "vonage";

    protected override IReadOnlyList<(string Current, string Previous)> Secrets =>
        [("Channels__Vonage__SignatureSecret", "Channels__Vonage__PreviousSignatureSecret")];

    protected override IReadOnlyList<string> ProofHeaders => ["authorization"];

    protected override TimeSpan? StaleAfter => TimeSpan.FromHours(25);

    protected override IReadOnlyDictionary<string, string?> SettingsHere =>
        new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase) { ["Channels__Vonage__TokenHours"] = "25" };

    protected override void Add(IServiceCollection services, IConfiguration configuration) => VonageChannel.Add(services, configuration);

    /// <summary>A call is answered with call control whatever happens; all else is called again.</summary>
    protected override void AssertValid(Acceptance acceptance, WebhookResponse answer)
    {
        if (answer.ContentType is null && answer.Status != 200) base.AssertValid(acceptance, answer);
        else Assert.Equal(200, answer.Status);
        if (!answer.Body.IsEmpty) Assert.Equal(JsonValueKind.Array, JsonDocument.Parse(answer.Body).RootElement.ValueKind);
    }

    [Fact]
    public void A_caller_who_is_not_proven_genuine_learns_no_number_of_ours() =>
    All(Genuine.Where(s => s.PathAndQuery.Contains("/voice/", StringComparison.Ordinal)), seed =>
        Assert.DoesNotContain("connect", Text(Channel().Respond(seed.ToDelivery(Channel()), Acceptance.Quarantined)),
            StringComparison.Ordinal));

    // An internal error of Vonage's can leave a callback unsigned; a 5xx makes it come again, signed. A caller on the line cannot wait for
    // that.
    [Theory]
    [InlineData("11-sms", 503)]
    [InlineData("06-call-over", 503)]
    [InlineData("01-call-rings", 200)]
    public void An_unsigned_callback_is_asked_for_again_unless_somebody_is_on_the_line(string name, int status)
    {
        var seed = WithHeader(Seeds.Single(s => s.Name.EndsWith(name, StringComparison.Ordinal)), "authorization", _ => null);
        Assert.Equal(new VerificationResult.Invalid(VerificationReasons.SignatureMissing), Verify(seed));
        Assert.Equal(status, Channel().Respond(seed.ToDelivery(Channel()), Acceptance.Quarantined).Status);
    }

    [Fact]
    public void An_account_signs_with_its_own_secret_only()
    {
        var seed = Seeds.First(s => s.IsGenuine);
        var foreign = With(Settings, "Channels__Vonage__ApiKey", "0ther001");
        Assert.Equal(new VerificationResult.Invalid(VerificationReasons.KeyUnknown), Verify(seed, foreign));
        foreign["Channels__Vonage__Accounts__fa4e0001__SignatureSecret"] = "another";
        Assert.Equal(new VerificationResult.Invalid(VerificationReasons.SignatureWrong), Verify(seed, foreign));
        foreign["Channels__Vonage__Accounts__fa4e0001__PreviousSignatureSecret"] = Settings["Channels__Vonage__SignatureSecret"];
        Assert.IsType<VerificationResult.Valid>(Verify(seed, foreign));
    }

    // A token taken from one callback proves nothing about another body, nor about a body where it named none.
    [Fact]
    public void A_token_is_good_for_its_own_body_alone()
    {
        var (sms, photo, byGet) = (Seeds.Single(s => s.Name.EndsWith("11-sms", StringComparison.Ordinal)),
            Seeds.Single(s => s.Name.Contains("12-", StringComparison.Ordinal)), Seeds.Single(s => s.Method == "GET"));
        Assert.Equal(new VerificationResult.Invalid(VerificationReasons.BodyHashWrong), Verify(sms with { Body = photo.Body }));
        Assert.Equal(new VerificationResult.Invalid(VerificationReasons.BodyHashWrong),
            Verify(byGet with { Method = "POST", Body = sms.Body }));
    }

    [Theory]
    [InlineData("timeout", "0.1", "sip:desk@pbx.example.com")]
    [InlineData("busy", "0.0", "442079460211")]
    [InlineData("unanswered", "7.3", "record")]
    [InlineData("failed", "message", "record")]
    [InlineData("rejected", "0.99", "442079460211")]
    [InlineData("unanswered", "-1.x", "record")]
    public void The_plan_goes_on_when_a_person_is_not_reached(string status, string next, string expected) =>
    Assert.Contains(expected, Dialled(status, next), StringComparison.Ordinal);

    [Theory]
    [InlineData("answered")]
    [InlineData("completed")]
    [InlineData("ringing")]
    [InlineData("started")]
    [InlineData("human")]
    public void What_runs_is_not_disturbed(string status) => Assert.Equal("", Dialled(status, "0.1"));

    [Fact]
    public void Nothing_is_recorded_without_the_sentence_that_says_so()
    {
        var settings = With(Settings, "Channels__Vonage__Numbers__442079460200__RecordingNotice", null);
        settings["Channels__Vonage__Default__RecordingNotice"] = null;
        var answer = Text(Channel(settings)
            .Respond(Call("voice/dial?next=message", """{"status":"busy","from":"442079460200"}"""), Acceptance.Stored));
        Assert.DoesNotContain("record", answer, StringComparison.Ordinal);
        Assert.Contains("We cannot take your call right now.", answer, StringComparison.Ordinal);
    }

    // The words must be fetched; the callback only names them.
    [Fact]
    public void A_transcription_points_at_its_words()
    {
        const string Url = "https://api-eu-1.nexmo.com/v1/files/1";
        var thin = Assert.IsType<Parsed.Reference>(Reading("voice/transcription",
            $$"""{"conversation_uuid":"CON-1","recording_uuid":"r1","status":"transcribed","transcription_url":"{{Url}}"}"""));
        Assert.Equal(Url, thin.Resource);
    }

    [Theory]
    [InlineData("submitted", MessageState.Sent, null)]
    [InlineData("delivered", MessageState.Delivered, null)]
    [InlineData("read", MessageState.Read, null)]
    [InlineData("rejected", MessageState.Failed, "1120")]
    [InlineData("undeliverable", MessageState.Failed, "1120")]
    public void What_became_of_our_message_is_read(string status, MessageState state, string? reason)
    {
        var body = $$"""{"message_uuid":"m1","to":"442079460955","from":"442079460200","timestamp":"2026-11-20T09:41:00Z","status":"{{status}}","error":{"type":"https://developer.vonage.com","title":1120},"client_ref":"0123"}""";
        Assert.Equal(new MessageStatus("fa4e0001", "m1", state, new DateTimeOffset(2026, 11, 20, 9, 41, 0, TimeSpan.Zero), reason, "0123"),
            Assert.IsType<Parsed.StatusUpdate>(Reading("messages/status", body)).Message);
    }

    [Theory]
    [InlineData("""{"message_type":"location","location":{"lat":52.5,"long":13.4,"name":"Werkstatt"}}""", "message", "Werkstatt")]
    [InlineData("""{"message_type":"button","button":{"payload":"yes","text":"Ja, bitte"}}""", "message", "Ja, bitte")]
    [InlineData("""{"message_type":"content","text":"Both sides","content":[{"type":"image","url":"https://example.com/1"},{"type":"image","url":"https://example.com/2"}]}""", "message", "Both sides")]
    [InlineData("""{"message_type":"image","image":{}}""", "placeholder", null)]
    [InlineData("""{"message_type":"unsupported"}""", "placeholder", null)]
    public void Each_type_of_message_is_read(string more, string kind, string? text)
    {
        var body = """{"channel":"mms","message_uuid":"m1","to":"442079460200","from":"442079460955",""" + more[1..];
        var contact = Assert.IsType<Parsed.Found>(Reading("messages", body)).Event.Contact;
        Assert.Equal((kind, text), (contact.Kind is ContactKind.Placeholder ? "placeholder" : "message", contact.Text));
    }

    private string Dialled(string status, string next) =>
        Text(Channel()
            .Respond(Call($"voice/dial?next={next}",
                $$"""{"status":"{{status}}","from":"442079460200","to":"1","conversation_uuid":"CON-1"}"""), Acceptance.Stored));

    private Parsed Reading(string door, string body) => Read(Channel(), Call(door, body)).Single().Reading!;

    private static string Text(WebhookResponse answer) => Encoding.UTF8.GetString(answer.Body.Span);

    private static Delivery Call(string door, string body) => new()
    {
        Id = new string('0', 32),
        Channel = "vonage",
        Method = "POST",
        PathAndQuery = $"/api/hooks/vonage/{door}",
        Headers = new Dictionary<string, string>(StringComparer.Ordinal),
        Body = Encoding.UTF8.GetBytes(body),
        ReceivedAt = new DateTimeOffset(2026, 11, 20, 10, 0, 0, TimeSpan.Zero),
    };
}
