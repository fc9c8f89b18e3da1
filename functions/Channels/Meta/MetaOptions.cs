using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using Serverless.Platform.Signatures;

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

    /// <summary>Further apps that call the same address, by a name of your choice (say, one app for WhatsApp and one for the
    /// page).</summary>
    public Dictionary<string, MetaApp> Apps { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Id of the Meta app; with it and the App Secret upkeep asks where webhooks lead and how long tokens live. At most 64
    /// characters.</summary>
    [StringLength(64)]
    public string? AppId { get; set; }

    /// <summary>
    /// Token of a system user, for replies, attachments, reconciliation and upkeep of every account without a token of its own. At most
    /// 1,024 characters.
    /// </summary>
    [StringLength(1024)]
    public string? AccessToken { get; set; }

    /// <summary>The token before a change; tried when the one in force is refused.</summary>
    [StringLength(1024)]
    public string? PreviousAccessToken { get; set; }

    /// <summary>Pages, Instagram accounts and WhatsApp business accounts or phone numbers, by id.</summary>
    public Dictionary<string, MetaAccount> Accounts { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether the feature Human Agent is approved for the app: then a person may answer Messenger and Instagram for seven days
    /// instead of 24 hours.</summary>
    public bool HumanAgent { get; set; }

    /// <summary>Minutes between two reconciliations of feed, media and messages of an account; 0 switches them off.</summary>
    [Range(0, 24 * 60)]
    public int LookMinutes { get; set; } = 15;

    /// <summary>Where the Graph API is, with its version.</summary>
    [Url]
    public string ApiUrl { get; set; } = "https://graph.facebook.com/v23.0";

    /// <summary>Where the API for Instagram Login is, with its version.</summary>
    [Url]
    public string InstagramApiUrl { get; set; } = "https://graph.instagram.com/v23.0";

    /// <summary>Tokens for an account, the one in force first; empty when there is none.</summary>
    internal IReadOnlyList<string> TokensOf(string account)
    {
        var own = Accounts.GetValueOrDefault(account);
        string?[] all = string.IsNullOrEmpty(own?.AccessToken)
            ? [AccessToken, PreviousAccessToken] : [own.AccessToken, own.PreviousAccessToken];
        return [.. all.OfType<string>().Where(t => t.Length > 0)];
    }

    internal bool IsInstagramLogin(string account) => Accounts.GetValueOrDefault(account)?.Kind == MetaAccountKind.InstagramLogin;

    // The API for Instagram Login sends tags, not mentions.
    internal bool CanReadMentions(string account) => !IsInstagramLogin(account) && TokensOf(account).Count > 0;

    internal string BaseOf(string account) => IsInstagramLogin(account) ? InstagramApiUrl : ApiUrl;

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

/// <summary>An account at Meta; section <c>Channels:Meta:Accounts:{id}</c>.</summary>
public sealed class MetaAccount
{
    /// <summary>What it is; null for an id that only needs a token (a WhatsApp phone number id).</summary>
    public MetaAccountKind? Kind { get; set; }

    /// <summary>Its own token: a page needs a page token.</summary>
    public string? AccessToken { get; set; }

    /// <summary>The token before a change.</summary>
    public string? PreviousAccessToken { get; set; }
}

/// <summary>Kinds of accounts.</summary>
public enum MetaAccountKind
{
    Page,

    /// <summary>Connected to a page (Facebook Login).</summary>
    Instagram,

    /// <summary>With Instagram Login: its API has an address of its own.</summary>
    InstagramLogin,

    /// <summary>WhatsApp business account, not a phone number.</summary>
    WhatsApp,
}

/// <summary>Holds the settings to the bounds of their attributes.</summary>
[OptionsValidator]
public sealed partial class MetaOptionsValidator : IValidateOptions<MetaOptions>;
