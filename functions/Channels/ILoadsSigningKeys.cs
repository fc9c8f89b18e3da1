namespace Serverless.Channels;

/// <summary>
/// A channel whose check needs keys that the provider publishes. At the door a missing key makes a call <see cref="VerificationResult.Pending"/>; Normalise loads the keys and has the call judged again.
/// Door and Normalise may be different instances, so what can be judged without a key is judged at the door.
/// </summary>
public interface ILoadsSigningKeys
{
    /// <summary>
    /// Loads what <see cref="IChannel.Verify"/> was missing into memory. Never throws for what the provider answers, and bounds how often it asks: a stranger may name
    /// any number of keys. After <see cref="SigningKeys.Ready"/> the check says genuine or forged; a key that the provider does not know is forged.
    /// </summary>
    Task<SigningKeys> LoadKeysAsync(Delivery delivery, CancellationToken ct);
}

/// <summary>What came of loading keys.</summary>
public abstract record SigningKeys
{
    private SigningKeys() { }

    /// <summary>All that can be had is in memory.</summary>
    public sealed record Ready : SigningKeys;

    /// <summary>Not now; asked again later, for days.</summary>
    /// <param name="Reason">A short code such as <c>unreachable</c>; no personal data.</param>
    /// <param name="After">What the provider asked for; null for our own back-off.</param>
    public sealed record Later(string Reason, TimeSpan? After = null) : SigningKeys;
}
