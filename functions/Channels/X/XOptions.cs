using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using Serverless.Platform.Signatures;

namespace Serverless.Channels.X;

/// <summary>Settings of the X channel; section <c>Channels:X</c>.</summary>
public sealed class XOptions
{
    /// <summary>Off until configured.</summary>
    public bool Enabled { get; set; }

    /// <summary>What happens to calls that fail the check.</summary>
    public VerificationMode Mode { get; set; } = VerificationMode.Auto;

    /// <summary>Verify, store, answer 2xx, work later.</summary>
    public bool Paused { get; set; }

    /// <summary>Consumer secret ("API key secret") of the X app; signs handshakes, deliveries and our own calls. At most 256
    /// characters.</summary>
    [StringLength(256)]
    public string? ConsumerSecret { get; set; }

    /// <summary>The consumer secret before it was regenerated; deliveries signed with it count as long as it is set. Handshakes are always
    /// answered with the current one.</summary>
    [StringLength(256)]
    public string? PreviousConsumerSecret { get; set; }

    /// <summary>Consumer key ("API key") of the X app; needed to call X (replies, reconciliation, subscriptions).</summary>
    [StringLength(256)]
    public string? ConsumerKey { get; set; }

    /// <summary>The app's bearer token; needed to look after the webhook and its subscriptions.</summary>
    [StringLength(512)]
    public string? BearerToken { get; set; }

    /// <summary>Our accounts by their numeric user id (Account settings do not show it; <c>GET /2/users/me</c> does).</summary>
    public Dictionary<string, XAccount> Accounts { get; set; } = new(StringComparer.Ordinal);

    /// <summary>Which product of X upkeep subscribes our accounts to.</summary>
    public XProduct Product { get; set; } = XProduct.Activity;

    /// <summary>
    /// Interval of reconciliation of mentions and direct messages, in minutes, 0 to 1440; 0 switches it off. X bills each request.
    /// </summary>
    [Range(0, 1440)]
    public int LookMinutes { get; set; } = 15;

    /// <summary>Base address of X's API.</summary>
    [Url]
    public string ApiUrl { get; set; } = "https://api.x.com";

    internal SecretPair ConsumerSecrets => new(ConsumerSecret, PreviousConsumerSecret);
}

/// <summary>One account of ours; section <c>Channels:X:Accounts:{user id}</c>.</summary>
public sealed class XAccount
{
    /// <summary>OAuth 1.0a access token of the account for our app; it does not expire.</summary>
    public string? AccessToken { get; set; }

    /// <summary>The secret that belongs to the access token.</summary>
    public string? AccessTokenSecret { get; set; }

    /// <summary>Whether the account may write long posts (25,000 characters instead of 280).</summary>
    public bool LongPosts { get; set; }
}

/// <summary>The two products by which X reports an account's activity.</summary>
public enum XProduct
{
    /// <summary>X Activity API: one subscription for each kind of event.</summary>
    Activity,

    /// <summary>Account Activity API: one subscription for an account; deprecated by X.</summary>
    AccountActivity,
}

/// <summary>Holds the settings to the bounds of their attributes.</summary>
[OptionsValidator]
public sealed partial class XOptionsValidator : IValidateOptions<XOptions>;
