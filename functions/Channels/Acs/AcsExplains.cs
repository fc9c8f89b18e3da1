using Serverless.Platform.Signatures;

namespace Serverless.Channels.Acs;

/// <content>Reasons for a failed verification of an event. https://learn.microsoft.com/azure/event-grid/secure-webhook-delivery</content>
public sealed partial class AcsChannel : IExplainsFailures
{
    public IEnumerable<FailureHint> Explain(Delivery delivery)
    {
        if (Verify(delivery) is not VerificationResult.Invalid forged) return [];
        var current = options.CurrentValue;
        return CallAddress.IsOne(delivery) ? OfCall(delivery, forged.Reason, current) : OfEvent(delivery, forged.Reason, current);
    }

    private static IEnumerable<FailureHint> OfCall(Delivery delivery, string reason, AcsOptions current)
    {
        if (reason == VerificationReasons.SignatureWrong && CallAddress.Proven(delivery, current.Secrets) is null)
            yield return new FailureHint("other-secret",
                "The address of this call was not made with Channels__Acs__Secret: keep the previous one in Channels__Acs__PreviousSecret while calls are in progress, or the address is forged.");
        if (reason == VerificationReasons.SourceForeign)
            yield return new FailureHint("other-resource",
                "The token is meant for another resource than Channels__Acs__ResourceId, or is none of Call Automation: compare it with the immutable id on the resource's page.");
    }

    private static IEnumerable<FailureHint> OfEvent(Delivery delivery, string reason, AcsOptions current)
    {
        var given = Given(delivery);
        var bearer = Bearer(delivery);
        if (!string.IsNullOrEmpty(given) && current.Secrets.Any(secret => BearerProof.IsBesideBlanks(secret, given, delivery.Id)))
            yield return SignatureHints.Blank("Channels__Acs__Secret, or around what the subscription sends");
        if (string.IsNullOrEmpty(given) && bearer is null)
            yield return new FailureHint("no-proof",
                "The event subscription sends neither the delivery property x-webhook-secret nor a token: it was made without them.");
        if (bearer is not null && !current.HasEntra)
            yield return new FailureHint("token-not-expected",
                "The subscription sends a token of Entra: set Channels__Acs__Audience and Channels__Acs__TenantId, or have it send the secret.");
        if (bearer is null || reason != VerificationReasons.SourceForeign) yield break;
        foreach (var difference in EntraToken.Differences(bearer, Rules(current)))
        {
            yield return difference switch
            {
                TokenDifference.Audience =>
                    new FailureHint("other-audience",
                        "The token is meant for another application than Channels__Acs__Audience: enter the id or URI that the subscription names, exactly as there."),
                TokenDifference.Tenant => new FailureHint("other-tenant", "The token is of another tenant than Channels__Acs__TenantId."),
                _ => new FailureHint("other-caller", "The token was not made for Event Grid: another application got it for itself."),
            };
        }
    }
}
