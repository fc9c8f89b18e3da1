using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Channels;
using Serverless.Channels.Acs;
using Xunit;

namespace Serverless.Tests.Channels;

/// <summary>The promises of every channel, kept by Azure Communication Services as far as Event Grid lets it.</summary>
public sealed class AcsConformance : ChannelConformance
{
    protected override string Name => "acs";

    protected override IReadOnlyList<(string Current, string Previous)> Secrets => [("Channels__Acs__Secret", "Channels__Acs__PreviousSecret")];

    protected override IReadOnlyList<string> ProofHeaders => ["x-webhook-secret"];

    protected override void Add(IServiceCollection services, IConfiguration configuration) => AcsChannel.Add(services, configuration);

    /// <summary>Overridden: Event Grid signs no body. Secret and token prove the sender, TLS protects what he sends.</summary>
    [Fact]
    public override void A_flipped_byte_in_the_body_is_rejected() =>
        All(Genuine, seed => Assert.IsType<Verdict.Genuine>(Verify(seed with { Body = [.. seed.Body, (byte)' '] })));

    [Fact]
    public void The_secret_may_stand_in_the_address_too() => All(Genuine, seed =>
    {
        var bare = WithHeader(seed, "x-webhook-secret", _ => null);
        Assert.IsType<Verdict.Genuine>(Verify(bare with { PathAndQuery = "/api/hooks/acs?secret=fake-acs-secret-for-seeds" }));
        Assert.Equal(new Verdict.Forged(Reasons.SignatureWrong), Verify(bare with { PathAndQuery = "/api/hooks/acs?secret=fake" }));
    });

    [Theory]
    [InlineData("Channels__Acs__Audience", "api://contact")]
    [InlineData("Channels__Acs__AccessKey", "not base64")]
    public void A_slip_in_the_settings_is_told(string name, string value) => Assert.Single(Channel(With(Settings, name, value)).Problems());

    [Theory]
    [InlineData("eventgrid.azure.net", 200)]
    [InlineData("events.example.com", 405)]
    [InlineData("", 405)]
    public void Consent_is_given_to_event_grid_alone(string origin, int status)
    {
        var seed = Seeds.Single(s => s.Method == "OPTIONS");
        Assert.Equal(status, Assert.IsType<Verdict.Challenge>(Verify(WithHeader(seed, "WebHook-Request-Origin", _ => origin))).Answer.Status);
    }
}
