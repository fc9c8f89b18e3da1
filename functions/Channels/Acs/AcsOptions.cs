using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using Serverless.Channels.CallFlows;
using Serverless.Platform.Signatures;

namespace Serverless.Channels.Acs;

/// <summary>Settings of the Azure Communication Services channel; section <c>Channels:Acs</c>. One of two proofs is needed: a secret, or
/// Entra tokens.</summary>
public sealed class AcsOptions
{
    /// <summary>Off until configured.</summary>
    public bool Enabled { get; set; }

    /// <summary>What happens to calls that fail the check.</summary>
    public VerificationMode Mode { get; set; } = VerificationMode.Auto;

    /// <summary>Verify, store, answer 2xx, work later.</summary>
    public bool Paused { get; set; }

    /// <summary>A secret that Event Grid sends as static delivery property <c>x-webhook-secret</c>, or behind <c>?secret=</c> in the
    /// address. At most 256 characters.</summary>
    [StringLength(256)]
    public string? Secret { get; set; }

    /// <summary>The secret before; counts while it is changed.</summary>
    [StringLength(256)]
    public string? PreviousSecret { get; set; }

    /// <summary>Application id, or its URI, that Event Grid asks Entra a token for. Not set: tokens do not count.</summary>
    [StringLength(256)]
    public string? Audience { get; set; }

    /// <summary>The tenant whose tokens count. Not set: any tenant's, so set it.</summary>
    [StringLength(64)]
    public string? TenantId { get; set; }

    /// <summary>Entra's OpenID configuration, which names its signing keys.</summary>
    [Url]
    public string OpenIdUrl { get; set; } = EntraKeys.Configuration.ToString();

    /// <summary>Endpoint of the resource, e.g. <c>https://contoso.communication.azure.com</c>; needed for replies and files.</summary>
    [Url]
    public string? ApiUrl { get; set; }

    /// <summary>Access key of the resource, base64; needed for replies and files.</summary>
    [StringLength(256)]
    public string? AccessKey { get; set; }

    /// <summary>
    /// Whether this app answers incoming calls: the first to answer gets the call, so only one application per resource may do so. Needs
    /// everything below, the secret and <c>Hooks__PublicBaseUrl</c>.
    /// </summary>
    public bool AnswersCalls { get; set; }

    /// <summary>Immutable id of the resource (a GUID, on its overview page as JSON): whom the tokens of Call Automation are meant
    /// for.</summary>
    [StringLength(64)]
    public string? ResourceId { get; set; }

    /// <summary>Call Automation's OpenID configuration, which names its signing keys.</summary>
    [Url]
    public string CallOpenIdUrl { get; set; } =
    "https://acscallautomation.communication.azure.com/calling/.well-known/acsopenidconfiguration";

    /// <summary>
    /// Endpoint of the Azure AI services resource for speech, e.g. <c>https://contoso.cognitiveservices.azure.com/</c>. Not set: only
    /// texts that are addresses of WAV files are played.
    /// </summary>
    [Url]
    public string? SpeechUrl { get; set; }

    /// <summary>Address of a WAV file (mono, 16 kHz) that is played in a loop while people are rung. Not set: silence.</summary>
    [Url]
    public string? WaitingSound { get; set; }

    /// <summary>The answer plan of every number, as far as its own leaves something open.</summary>
    public CallFlowOptions Default { get; set; } = new();

    /// <summary>Answer plans by the digits of the dialled number with country code, e.g. <c>493023125100</c>.</summary>
    public Dictionary<string, CallFlowOptions> Numbers { get; set; } = new(StringComparer.Ordinal);

    internal SecretPair Secrets => new(Secret, PreviousSecret);

    internal bool HasEntra => !string.IsNullOrEmpty(Audience);

    internal bool MayAnswer => AnswersCalls && HasApi && !Secrets.IsMissing && !string.IsNullOrEmpty(ResourceId);

    internal bool HasApi => !string.IsNullOrEmpty(ApiUrl) && !string.IsNullOrEmpty(AccessKey);
}

/// <summary>Holds the settings to the bounds of their attributes.</summary>
[OptionsValidator]
public sealed partial class AcsOptionsValidator : IValidateOptions<AcsOptions>;
