using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;
using Serverless.Channels;
using Serverless.Signing;

namespace Serverless.Links;

/// <summary>What a person may do by a link.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<LinkAction>))]
public enum LinkAction
{
    [JsonStringEnumMemberName("accept")] Accept,
    [JsonStringEnumMemberName("hand-over")] HandOver,
    [JsonStringEnumMemberName("done")] Done,
}

/// <summary>What a link is for.</summary>
/// <param name="CaseId">The case.</param>
/// <param name="Action">What it does.</param>
/// <param name="Who">Who does it: the person or team the notification went to.</param>
/// <param name="Cause">The event it came with, so that each notification's links are used up on their own.</param>
public sealed record ActionLink(string CaseId, LinkAction Action, string Who, string Cause);

/// <summary>Makes links for notifications, and opens them again.</summary>
public sealed class ActionLinks(IOptionsMonitor<LinksOptions> options, IOptionsMonitor<HooksOptions> hooks, TimeProvider time)
{
    private const string Purpose = "act on a case";

    /// <summary>The address of a link; null without <c>Links__Secret</c> or <c>Hooks__PublicBaseUrl</c>.</summary>
    public Uri? AddressOf(ActionLink link)
    {
        if (options.CurrentValue is not { Secret: { Length: > 0 } secret } current || hooks.CurrentValue.PublicBaseUrl is not { Length: > 0 } world) return null;
        var content = JsonSerializer.Serialize(link, LinkJson.Default.ActionLink);
        var token = SignedLink.Make(secret, Purpose, content, time.GetUtcNow().AddHours(current.ValidHours));
        return token.Length > SignedLink.MostCharacters ? null : new Uri($"{world.TrimEnd('/')}/api/links/{token}");
    }

    /// <summary>What a token is for; null when it is none of ours.</summary>
    public (ActionLink Link, bool Expired)? Open(string token)
    {
        var opened = SignedLink.Open(new SecretPair(options.CurrentValue.Secret, options.CurrentValue.PreviousSecret), Purpose, token, time.GetUtcNow());
        return opened.Content is { } content && JsonSerializer.Deserialize(content, LinkJson.Default.ActionLink) is { } link ? (link, opened.Expired) : null;
    }

    /// <summary>Sentences for what is missing, each naming the setting.</summary>
    public IEnumerable<string> Problems()
    {
        if (string.IsNullOrEmpty(options.CurrentValue.Secret)) yield return "Links__Secret is missing: cards and mails carry no links to act by.";
        if (string.IsNullOrEmpty(hooks.CurrentValue.PublicBaseUrl)) yield return "Hooks__PublicBaseUrl is missing: cards and mails carry no links to act by.";
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ActionLink))]
internal sealed partial class LinkJson : JsonSerializerContext;
