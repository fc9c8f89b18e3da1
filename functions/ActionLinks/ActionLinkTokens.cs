using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;
using Serverless.Channels;
using Serverless.Platform.Json;
using Serverless.Platform.Signatures;

namespace Serverless.ActionLinks;

/// <summary>Action of a link.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<LinkAction>))]
public enum LinkAction
{
    [JsonStringEnumMemberName("accept")] Accept,
    [JsonStringEnumMemberName("hand-over")] HandOver,
    [JsonStringEnumMemberName("done")] Done,

    /// <summary>Shows the case; changes nothing, however often.</summary>
    [JsonStringEnumMemberName("view")] View,

    /// <summary>Sends the customer an answer, once.</summary>
    [JsonStringEnumMemberName("answer")] Answer,

    /// <summary>Lists the cases of an incident; changes nothing.</summary>
    [JsonStringEnumMemberName("incident")] Incident,
}

/// <summary>Content of a link.</summary>
/// <param name="CaseId">The case.</param>
/// <param name="Action">Its action.</param>
/// <param name="Who">Recipient of the notification: the person or team that acts.</param>
/// <param name="Cause">The event it came with, so that each notification's links are used up on their own; of an incident, its key.</param>
/// <param name="ContactId">The contact that is answered; null for the latest of the customer.</param>
public sealed record ActionLink(string CaseId, LinkAction Action, string Who, string Cause, string? ContactId = null);

/// <summary>A validly signed link.</summary>
/// <param name="Link">Its content.</param>
/// <param name="ExpiresAt">When it ends (UTC).</param>
/// <param name="Expired">True when it is over.</param>
public sealed record OpenedLink(ActionLink Link, DateTimeOffset ExpiresAt, bool Expired);

/// <summary>Creates and verifies the links of notifications.</summary>
public sealed class ActionLinkTokens(IOptionsMonitor<LinksOptions> options, IOptionsMonitor<HooksOptions> hooks, TimeProvider time)
{
    private const string Purpose = "act on a case";

    /// <summary>True when links can be made.</summary>
    public bool Works => options.CurrentValue.Secret is { Length: > 0 } && hooks.CurrentValue.PublicBaseUrl is { Length: > 0 };

    /// <summary>The address of a link; null without <c>Links__Secret</c> or <c>Hooks__PublicBaseUrl</c>.</summary>
    /// <param name="link">Its content.</param>
    /// <param name="until">When it ends; null: after <c>Links__ValidHours</c>. A link on the page of another one ends with that.</param>
    public Uri? AddressOf(ActionLink link, DateTimeOffset? until = null)
    {
        if (options.CurrentValue is not { Secret: { Length: > 0 } secret } current) return null;
        if (hooks.CurrentValue.PublicBaseUrl is not { Length: > 0 } world) return null;
        var content = JsonSerializer.Serialize(link, LinkJson.Default.ActionLink);
        var token = SignedLink.Make(secret, Purpose, content, until ?? time.GetUtcNow().AddHours(current.ValidHours));
        return token.Length > SignedLink.MostCharacters ? null : new Uri($"{world.TrimEnd('/')}/api/links/{token}");
    }

    /// <summary>Content of a token; null when it is not validly signed.</summary>
    public OpenedLink? Open(string token)
    {
        var secrets = new SecretPair(options.CurrentValue.Secret, options.CurrentValue.PreviousSecret);
        var opened = SignedLink.Open(secrets, Purpose, token, time.GetUtcNow());
        return opened.Content is { } content && JsonSerializer.Deserialize(content, LinkJson.Default.ActionLink) is { } link
            ? new OpenedLink(link, opened.ExpiresAt, opened.Expired)
            : null;
    }

    /// <summary>Sentences for missing settings, each naming the setting.</summary>
    public IEnumerable<string> Problems()
    {
        if (string.IsNullOrEmpty(options.CurrentValue.Secret))
            yield return "Links__Secret is missing: cards and mails carry no links to act by.";
        if (string.IsNullOrEmpty(hooks.CurrentValue.PublicBaseUrl))
            yield return "Hooks__PublicBaseUrl is missing: cards and mails carry no links to act by.";
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ActionLink))]
internal sealed partial class LinkJson : JsonSerializerContext
{
    static LinkJson() => Default = new(PlainJson.Of(Default));
}
