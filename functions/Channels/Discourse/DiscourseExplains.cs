using Serverless.Platform.Signatures;

namespace Serverless.Channels.Discourse;

/// <content>Reasons for an invalid signature: each forum has a secret of its own, by the name in the address.</content>
public sealed partial class DiscourseChannel : IExplainsFailures
{
    public IEnumerable<FailureHint> Explain(Delivery delivery)
    {
        if (Verify(delivery) is not VerificationResult.Invalid { Reason: VerificationReasons.SignatureWrong }) yield break;
        var header = delivery.Header(SignatureHeader)!;
        bool Holds(string secret, ReadOnlyMemory<byte> body) =>
            Hmac.MatchesSha256Hex(secret, body.Span, header.AsSpan(SignaturePrefix.Length));
        foreach (var (name, site) in options.CurrentValue.Sites)
        {
            var setting = $"Channels__Discourse__Sites__{name}__";
            if (name.Equals(delivery.Rest, StringComparison.OrdinalIgnoreCase))
            {
                foreach (var hint in SignatureHints.Of("the forum", delivery.Body,
                    [(setting + "Secret", site.Secret), (setting + "PreviousSecret", site.PreviousSecret)], Holds)) yield return hint;
            }
            else if (site.Secrets.Any(secret => Holds(secret, delivery.Body)))
                yield return new FailureHint("other-site",
                    $"It is signed with {setting}Secret: the address entered at that forum must end in /{name.ToLowerInvariant()}.");
        }
    }
}
