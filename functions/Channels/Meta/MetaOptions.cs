using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using Serverless.Signing;

namespace Serverless.Channels.Meta;

/// <summary>Settings of the Meta channel; section <c>Channels:Meta</c>.</summary>
public sealed class MetaOptions
{
    /// <summary>Off until configured.</summary>
    public bool Enabled { get; set; }

    /// <summary>What happens to calls that fail the check.</summary>
    public VerificationMode Mode { get; set; } = VerificationMode.Auto;

    /// <summary>Verify, store, answer, work later.</summary>
    public bool Paused { get; set; }

    /// <summary>App Secret of the Meta app that calls us (App Dashboard, Settings, Basic); at most 256 characters.</summary>
    [StringLength(256)]
    public string? AppSecret { get; set; }

    /// <summary>The App Secret before a reset; counts as long as it is set.</summary>
    [StringLength(256)]
    public string? PreviousAppSecret { get; set; }

    /// <summary>The token typed in beside the callback URL; only the handshake uses it. At most 256 characters.</summary>
    [StringLength(256)]
    public string? VerifyToken { get; set; }

    /// <summary>The verify token before a change; counts as long as it is set.</summary>
    [StringLength(256)]
    public string? PreviousVerifyToken { get; set; }

    /// <summary>Further apps that call the same address, by a name of your choice (say, one app for WhatsApp and one for the page).</summary>
    public Dictionary<string, MetaApp> Apps { get; } = new(StringComparer.OrdinalIgnoreCase);

    internal SecretPair AppSecrets => new(AppSecret, PreviousAppSecret);

    internal SecretPair VerifyTokens => new(VerifyToken, PreviousVerifyToken);
}

/// <summary>One further Meta app; section <c>Channels:Meta:Apps:{name}</c>.</summary>
public sealed class MetaApp
{
    /// <summary>App Secret of that app.</summary>
    public string? AppSecret { get; set; }

    /// <summary>The App Secret before a reset; counts as long as it is set.</summary>
    public string? PreviousAppSecret { get; set; }

    internal SecretPair AppSecrets => new(AppSecret, PreviousAppSecret);
}

/// <summary>Holds the settings to the bounds of their attributes.</summary>
[OptionsValidator]
public sealed partial class MetaOptionsValidator : IValidateOptions<MetaOptions>;
