using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Channels;
using Serverless.Channels.Twilio;
using Xunit;

namespace Serverless.Tests.Channels.Twilio;

/// <summary>The promises of every channel, kept by Twilio, and those only Twilio has.</summary>
public sealed class TwilioChannelTests : ChannelConformance
{
    protected override string Name => "twilio";

    protected override IReadOnlyList<(string Current, string Previous)> Secrets =>
        [("Channels__Twilio__AuthToken", "Channels__Twilio__PreviousAuthToken")];

    protected override IReadOnlyList<string> ProofHeaders => ["x-twilio-signature"];

    protected override bool UrlIsSigned => true;

    /// <summary>Twilio's signature carries no time, so a call never grows stale; the same event again has the same id and changes
    /// nothing.</summary>
    protected override TimeSpan? StaleAfter => null;

    protected override void Add(IServiceCollection services, IConfiguration configuration) => TwilioChannel.Add(services, configuration);

    /// <summary>Twilio does not call again for TwiML: while storage is down, what controls a call gets it all the same (P1's one
    /// exception).</summary>
    protected override void AssertValid(Acceptance acceptance, WebhookResponse answer)
    {
        if (answer.Status == 200) Assert.Equal("text/xml; charset=utf-8", answer.ContentType);
        else base.AssertValid(acceptance, answer);
    }

    [Fact]
    public void A_call_by_get_without_a_signature_is_rejected_when_it_names_an_account()
    {
        var seed = Seeds.Single(s => s.Method == "GET");
        Assert.Equal(new VerificationResult.Invalid(VerificationReasons.SignatureMissing),
            Verify(WithHeader(seed, "x-twilio-signature", _ => null)));
        Assert.IsType<VerificationResult.Challenge>(Verify(WithHeader(seed, "x-twilio-signature", _ => null)
            with { PathAndQuery = "/api/hooks/twilio/voice?utm_source=x" }));
    }

    [Fact]
    public void The_body_of_a_call_by_get_says_nothing()
    {
        var seed = Seeds.Single(s => s.Method == "GET");
        var delivery = (seed with { Body = "Body=Another&From=%2B491"u8.ToArray() }).ToDelivery(Channel());
        Assert.Equal("Wann öffnen Sie morgen? 9 + 1 Uhr?", ((Parsed.Found)Read(Channel(), delivery)[0].Reading!).Event.Contact.Text);
    }

    [Fact]
    public void More_parameters_than_twilio_sends_are_rejected_before_they_are_hashed() =>
        Assert.Equal(new VerificationResult.Invalid(VerificationReasons.SignatureMalformed),
            Verify(Seeds[0] with { Body = [.. Enumerable.Repeat("a=&"u8.ToArray(), 1001).SelectMany(p => p)] }));

    [Theory]
    [InlineData("Hooks__PublicBaseUrl", null)]
    [InlineData("Hooks__PublicBaseUrl", "http://contact.example.com")]
    [InlineData("Channels__Twilio__Accounts__AC2__PreviousAuthToken", "")]
    [InlineData("Channels__Twilio__Numbers__+493023125100__Hours", "always")]
    [InlineData("Channels__Twilio__Default__Hours", "9 to 5")]
    [InlineData("Channels__Twilio__Numbers__493023125200__Rings__0__Numbers", "030 23125111")]
    public void A_slip_in_the_settings_is_told_by_the_name_of_the_setting(string name, string? value)
    {
        var problem = Assert.Single(Channel(With(Settings, name, value)).Problems());
        Assert.StartsWith(name[..name.LastIndexOf("__", StringComparison.Ordinal)], problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_changed_token_of_a_subaccount_changes_the_fingerprint()
    {
        const string Token = "Channels__Twilio__Accounts__AC2__AuthToken";
        var fingerprints = new[] { null, "one", "two" }.Select(token => Channel(With(Settings, Token, token)).Settings.SecretFingerprint);
        Assert.Equal(3, fingerprints.Distinct(StringComparer.Ordinal).Count());
    }
}
