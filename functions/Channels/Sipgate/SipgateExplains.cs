namespace Serverless.Channels.Sipgate;

/// <content>Reasons for an invalid signature: sipgate signs with one published key for all customers.</content>
public sealed partial class SipgateChannel : IExplainsFailures
{
    public IEnumerable<FailureHint> Explain(Delivery delivery)
    {
        if (Verify(delivery) is not VerificationResult.Invalid { Reason: VerificationReasons.SignatureWrong }
            || SipgateSignature.Parse(delivery.Header("x-sipgate-signature")!) is not { } signature) return [];
        var keys = options.CurrentValue.Keys;
        var hints = SignatureHints.Of("sipgate", delivery.Body,
            [("Channels__Sipgate__PublicKey", keys.Current), ("Channels__Sipgate__PreviousPublicKey", keys.Previous)],
            (key, body) => SipgateSignature.Holds(key, body.Span, signature));
        return SipgateSignature.Holds(SipgateOptions.PublishedKey, delivery.Body.Span, signature)
            ? hints.Append(new FailureHint("published-key",
                "The signature is valid with the key that sipgate publishes: remove Channels__Sipgate__PublicKey."))
            : hints;
    }
}
