using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using Serverless.Channels.CallFlows;
using Serverless.Platform.Signatures;

namespace Serverless.Channels.Vonage;

/// <summary>Settings of the Vonage channel; section <c>Channels:Vonage</c>.</summary>
public sealed class VonageOptions
{
    /// <summary>Off until configured.</summary>
    public bool Enabled { get; set; }

    /// <summary>What happens to calls that fail the check.</summary>
    public VerificationMode Mode { get; set; } = VerificationMode.Auto;

    /// <summary>Verify, store, answer, work later.</summary>
    public bool Paused { get; set; }

    /// <summary>The account's signature secret (Dashboard, Settings); at most 256 characters.</summary>
    [StringLength(256)]
    public string? SignatureSecret { get; set; }

    /// <summary>The signature secret before it was changed; counts as long as it is set.</summary>
    [StringLength(256)]
    public string? PreviousSignatureSecret { get; set; }

    /// <summary>API key of the account, e.g. <c>a1b2c3d4</c>. Callbacks name the key of the account they come from.</summary>
    [StringLength(64)]
    public string? ApiKey { get; set; }

    /// <summary>API secret of the account; only upkeep needs it.</summary>
    [StringLength(256)]
    public string? ApiSecret { get; set; }

    /// <summary>Further accounts by API key; each signs with a secret of its own.</summary>
    public Dictionary<string, VonageAccount> Accounts { get; set; } = new(StringComparer.Ordinal);

    /// <summary>Id of the application whose numbers and channels we serve.</summary>
    [StringLength(64)]
    public string? ApplicationId { get; set; }

    /// <summary>
    /// Private key of the application, PEM (line breaks may be written as <c>\n</c>); needed for replies, recordings and reconciliation.
    /// </summary>
    [StringLength(8192)]
    public string? PrivateKey { get; set; }

    /// <summary>Oldest token of a callback that counts, in hours. Vonage repeats a callback for 24 hours, and does not say that it signs
    /// each try anew; years only to replay old examples.</summary>
    [Range(1, 876_000)]
    public int TokenHours { get; set; } = 25;

    /// <summary>Interval of reconciliation of calls, in minutes, 0 to 1440; 0 switches it off.</summary>
    [Range(0, 1440)]
    public int LookMinutes { get; set; } = 15;

    /// <summary>The answer plan of every number, as far as its own leaves something open.</summary>
    public CallFlowOptions Default { get; set; } = new();

    /// <summary>Answer plans by the digits of the dialled number with country code, e.g. <c>493023125100</c>.</summary>
    public Dictionary<string, CallFlowOptions> Numbers { get; set; } = new(StringComparer.Ordinal);

    /// <summary>Base address of the API.</summary>
    [Url]
    public string ApiUrl { get; set; } = "https://api.nexmo.com";

    /// <summary>Base address of the API for numbers, which lives elsewhere.</summary>
    [Url]
    public string NumbersUrl { get; set; } = "https://rest.nexmo.com";

    /// <summary>The secrets that may have signed for an account; none for an account that is not ours.</summary>
    /// <param name="apiKey">As the token claims it: a wrong claim picks secrets under which the signature does not hold.</param>
    internal SecretPair SecretsOf(string? apiKey)
    {
        if (apiKey is not null && Accounts.TryGetValue(apiKey, out var account))
            return new(account.SignatureSecret, account.PreviousSignatureSecret);
        return apiKey is null || string.IsNullOrEmpty(ApiKey) || apiKey == ApiKey ? new(SignatureSecret, PreviousSignatureSecret) : default;
    }
}

/// <summary>The secrets of one further account; section <c>Channels:Vonage:Accounts:{api key}</c>.</summary>
public sealed class VonageAccount
{
    /// <summary>The account's signature secret.</summary>
    public string? SignatureSecret { get; set; }

    /// <summary>The signature secret before it was changed.</summary>
    public string? PreviousSignatureSecret { get; set; }
}

/// <summary>Holds the settings to the bounds of their attributes; answer plans are judged by
/// <see cref="CallFlow.Problems(CallFlowOptions, string)"/>.</summary>
[OptionsValidator]
public sealed partial class VonageOptionsValidator : IValidateOptions<VonageOptions>;
