namespace Serverless.Channels;

/// <summary>
/// A channel with a webhook registration at its provider: upkeep (in Daily, and at once after <see cref="Parsed.Alert"/>) compares the
/// settings with the provider's state.
/// </summary>
public interface IRegistersWebhooks
{
    /// <summary>
    /// One entry for each registration or expiring credential. With <see cref="RegistrationCheckRequest.Repair"/> it registers and
    /// repairs, but only entries that point to this deployment or nowhere: one that points elsewhere is
    /// <see cref="RegistrationState.Foreign"/> and stays. Never throws for answers of the provider.
    /// </summary>
    Task<IReadOnlyList<Registration>> CheckAsync(RegistrationCheckRequest upkeep, CancellationToken ct);
}

/// <summary>Input of a check.</summary>
/// <param name="PublicBaseUrl">Public address of the app, without a slash at the end; null when it is not set, and then nothing can be
/// repaired.</param>
/// <param name="Repair">Whether it may change anything at the provider.</param>
public sealed record RegistrationCheckRequest(string? PublicBaseUrl, bool Repair);

/// <summary>One registration, or one credential that expires.</summary>
/// <param name="Name">Stable, free of secrets and of personal data, e.g. <c>webhook</c>, <c>subscription service inbox</c>, <c>number
/// 493023125100 voice</c>.</param>
/// <param name="State">Its state.</param>
/// <param name="Detail">The difference, in a sentence; free of secrets.</param>
/// <param name="Step">Action for a person, with the exact values; null when none is needed.</param>
/// <param name="ExpiresAt">Expiry (UTC); null when it does not expire or cannot be read.</param>
public sealed record Registration(string Name, RegistrationState State, string? Detail = null, string? Step = null,
    DateTimeOffset? ExpiresAt = null);

/// <summary>State of a registration.</summary>
public enum RegistrationState
{
    /// <summary>Matches the settings.</summary>
    Right,

    /// <summary>Did not match, and was repaired just now.</summary>
    Repaired,

    /// <summary>Does not match the settings; repair was not allowed or failed.</summary>
    Drifted,

    /// <summary>Points to another address: another environment, or an admin's emergency change. Never changed.</summary>
    Foreign,

    /// <summary>
    /// The provider has no API for it: <see cref="Registration.Step"/> describes the manual action, and its result cannot be checked.
    /// </summary>
    ByHand,

    /// <summary>The provider could not be asked: unreachable, rate limited, or the credential was refused.</summary>
    Unknown,
}
