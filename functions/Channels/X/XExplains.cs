using Serverless.Platform.Signatures;

namespace Serverless.Channels.X;

/// <content>Reasons for an invalid signature. https://docs.x.com/x-api/webhooks/quickstart</content>
public sealed partial class XChannel : IExplainsFailures
{
    public IEnumerable<FailureHint> Explain(Delivery delivery)
    {
        if (Verify(delivery) is not VerificationResult.Invalid { Reason: VerificationReasons.SignatureWrong }) return [];
        var (secrets, header) = (_options.CurrentValue.ConsumerSecrets, delivery.Header(SignatureHeader)!);
        return SignatureHints.Of("X", delivery.Body,
            [("Channels__X__ConsumerSecret", secrets.Current), ("Channels__X__PreviousConsumerSecret", secrets.Previous)],
            (secret, body) => Hmac.MatchesSha256Base64(secret, body.Span, header.AsSpan(SignaturePrefix.Length)));
    }
}
