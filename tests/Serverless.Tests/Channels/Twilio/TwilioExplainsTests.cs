using Serverless.Channels;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Channels.Twilio;

/// <summary>What Twilio's channel finds out about a call whose signature does not hold. The signatures are those of the seeds.</summary>
public sealed class TwilioExplainsTests
{
    private static readonly Seed Sms = Seed.Of("twilio").Single(s => s.Name == "twilio/18-sms");

    [Theory]
    [InlineData("Hooks__PublicBaseUrl", "https://contact.example.com/prefix", "other-url")]
    [InlineData("Hooks__PublicBaseUrl", "http://contact.example.com", "other-url")]
    [InlineData("Hooks__PublicBaseUrl", "https://www.contact.example.com", "other-url")]
    [InlineData("Hooks__PublicBaseUrl", "https://old.example.net", "other-url")]
    [InlineData("Channels__Twilio__AuthToken", "fake-twilio-auth-token-for-seeds ", "blank-in-setting")]
    [InlineData("Channels__Twilio__AuthToken", "another-token", null)]
    public void A_wrong_setting_is_named_where_it_can_be_found_out(string setting, string value, string? code)
    {
        var channel = new TwilioSetup((setting, value)).Channel;
        // The host that the call was sent to is kept, and tried.
        var delivery = (Sms with { Headers = [.. Sms.Headers, new("Host", "contact.example.com")] }).ToDelivery(channel);
        Assert.Equal(VerificationReasons.SignatureWrong, Assert.IsType<VerificationResult.Invalid>(channel.Verify(delivery)).Reason);
        var hints = ((IExplainsFailures)channel).Explain(delivery).ToList();
        Assert.Equal(code, hints.SingleOrDefault()?.Code);
        if (code is not null) Assert.Contains(setting, hints[0].Says, StringComparison.Ordinal);
    }

    [Fact]
    public void A_genuine_call_and_a_stranger_s_give_no_hint()
    {
        var channel = new TwilioSetup().Channel;
        Assert.Empty(((IExplainsFailures)channel).Explain(Sms.ToDelivery(channel)));
        Assert.Empty(((IExplainsFailures)channel).Explain(Sms.ToDelivery(channel)
            with { Headers = new Dictionary<string, string>(StringComparer.Ordinal), Body = new byte[] { 0xff } }));
    }
}
