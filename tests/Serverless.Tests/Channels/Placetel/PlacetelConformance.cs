using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Channels;
using Serverless.Channels.Placetel;
using Xunit;

namespace Serverless.Tests.Channels.Placetel;

/// <summary>The promises of every channel, kept by Placetel, and what its settings tell.</summary>
public sealed class PlacetelConformance : ChannelConformance
{
    protected override string Name => "placetel";

    protected override IReadOnlyList<(string Current, string Previous)> Secrets =>
        [("Channels__Placetel__Secret", "Channels__Placetel__PreviousSecret")];

    protected override IReadOnlyList<string> ProofHeaders => ["x-placetel-signature"];

    protected override void Add(IServiceCollection services, IConfiguration configuration) => PlacetelChannel.Add(services, configuration);

    /// <summary>An incoming call is answered while storage is down, too: the notifications that follow bring it back (P1's one
    /// exception).</summary>
    protected override void AssertValid(Acceptance acceptance, WebhookResponse answer)
    {
        if (answer.ContentType == "application/xml") Assert.Equal(200, answer.Status);
        else base.AssertValid(acceptance, answer);
    }

    [Theory]
    [InlineData("Channels__Placetel__Numbers__+493023125100__Hours", "always")]
    [InlineData("Channels__Placetel__Default__Hours", "9 to 5")]
    [InlineData("Channels__Placetel__Numbers__493023125450__Greeting", "Guten Tag")]
    [InlineData("Channels__Placetel__Numbers__493023125450__Closed", "Wir haben geschlossen.")]
    public void A_slip_in_the_settings_and_what_placetel_cannot_say_are_told_by_the_name_of_the_setting(string name, string value)
    {
        var problem = Assert.Single(Channel(With(Settings, name, value)).Problems());
        Assert.StartsWith(name[..name.LastIndexOf("__", StringComparison.Ordinal)], problem, StringComparison.Ordinal);
    }
}
