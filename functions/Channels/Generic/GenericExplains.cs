using Serverless.Platform.Signatures;

namespace Serverless.Channels.Generic;

/// <content>Why a signature does not hold, where that can be told. https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md</content>
public sealed partial class GenericChannel : IExplains
{
    public IEnumerable<Hint> Explain(Delivery delivery)
    {
        if (Verify(delivery) is not Verdict.Forged forged) return [];
        var current = options.CurrentValue;
        return forged switch
        {
            { SentAt: { } sentAt, Reason: Reasons.Stale } => [SignatureHints.Clock(sentAt, delivery.ReceivedAt)],
            { Reason: Reasons.SourceForeign } => [new Hint("other-source", "It is signed by a sender that may not speak for the source it names: add the source to Sources of that sender, or have it sign with the secret of the right one.")],
            { Reason: Reasons.IdMismatch } => [new Hint("other-id", "The header ce-id must be the same as webhook-id, which is what is signed.")],
            { Reason: Reasons.SignatureWrong } => SignatureHints.Of("the sender", delivery.Body,
                [("Channels__Generic__Secret", current.Secret), .. current.Senders.Select(s => ($"Channels__Generic__Senders__{s.Key}__Secret", s.Value.Secret))],
                (secret, body) => Check(delivery with { Body = body }, new SecretPair(secret, null), current).SentAt is not null),
            _ => [],
        };
    }
}
