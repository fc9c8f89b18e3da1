using Serverless.Platform.Signatures;

namespace Serverless.Channels.Telegram;

/// <content>Reasons for a failed verification: each bot has a secret token of its own, by the name in the address.</content>
public sealed partial class TelegramChannel : IExplainsFailures
{
    public IEnumerable<FailureHint> Explain(Delivery delivery)
    {
        if (Verify(delivery) is not VerificationResult.Invalid { Reason: VerificationReasons.SignatureWrong
            or VerificationReasons.SignatureMissing } forged) yield break;
        if (forged.Reason == VerificationReasons.SignatureMissing)
        {
            yield return new FailureHint("webhook-without-word",
                "The webhook was set without secret_token: set it again (POST api/operations/channels/telegram/check with repair).");
            yield break;
        }

        var given = delivery.Header(SecretHeader)!;
        foreach (var (name, bot) in options.CurrentValue.Bots)
        {
            var setting = $"Channels__Telegram__Bots__{name}__SecretToken";
            if (!bot.Secrets.Any(secret => BearerProof.IsBesideBlanks(secret, given, delivery.Id))) continue;
            yield return name.Equals(delivery.Rest, StringComparison.OrdinalIgnoreCase)
                ? SignatureHints.Blank(setting)
                : new FailureHint("other-bot",
                    $"It carries the word in {setting}: the webhook of that bot must end in /{name.ToLowerInvariant()}.");
        }
    }
}
