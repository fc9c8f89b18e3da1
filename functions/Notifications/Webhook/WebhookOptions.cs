using Microsoft.Extensions.Options;
using Serverless.Notifications.Subscriptions;
using Serverless.Platform.Signatures;

namespace Serverless.Notifications.Webhook;

/// <summary>Subscribers by signed webhook; section <c>Webhook</c>.</summary>
public sealed class WebhookOptions
{
    /// <summary>Subscribers by a name of your choice (letters, digits, <c>-</c> and <c>_</c>, at most 50), e.g.
    /// <c>Webhook__Subscribers__crm__Url</c>.</summary>
    public Dictionary<string, WebhookSubscriber> Subscribers { get; set; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Complete entries of <see cref="Subscribers"/>.</summary>
    internal IEnumerable<Subscription> Named() =>
        Subscribers.Where(s => NotificationTarget.IsName(s.Key)).Select(s => s.Value.Named(s.Key));

    /// <summary>A long random text, 32 to 256 characters: the secrets of subscriptions made by the API are derived from it, so that storage
    /// holds none. Without it none can be made.</summary>
    public string? MasterSecret { get; set; }

    /// <summary>The one before it: subscriptions made under it sign with what it gives until they are rotated.</summary>
    public string? PreviousMasterSecret { get; set; }

    internal SecretPair Masters => new(MasterSecret, PreviousMasterSecret);

    /// <summary>Seconds a subscriber may take to answer, 1 to 60. Standard Webhooks proposes 15 to 30.</summary>
    public double TimeoutSeconds { get; set; } = 20;
}

/// <summary>One subscriber.</summary>
public sealed class WebhookSubscriber
{
    /// <summary>https address to post to (http on loopback only on a developer's machine).</summary>
    public string? Url { get; set; }

    /// <summary>Signs every call: <c>whsec_</c> and base64 of 24 to 64 bytes.</summary>
    public string? Secret { get; set; }

    /// <summary>Signs beside <see cref="Secret"/> while it is rotated.</summary>
    public string? PreviousSecret { get; set; }

    /// <summary>Event types, separated by commas; <c>*</c> at the end matches any ending. Default: all.</summary>
    public string Events { get; set; } = "*";

    /// <summary>Personal fields it needs, separated by commas: <c>text</c>, <c>parties</c>, <c>attachments</c>, <c>reply</c>, <c>entry</c>.
    /// Default: none (P12).</summary>
    public string Include { get; set; } = "";

    /// <summary>As a subscription; one whose name cannot be a target's is none.</summary>
    public Subscription Named(string name) =>
        new() { Name = name, Url = Url, Types = Events, Include = Include, Secret = Secret, PreviousSecret = PreviousSecret };
}

/// <summary>Bounds, with the setting's name in the sentence.</summary>
public sealed class WebhookOptionsValidator : IValidateOptions<WebhookOptions>
{
    public ValidateOptionsResult Validate(string? name, WebhookOptions options) =>
        !IsMaster(options.MasterSecret) ? ValidateOptionsResult.Fail("Webhook__MasterSecret must have 32 to 256 characters.")
        : !IsMaster(options.PreviousMasterSecret)
        ? ValidateOptionsResult.Fail("Webhook__PreviousMasterSecret must have 32 to 256 characters.")
        : options.TimeoutSeconds is >= 1 and <= 60
        ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail("Webhook__TimeoutSeconds must be a number from 1 to 60.");

    private static bool IsMaster(string? secret) => string.IsNullOrEmpty(secret) || secret.Length is >= 32 and <= 256;
}
