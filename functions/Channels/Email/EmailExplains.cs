using System.Text.Json;
using Serverless.Platform.Signatures;

namespace Serverless.Channels.Email;

/// <content>Reasons for a failed verification of a rich notification.
/// https://learn.microsoft.com/en-us/graph/change-notifications-with-resource-data#validating-the-authenticity-of-notifications</content>
public sealed partial class EmailChannel : IExplainsFailures
{
    public IEnumerable<FailureHint> Explain(Delivery delivery)
    {
        if (Verify(delivery) is not VerificationResult.Invalid { Reason: VerificationReasons.SourceForeign }) yield break;
        var rules = NotificationCheck.Rules(options.CurrentValue);
        List<TokenDifference> differences;
        using (var json = JsonDocument.Parse(delivery.Body))
            differences = [.. json.RootElement.Get("validationTokens"u8).Items().Take(NotificationCheck.MaxTokens)
                .SelectMany(token => EntraToken.Differences(token.AsText() ?? "", rules)).Distinct()];
        foreach (var difference in differences)
        {
            yield return difference switch
            {
                TokenDifference.Audience =>
                    new FailureHint("other-audience",
                        "A token is meant for another application than Channels__Email__AppId: the subscription was made with another identity."),
                TokenDifference.Tenant => new FailureHint("other-tenant", "A token is of another tenant than Channels__Email__TenantId."),
                _ => new FailureHint("other-caller",
                    "A token was not made for Graph's notifications: another application got it for itself."),
            };
        }
    }
}
