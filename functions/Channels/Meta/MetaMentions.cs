using System.Text.Json;

namespace Serverless.Channels.Meta;

/// <content>A mention on Instagram has ids only; its text is fetched.</content>
/// <remarks>
/// https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/mentioned_comment,
/// https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/mentioned_media
/// </remarks>
public sealed partial class MetaChannel : IFetchesContent
{
    public async Task<FetchedContent> FetchAsync(string resource, CancellationToken ct)
    {
        if (MetaMention.Parse(resource) is not { } mention) return new FetchedContent.Gone("no-mention");
        var wanted = mention.Comment is { } comment
            ? $"mentioned_comment.comment_id({comment}){{id,text,timestamp}}"
            : $"mentioned_media.media_id({mention.Media}){{id,caption,timestamp,username,media_type,media_url}}";
        using var answer = await MetaCalls.SendAsync(calls, options.CurrentValue, mention.Account, HttpMethod.Get,
            $"{Uri.EscapeDataString(mention.Account)}?fields={Uri.EscapeDataString(wanted)}", null, ct);
        if (answer.Succeeded) return new FetchedContent.Document(answer.Raw.Body);
        // Taken back, or comments are switched off there: that we were named stays true, and a person can look.
        return answer.Error is 24 or 100
            ? new FetchedContent.Document("{}"u8.ToArray()) : new FetchedContent.Later(answer.Reason, answer.Raw.RetryAfter);
    }

    public Parsed Read(Delivery delivery, string resource, ReadOnlyMemory<byte> document)
    {
        var mention = MetaMention.Parse(resource) ?? throw new JsonException("This is no mention.");
        using var pointed = JsonDocument.Parse(delivery.Body);
        using var said = JsonDocument.Parse(document);
        foreach (var entry in pointed.RootElement.Get("entry"u8).Items())
            if (entry.Get("id"u8).AsId() == mention.Account)
                return InstagramPayload.Mentioned(new MetaOrigin(MetaObject.Instagram, entry, delivery.ReceivedAt), mention,
                    said.RootElement);
        throw new JsonException("The delivery does not speak of this account.");
    }
}

/// <summary>Where we were named on Instagram.</summary>
/// <param name="Account">Our account.</param>
/// <param name="Media">A picture or film.</param>
/// <param name="Comment">The comment on it; null when its caption names us.</param>
internal sealed record MetaMention(string Account, string? Media, string? Comment)
{
    /// <summary>Meta's ids are digits: nothing else goes into a field list.</summary>
    public bool CanBeAsked => IsId(Account) && (Comment is null ? IsId(Media) : IsId(Comment) && (Media is null || IsId(Media)));

    public string Resource => $"mention/{Account}/{Media}/{Comment}";

    public static MetaMention? Parse(string resource) =>
        resource.Split('/') is ["mention", var account, var media, var comment]
        && new MetaMention(account, NullIfEmpty(media), NullIfEmpty(comment)) is { CanBeAsked: true } mention ? mention : null;

    private static bool IsId(string? text) => text is { Length: > 0 and <= 32 } && text.All(char.IsAsciiDigit);

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}
