using Serverless.Platform.Signatures;

namespace Serverless.Channels.Vonage;

/// <content>Reasons for an invalid token. https://developer.vonage.com/en/getting-started/concepts/webhooks</content>
public sealed partial class VonageChannel : IExplainsFailures
{
    public IEnumerable<FailureHint> Explain(Delivery delivery)
    {
        if (Verify(delivery) is not VerificationResult.Invalid forged) yield break;
        var current = _options.CurrentValue;
        var token = TokenOf(delivery) is { Length: > 0 } text ? SharedKeyJwt.Parse(text) : null;
        switch (forged.Reason)
        {
            case VerificationReasons.SignatureMissing:
                yield return new FailureHint("not-signed",
                    "It carries no token: in the Vonage dashboard switch on signed webhooks for voice (application) and for messages.");
                break;
            case VerificationReasons.KeyUnknown:
                yield return new FailureHint("other-account",
                    "The token names an API key that is neither Channels__Vonage__ApiKey nor one of Channels__Vonage__Accounts.");
                break;
            case VerificationReasons.Stale when forged.SentAt is { } sentAt:
                yield return SignatureHints.Clock(sentAt, delivery.ReceivedAt);
                break;
            case VerificationReasons.BodyHashWrong when SignatureHints.Changed(delivery.Body).Any(other => CoversBody(token!, other.Span)):
                yield return SignatureHints.BodyChanged("Vonage", "the signature secret");
                break;
            case VerificationReasons.SignatureWrong:
                var secrets = current.SecretsOf(token!.Text("api_key"));
                if (token.Holds(new SecretPair(secrets.Current?.Trim(), secrets.Previous?.Trim())))
                    yield return SignatureHints.Blank("the signature secret");
                break;
        }
    }
}
