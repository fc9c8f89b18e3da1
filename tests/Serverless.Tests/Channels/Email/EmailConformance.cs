using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Serverless.Channels;
using Serverless.Channels.Email;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Channels.Email;

/// <summary>The promises of every channel, kept by Email.</summary>
public sealed class EmailConformance : ChannelConformance
{
    private static readonly Lazy<byte[]> KeySet = new(() =>
    {
        using var outside = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Seed.RepositoryRoot, "seeds", "email", "outside.json")));
        return Encoding.UTF8.GetBytes(outside.RootElement.GetProperty("GET /keys").GetRawText());
    });

    protected override string Name => "email";

    protected override IReadOnlyList<(string Current, string Previous)> Secrets =>
        [("Channels__Email__ClientState", "Channels__Email__PreviousClientState")];

    // The proof is in the body.
    protected override IReadOnlyList<string> ProofHeaders => [];

    protected override void Add(IServiceCollection services, IConfiguration configuration)
    {
        EmailChannel.Add(services, configuration);
        // With the keys in memory, as they are after the first rich notification.
        services.RemoveAll<IChannel>();
        services.AddSingleton<IChannel>(s =>
        {
            var channel = ActivatorUtilities.CreateInstance<EmailChannel>(s);
            Assert.True(channel.Keys.TryTake(KeySet.Value));
            return channel;
        });
    }

    /// <summary>
    /// Graph signs no body: a basic notification is proven by its state alone, so only a byte of the state or of a token can be told. What
    /// it names is fetched with our own
    /// token, from the mailbox that the state was made for; the rest of the body decides nothing.
    /// https://learn.microsoft.com/en-us/graph/change-notifications-delivery-webhooks
    /// </summary>
    public override void A_flipped_byte_in_the_body_is_rejected() => All(Genuine, seed =>
    {
        var body = Encoding.UTF8.GetString(seed.Body);
        foreach (var proof in Proofs(body))
        {
            for (var at = 0; at < proof.Length - 3; at += Math.Max(1, proof.Length / 40))
            {
                var changed = proof[..at] + (proof[at] == '7' ? '1' : '7') + proof[(at + 1)..];
                Assert.IsType<VerificationResult.Invalid>(Verify(seed
                    with { Body = Encoding.UTF8.GetBytes(body.Replace(proof, changed, StringComparison.Ordinal)) }));
            }
        }
    });

    /// <summary>A basic notification carries no time and never grows old; the tokens of a rich one do (that of the seed ends late, so that
    /// the seed lasts; it begins with the seed).</summary>
    public override void A_stale_call_is_rejected_where_the_signature_is_dated() => All(Genuine, seed =>
    {
        var verdict = Verify(seed, now: seed.At - TimeSpan.FromDays(365));
        if (Encoding.UTF8.GetString(seed.Body).Contains("validationTokens", StringComparison.Ordinal))
            Assert.Equal(VerificationReasons.Stale, Assert.IsType<VerificationResult.Invalid>(verdict).Reason);
        else Assert.IsType<VerificationResult.Valid>(verdict);
    });

    // Of a batch with several states one is enough, so only calls with a single one are told.
    private static IEnumerable<string> Proofs(string body)
    {
        using var json = JsonDocument.Parse(body);
        var states = json.RootElement.GetProperty("value").EnumerateArray().Select(i => i.GetProperty("clientState").GetString()!)
            .Distinct().ToList();
        if (states.Count == 1) yield return states[0];
        if (!json.RootElement.TryGetProperty("validationTokens", out var tokens)) yield break;
        foreach (var token in tokens.EnumerateArray()) yield return token.GetString()!;
    }
}
