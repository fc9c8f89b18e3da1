using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Channels;
using Serverless.Channels.Sipgate;
using Xunit;

namespace Serverless.Tests.Channels.Sipgate;

/// <summary>The promises of every channel, kept by sipgate, and what its settings tell.</summary>
public sealed class SipgateConformance : ChannelConformance
{
    protected override string Name => "sipgate";

    protected override IReadOnlyList<(string Current, string Previous)> Secrets =>
        [("Channels__Sipgate__PublicKey", "Channels__Sipgate__PreviousPublicKey")];

    protected override IReadOnlyList<string> ProofHeaders => ["x-sipgate-signature"];

    /// <summary>The key that sipgate publishes: it signed none of the seeds.</summary>
    protected override string AnotherSecret => SipgateOptions.PublishedKey;

    protected override void Add(IServiceCollection services, IConfiguration configuration) => SipgateChannel.Add(services, configuration);

    /// <summary>Overridden: without a setting sipgate's published key counts, so nothing is missing. What it did not sign is still not
    /// genuine.</summary>
    [Fact]
    public override void Without_a_secret_nothing_is_genuine_and_the_missing_setting_is_named()
    {
        var settings = With(Settings, "Channels__Sipgate__PublicKey", null);
        All(Genuine, seed => Assert.Equal(new VerificationResult.Invalid(VerificationReasons.SignatureWrong), Verify(seed, settings)));
        Assert.Empty(Channel(settings).Problems());
    }

    /// <summary>A new call is answered while storage is down, too: its answer carries the callbacks that bring it back (P1's one
    /// exception).</summary>
    protected override void AssertValid(Acceptance acceptance, WebhookResponse answer)
    {
        if (answer.ContentType == "application/xml") Assert.Equal(200, answer.Status);
        else base.AssertValid(acceptance, answer);
    }

    [Theory]
    [InlineData("Hooks__PublicBaseUrl", null)]
    [InlineData("Hooks__PublicBaseUrl", "http://contact.example.com")]
    [InlineData("Channels__Sipgate__PublicKey", "bm90IGEga2V5")]
    [InlineData("Channels__Sipgate__PreviousPublicKey", "not a key")]
    [InlineData("Channels__Sipgate__Numbers__+493023125100__Hours", "always")]
    [InlineData("Channels__Sipgate__Default__Hours", "9 to 5")]
    [InlineData("Channels__Sipgate__Numbers__493023125400__Greeting", "Guten Tag")]
    [InlineData("Channels__Sipgate__Numbers__493023125400__Rings__1__Numbers", "+493023125414")]
    [InlineData("Channels__Sipgate__Numbers__493023125400__Rings__0__Numbers",
        "+4930231251,+4930231252,+4930231253,+4930231254,+4930231255,+4930231256")]
    [InlineData("Channels__Sipgate__Numbers__493023125400__Rings__0__Numbers", "sip:desk@pbx.example.com")]
    public void A_slip_in_the_settings_and_what_sipgate_cannot_say_are_told_by_the_name_of_the_setting(string name, string? value)
    {
        var problem = Assert.Single(Channel(With(Settings, name, value)).Problems());
        Assert.StartsWith(name[..name.LastIndexOf("__", StringComparison.Ordinal)], problem, StringComparison.Ordinal);
    }
}
