using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Serverless.Channels;
using Serverless.Channels.Acs;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Channels.Acs;

/// <summary>The promises of every channel, kept by Azure Communication Services as far as Event Grid lets it.</summary>
public sealed class AcsConformance : ChannelConformance
{
    private static readonly Lazy<byte[]> KeySet = new(() =>
    {
        using var outside = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Seed.RepositoryRoot, "seeds", "acs", "outside.json")));
        return Encoding.UTF8.GetBytes(outside.RootElement.GetProperty("GET /keys").GetRawText());
    });

    protected override string Name => "acs";

    protected override IReadOnlyList<(string Current, string Previous)> Secrets =>
        [("Channels__Acs__Secret", "Channels__Acs__PreviousSecret")];

    protected override IReadOnlyList<string> ProofHeaders => ["x-webhook-secret"];

    // Events of a call carry a token of Call Automation.
    protected override IReadOnlyList<string> ProofHeadersOf(Seed seed) => IsCallEvent(seed) ? ["authorization"] : ProofHeaders;

    protected override void Add(IServiceCollection services, IConfiguration configuration)
    {
        AcsChannel.Add(services, configuration);
        // With the keys in memory, as they are after the first event of a call.
        services.RemoveAll<IChannel>();
        services.AddSingleton<IChannel>(s =>
        {
            var channel = ActivatorUtilities.CreateInstance<AcsChannel>(s);
            Assert.True(channel.CallKeys.TryTake(KeySet.Value));
            return channel;
        });
    }

    /// <summary>Overridden: Event Grid signs no body. Secret and token prove the sender, TLS protects what he sends.</summary>
    [Fact]
    public override void A_flipped_byte_in_the_body_is_rejected() =>
        All(Genuine, seed => Assert.IsType<VerificationResult.Valid>(Verify(seed with { Body = [.. seed.Body, (byte)' '] })));

    [Fact]
    public void The_secret_may_stand_in_the_address_too() => All(Genuine.Where(s => !IsCallEvent(s)), seed =>
    {
        var bare = WithHeader(seed, "x-webhook-secret", _ => null);
        Assert.IsType<VerificationResult.Valid>(Verify(bare with { PathAndQuery = "/api/hooks/acs?secret=fake-acs-secret-for-seeds" }));
        Assert.Equal(new VerificationResult.Invalid(VerificationReasons.SignatureWrong),
            Verify(bare with { PathAndQuery = "/api/hooks/acs?secret=fake" }));
    });

    [Fact]
    public void Neither_secret_nor_another_address_opens_the_door_for_events_of_a_call() =>
    All(Seeds.Where(s => s.IsGenuine && IsCallEvent(s)), seed =>
    {
        var bare = WithHeader(seed, "authorization", _ => null);
        Assert.IsType<VerificationResult.Invalid>(Verify(bare
            with { Headers = [.. bare.Headers, KeyValuePair.Create("x-webhook-secret", "fake-acs-secret-for-seeds")] }));
        Assert.Equal(new VerificationResult.Invalid(VerificationReasons.SignatureWrong),
            Verify(seed with { PathAndQuery = seed.PathAndQuery.Replace("beispiel-acs", "another-acs", StringComparison.Ordinal) }));
        Assert.Equal(new VerificationResult.Invalid(VerificationReasons.NoSecret),
            Verify(seed, With(Settings, "Channels__Acs__ResourceId", null)));
        Assert.IsType<VerificationResult.Invalid>(Verify(seed with { PathAndQuery = "/api/hooks/acs" }));
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
        Assert.Equal(status,
            Assert.IsType<VerificationResult.Challenge>(Verify(WithHeader(seed, "WebHook-Request-Origin", _ => origin))).Response.Status);
    }

    [Fact]
    public void What_stands_in_the_way_of_answering_calls_is_told()
    {
        var settings = With(Settings, "Channels__Acs__AnswersCalls", "true");
        settings["Channels__Acs__Default__Rings__0__Numbers"] = "sip:desk@example.com";
        settings["Channels__Acs__Default__MessageSeconds"] = "400";
        settings["Channels__Acs__Default__Transcribe"] = "true";
        var problems = Channel(settings).Problems().ToList();
        Assert.All(["ApiUrl", "Hooks__PublicBaseUrl", "Rings__0__Numbers", "MessageSeconds", "Transcribe", "SpeechUrl"], name =>
            Assert.Contains(problems, p => p.Contains(name, StringComparison.Ordinal)));
        Assert.Equal(6, problems.Count);
    }

    private static bool IsCallEvent(Seed seed) => seed.PathAndQuery.Contains("/calls/", StringComparison.Ordinal);
}
