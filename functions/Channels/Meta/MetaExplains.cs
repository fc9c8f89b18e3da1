using Serverless.Platform.Signatures;

namespace Serverless.Channels.Meta;

/// <content>Reasons for an invalid signature.
/// https://developers.facebook.com/docs/graph-api/webhooks/getting-started#validate-payloads</content>
public sealed partial class MetaChannel : IExplainsFailures
{
    public IEnumerable<FailureHint> Explain(Delivery delivery)
    {
        if (Verify(delivery) is not VerificationResult.Invalid { Reason: VerificationReasons.SignatureWrong }) return [];
        var header = delivery.Header(SignatureHeader)!;
        var current = options.CurrentValue;
        bool Holds(string secret, ReadOnlyMemory<byte> body) =>
            secret.Length > 0 && Hmac.MatchesSha256Hex(secret, body.Span, header.AsSpan(SignaturePrefix.Length));
        var hints = SignatureHints.Of("Meta", delivery.Body,
        [
            ("Channels__Meta__AppSecret", current.AppSecret), ("Channels__Meta__PreviousAppSecret", current.PreviousAppSecret),
            .. current.Apps.Select(app => ($"Channels__Meta__Apps__{app.Key}__AppSecret", app.Value.AppSecret)),
        ], Holds);
        return Holds(current.VerifyToken?.Trim() ?? "", delivery.Body)
            ? hints.Append(new FailureHint("secrets-swapped",
                "It is signed with the value of Channels__Meta__VerifyToken: that is the app secret, and belongs into Channels__Meta__AppSecret."))
            : hints;
    }
}
