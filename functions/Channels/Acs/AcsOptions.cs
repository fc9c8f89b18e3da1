using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using Serverless.Signing;

namespace Serverless.Channels.Acs;

/// <summary>Settings of the Azure Communication Services channel; section <c>Channels:Acs</c>. One of two proofs is needed: a secret, or Entra tokens.</summary>
public sealed class AcsOptions
{
    /// <summary>Off until configured.</summary>
    public bool Enabled { get; set; }

    /// <summary>What happens to calls that fail the check.</summary>
    public VerificationMode Mode { get; set; } = VerificationMode.Auto;

    /// <summary>Verify, store, answer 2xx, work later.</summary>
    public bool Paused { get; set; }

    /// <summary>A secret that Event Grid sends as static delivery property <c>x-webhook-secret</c>, or behind <c>?secret=</c> in the address. At most 256 characters.</summary>
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

    internal SecretPair Secrets => new(Secret, PreviousSecret);

    internal bool HasEntra => !string.IsNullOrEmpty(Audience);

    internal bool HasApi => !string.IsNullOrEmpty(ApiUrl) && !string.IsNullOrEmpty(AccessKey);
}

/// <summary>Holds the settings to the bounds of their attributes.</summary>
[OptionsValidator]
public sealed partial class AcsOptionsValidator : IValidateOptions<AcsOptions>;
