using Serverless.Platform.Signatures;

namespace Serverless.Notifications.Subscriptions;

/// <summary>Seed of the secret of a subscription made by the API. Its row stores the seed, never the secret.</summary>
/// <param name="Salt">Random, in base64; new with each rotation.</param>
/// <param name="Master">Which master secret it was made under: its fingerprint.</param>
public sealed record SubscriptionSecret(string Salt, string Master)
{
    /// <summary>A new one.</summary>
    public static SubscriptionSecret New(string master) =>
        new(Convert.ToBase64String(DerivedSecret.NewSalt()), DerivedSecret.FingerprintOf(master));

    /// <summary>The secret as Standard Webhooks writes it; null when neither of the master secrets is the one it was made under.</summary>
    /// <param name="masters">Those in force.</param>
    /// <param name="name">The subscription: a row under another name gives another secret.</param>
    public string? Under(SecretPair masters, string name)
    {
        string? secret = null;
        masters.Any(master =>
        {
            if (DerivedSecret.FingerprintOf(master) != Master) return false;
            // 32 bytes; Standard Webhooks wants 24 to 64:
            // https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
            secret = $"whsec_{Convert.ToBase64String(DerivedSecret.Of(master, Convert.FromBase64String(Salt),
                $"webhook subscription {name.ToLowerInvariant()}"))}";
            return true;
        });
        return secret;
    }
}
