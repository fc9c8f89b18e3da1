using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Channels;
using Serverless.Channels.Twilio;
using Xunit;

namespace Serverless.Tests.Channels;

/// <summary>The promises of every channel, kept by Twilio, and those only Twilio has.</summary>
public sealed class TwilioChannelTests : ChannelConformance
{
    protected override string Name => "twilio";

    protected override IReadOnlyList<(string Current, string Previous)> Secrets => [("Channels__Twilio__AuthToken", "Channels__Twilio__PreviousAuthToken")];

    protected override IReadOnlyList<string> ProofHeaders => ["x-twilio-signature"];

    protected override bool UrlIsSigned => true;

    /// <summary>Twilio's signature carries no time, so a call never grows stale; the same event again has the same id and changes nothing.</summary>
    protected override TimeSpan? StaleAfter => null;

    protected override void Add(IServiceCollection services, IConfiguration configuration) => TwilioChannel.Add(services, configuration);

    /// <summary>Twilio does not call again for TwiML: while storage is down, what controls a call gets it all the same (P1's one exception).</summary>
    protected override void AssertValid(Acceptance acceptance, Answer answer)
    {
        if (answer.Status == 200) Assert.Equal("text/xml; charset=utf-8", answer.ContentType);
        else base.AssertValid(acceptance, answer);
    }
}
