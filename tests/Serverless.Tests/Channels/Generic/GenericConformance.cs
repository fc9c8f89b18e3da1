using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Channels.Generic;

namespace Serverless.Tests.Channels.Generic;

/// <summary>The promises of every channel, kept by the generic door.</summary>
public class GenericConformance : ChannelConformance
{
    protected override string Name => "generic";

    protected override IReadOnlyList<(string Current, string Previous)> Secrets =>
    [
        ("Channels__Generic__Secret", "Channels__Generic__PreviousSecret"),
        ("Channels__Generic__Senders__shops__Secret", "Channels__Generic__Senders__shops__PreviousSecret"),
        ("Channels__Generic__Senders__fleet__Secret", "Channels__Generic__Senders__fleet__PreviousSecret"),
    ];

    protected override IReadOnlyList<string> ProofHeaders => ["webhook-id", "webhook-timestamp", "webhook-signature"];

    protected override TimeSpan? StaleAfter => TimeSpan.FromMinutes(5);

    protected override IReadOnlyDictionary<string, string?> SettingsHere =>
        new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase) { ["Channels__Generic__ToleranceMinutes"] = "5" };

    protected override string AnotherSecret => "whsec_YW5vdGhlciBzZWNyZXQgdGhhdCBzaWduZWQgbm90aGluZw==";

    protected override void Add(IServiceCollection services, IConfiguration configuration) => GenericChannel.Add(services, configuration);
}
