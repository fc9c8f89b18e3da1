using Microsoft.Extensions.Options;

namespace Serverless.Notices.Webhook;

/// <summary>Who is told by signed webhook; section <c>Webhook</c>.</summary>
public sealed class WebhookOptions
{
    /// <summary>Subscribers by a name of your choice (letters, digits, <c>-</c> and <c>_</c>, at most 50), e.g. <c>Webhook__Subscribers__crm__Url</c>.</summary>
    public Dictionary<string, WebhookSubscriber> Subscribers { get; set; } = new(StringComparer.OrdinalIgnoreCase);

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

    /// <summary>Event types it wants, separated by commas; <c>*</c> at the end stands for any ending. Default: all.</summary>
    public string Events { get; set; } = "*";

    /// <summary>Personal fields it needs, separated by commas: <c>text</c>, <c>parties</c>, <c>attachments</c>, <c>reply</c>, <c>entry</c>. Default: none (P12).</summary>
    public string Include { get; set; } = "";

    /// <summary><see cref="Include"/> as a list.</summary>
    public string[] Fields => Include.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>True when it wants events of this type.</summary>
    public bool Wants(string type)
    {
        foreach (var part in Events.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (part is [.. var start, '*'] ? type.StartsWith(start, StringComparison.Ordinal) : part == type) return true;
        }

        return false;
    }
}

/// <summary>Bounds, with the setting's name in the sentence.</summary>
public sealed class WebhookOptionsValidator : IValidateOptions<WebhookOptions>
{
    public ValidateOptionsResult Validate(string? name, WebhookOptions options) =>
        options.TimeoutSeconds is >= 1 and <= 60 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail("Webhook__TimeoutSeconds must be a number from 1 to 60.");
}
