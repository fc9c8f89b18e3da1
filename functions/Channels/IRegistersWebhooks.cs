namespace Serverless.Channels;

/// <summary>
/// A channel that is registered at its provider: upkeep (in Daily, and at once after <see cref="Parsed.Alert"/>) compares what the settings ask for with what is true there.
/// </summary>
public interface IRegistersWebhooks
{
    /// <summary>
    /// One entry for each thing that must be registered, or that expires. With <see cref="RegistrationCheckRequest.Repair"/> it registers and repairs, but only what leads to this deployment or to nobody: what leads
    /// elsewhere is <see cref="RegistrationState.Foreign"/> and stays. Never throws for what the provider answers.
    /// </summary>
    Task<IReadOnlyList<Registration>> CheckAsync(RegistrationCheckRequest upkeep, CancellationToken ct);
}

/// <summary>What upkeep may do.</summary>
/// <param name="PublicBaseUrl">Where the world reaches us, without a slash at the end; null when it is not set, and then nothing can be repaired.</param>
/// <param name="Repair">Whether it may change anything at the provider.</param>
public sealed record RegistrationCheckRequest(string? PublicBaseUrl, bool Repair);

/// <summary>One registration, or one credential that expires.</summary>
/// <param name="Name">Stable, free of secrets and of personal data, e.g. <c>webhook</c>, <c>subscription service inbox</c>, <c>number 493023125100 voice</c>.</param>
/// <param name="State">How it is.</param>
/// <param name="Detail">What differs, in a sentence; free of secrets.</param>
/// <param name="Step">What a person must do, with the exact values; null when there is nothing to do.</param>
/// <param name="ExpiresAt">When it ends (UTC); null when it does not or cannot be read.</param>
public sealed record Registration(string Name, RegistrationState State, string? Detail = null, string? Step = null, DateTimeOffset? ExpiresAt = null);

/// <summary>How a registration is.</summary>
public enum RegistrationState
{
    /// <summary>As the settings ask for.</summary>
    Right,

    /// <summary>It was not, and was repaired just now.</summary>
    Repaired,

    /// <summary>It is not as the settings ask for; repair was not allowed or did not succeed.</summary>
    Drifted,

    /// <summary>It leads to another address than ours: another environment, or an admin's emergency change. Never touched.</summary>
    Foreign,

    /// <summary>The provider has no API for it: <see cref="Registration.Step"/> says what a person does, and it cannot be known whether it is done.</summary>
    ByHand,

    /// <summary>The provider could not be asked: unreachable, rate limited, or the credential was refused.</summary>
    Unknown,
}
