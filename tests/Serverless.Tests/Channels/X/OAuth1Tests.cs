using Serverless.Channels.X;
using Xunit;

namespace Serverless.Tests.Channels.X;

/// <summary>Our signature of calls to X is the one X has published for its sample call.</summary>
public sealed class OAuth1Tests
{
    /// <summary>All values and the signature: https://docs.x.com/fundamentals/authentication/oauth-1-0a/creating-a-signature</summary>
    [Fact]
    public void The_published_call_gets_the_published_signature()
    {
        var header = OAuth1.Authorization(
            new("xvz1evFS4wEEPTGEFPHBog", "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw",
                "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb", "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE"),
            "POST", new Uri("https://api.x.com/1.1/statuses/update.json?include_entities=true"),
            [("status", "Hello Ladies + Gentlemen, a signed OAuth request!")],
            "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg", DateTimeOffset.FromUnixTimeSeconds(1318622958));
        Assert.StartsWith("OAuth oauth_consumer_key=\"xvz1evFS4wEEPTGEFPHBog\", ", header, StringComparison.Ordinal);
        Assert.Contains("oauth_signature=\"Ls93hJiZbQ3akF3HF3x1Bz8%2FzU4%3D\"", header, StringComparison.Ordinal);
    }
}
