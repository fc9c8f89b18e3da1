using Serverless.Platform.Signatures;

namespace Serverless.Channels.Generic;

/// <content>Reasons for an invalid signature.
/// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md</content>
public sealed partial class GenericChannel : IExplainsFailures
{
    public IEnumerable<FailureHint> Explain(Delivery delivery)
    {
        if (Verify(delivery) is not VerificationResult.Invalid forged) return [];
        var current = options.CurrentValue;
        return forged switch
        {
            { SentAt: { } sentAt, Reason: VerificationReasons.Stale } => [SignatureHints.Clock(sentAt, delivery.ReceivedAt)],
            { Reason: VerificationReasons.SourceForeign } =>
                [new FailureHint("other-source",
                    "It is signed by a sender that may not speak for the source it names: add the source to Sources of that sender, or have it sign with the secret of the right one.")],
            { Reason: VerificationReasons.IdMismatch } =>
                [new FailureHint("other-id", "The header ce-id must be the same as webhook-id, which is what is signed.")],
            { Reason: VerificationReasons.SignatureWrong } => SignatureHints.Of("the sender", delivery.Body,
                [("Channels__Generic__Secret", current.Secret),
                    .. current.Senders.Select(s => ($"Channels__Generic__Senders__{s.Key}__Secret", s.Value.Secret))],
                (secret, body) => Check(delivery with { Body = body }, new SecretPair(secret, null), current).SentAt is not null),
            _ => [],
        };
    }
}
