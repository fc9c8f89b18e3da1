namespace Serverless.Channels;

/// <summary>
/// A channel whose verification needs keys published by the provider. At intake a missing key makes a call
/// <see cref="VerificationResult.Pending"/>; Normalise loads the keys and verifies the call again. Intake and Normalise may run on
/// different instances, so everything that needs no key is verified at intake.
/// </summary>
public interface ILoadsSigningKeys
{
    /// <summary>
    /// Loads the keys that <see cref="IChannel.Verify"/> lacked into memory. Never throws for answers of the provider, and limits its
    /// requests: a stranger may name any number of keys. After <see cref="SigningKeys.Ready"/> verification gives valid or invalid; a key
    /// unknown to the provider is invalid.
    /// </summary>
    Task<SigningKeys> LoadKeysAsync(Delivery delivery, CancellationToken ct);
}

/// <summary>Outcome of loading keys.</summary>
public abstract record SigningKeys
{
    private SigningKeys() { }

    /// <summary>All available keys are in memory.</summary>
    public sealed record Ready : SigningKeys;

    /// <summary>Not now; retried for days.</summary>
    /// <param name="Reason">A short code such as <c>unreachable</c>; no personal data.</param>
    /// <param name="After">Delay requested by the provider; null for our own back-off.</param>
    public sealed record Later(string Reason, TimeSpan? After = null) : SigningKeys;
}
