using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using Serverless.Platform.Signatures;

namespace Serverless.Channels.Email;

/// <summary>Settings of the mail channel; section <c>Channels:Email</c>.</summary>
public sealed class EmailOptions
{
    /// <summary>Off until configured.</summary>
    public bool Enabled { get; set; }

    /// <summary>What happens to calls that fail the check.</summary>
    public VerificationMode Mode { get; set; } = VerificationMode.Auto;

    /// <summary>Verify, store, answer, work later.</summary>
    public bool Paused { get; set; }

    /// <summary>The secret from which each subscription's <c>clientState</c> is derived; 32 to 256 characters, random.</summary>
    [StringLength(256, MinimumLength = 32)]
    public string? ClientState { get; set; }

    /// <summary>The secret before a change; counts as long as it is set.</summary>
    [StringLength(256, MinimumLength = 32)]
    public string? PreviousClientState { get; set; }

    /// <summary>The mailboxes, by a short name of your choice: lower-case letters, digits and dashes, at most 40.</summary>
    public Dictionary<string, Mailbox> Mailboxes { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Id of the directory (tenant). When set, only its notifications count.</summary>
    [StringLength(36)]
    public string? TenantId { get; set; }

    /// <summary>Application (client) id of the identity that subscribes: the audience of the tokens in rich notifications.</summary>
    [StringLength(100)]
    public string? AppId { get; set; }

    /// <summary><c>managedidentity</c>, or empty for the developer's own sign-in.</summary>
    [StringLength(40)]
    public string? Credential { get; set; }

    /// <summary>Client id of a user-assigned identity; empty for the system-assigned one.</summary>
    [StringLength(36)]
    public string? ClientId { get; set; }

    /// <summary>A fixed access token instead of a credential, for a simulated Graph on loopback only.</summary>
    [StringLength(4096)]
    public string? AccessToken { get; set; }

    /// <summary>Base address of Microsoft Graph, without a slash at the end.</summary>
    [Url]
    public string GraphUrl { get; set; } = "https://graph.microsoft.com/v1.0";

    /// <summary>The OpenID configuration that names Entra's signing keys.</summary>
    [Url]
    public string OpenIdUrl { get; set; } = EntraKeys.Configuration.ToString();

    /// <summary>Whether subscriptions ask for rich notifications, whose sender is proven by a token. They live for a day instead of a
    /// week.</summary>
    public bool Rich { get; set; }

    /// <summary>The name under which Graph knows the encryption certificate of rich notifications; at most 128 characters.</summary>
    [StringLength(128)]
    public string? CertificateId { get; set; }

    /// <summary>Certificate and private key of rich notifications, both as PEM, one after the other.</summary>
    [StringLength(32_768)]
    public string? Certificate { get; set; }

    /// <summary>The name of the certificate before a change.</summary>
    [StringLength(128)]
    public string? PreviousCertificateId { get; set; }

    /// <summary>The certificate and key before a change; counts as long as it is set.</summary>
    [StringLength(32_768)]
    public string? PreviousCertificate { get; set; }

    /// <summary>Interval of reconciliation of each folder, in minutes.</summary>
    [Range(5, 1440)]
    public int LookMinutes { get; set; } = 60;

    internal SecretPair ClientStates => new(ClientState, PreviousClientState);

    /// <summary>The mailbox with this address, in any case.</summary>
    internal Mailbox? MailboxOf(string address) =>
        Mailboxes.Values.FirstOrDefault(m => m.Address.Equals(address, StringComparison.OrdinalIgnoreCase));
}

/// <summary>One mailbox; section <c>Channels:Email:Mailboxes:{name}</c>.</summary>
public sealed class Mailbox
{
    /// <summary>The folder whose messages are our own people's.</summary>
    internal const string Sent = "sentitems";

    private const string DefaultFolders = "inbox,sentitems";

    /// <summary>Its address (user principal name), also of a shared mailbox.</summary>
    public string Address { get; set; } = "";

    /// <summary>Folders to watch, separated by commas: Graph's well-known names (<c>inbox</c>, <c>sentitems</c>) or folder ids.</summary>
    public string Folders { get; set; } = DefaultFolders;

    internal IEnumerable<string> Watched =>
        Folders.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Distinct(StringComparer.Ordinal);
}

/// <summary>Holds the settings to the bounds of their attributes.</summary>
[OptionsValidator]
public sealed partial class EmailOptionsValidator : IValidateOptions<EmailOptions>;
