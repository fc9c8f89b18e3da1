using Serverless.Platform.Signatures;

namespace Serverless.Channels.Placetel;

/// <content>Reasons for an invalid signature.</content>
public sealed partial class PlacetelChannel : IExplainsFailures
{
    public IEnumerable<FailureHint> Explain(Delivery delivery)
    {
        if (Verify(delivery) is not VerificationResult.Invalid { Reason: VerificationReasons.SignatureWrong }) return [];
        var (secrets, signature) = (options.CurrentValue.Secrets, delivery.Header("x-placetel-signature")!);
        return SignatureHints.Of("Placetel", delivery.Body,
            [("Channels__Placetel__Secret", secrets.Current), ("Channels__Placetel__PreviousSecret", secrets.Previous)],
            (secret, body) => Hmac.MatchesSha256Hex(secret, body.Span, signature));
    }
}
