using System.Text.Json;
using Serverless.Contacts;

namespace Serverless.Channels.X;

/// <summary>Reads a post as the Account Activity API writes it. https://docs.x.com/x-api/account-activity/introduction</summary>
internal static class OlderPost
{
    public static XPost? Of(JsonElement post, XSender teller)
    {
        // A number past 2^53 is rounded on its way (X's own sample shows it), so the text form counts.
        if (Id(post, "id_str"u8, "id"u8) is not { } id) return null;
        var user = post.Get("user"u8);
        // A long post is cut to 140 characters; the whole text lies beside it.
        var whole = post.Get("extended_tweet"u8);
        var source = whole.IsObject() ? whole : post;
        var repliesToUser = Id(post, "in_reply_to_user_id_str"u8, "in_reply_to_user_id"u8);
        var quoted = post.Get("quoted_status"u8);
        var at = post.Get("timestamp_ms"u8);
        return new XPost
        {
            Id = id,
            FirstId = Id(post.Get("edit_history"u8), "initial_tweet_id"u8, "initial_tweet_id"u8) ?? id,
            Author = Id(user, "id_str"u8, "id"u8),
            AuthorName = user.Get("name"u8).AsText(),
            AuthorHandle = user.Get("screen_name"u8).AsText(),
            Text = XText.Plain(whole.Get("full_text"u8).AsText() ?? post.Get("full_text"u8).AsText() ?? post.Get("text"u8).AsText()),
            Language = post.Get("lang"u8).AsText(),
            At = at.ValueKind is JsonValueKind.Undefined ? teller.Time(post.Get("created_at"u8)) : teller.Milliseconds(at),
            RepliesTo = Id(post, "in_reply_to_status_id_str"u8, "in_reply_to_status_id"u8),
            RepliesToUser = repliesToUser,
            IsRepost = post.Get("retweeted_status"u8).IsObject(),
            Quotes = Id(post, "quoted_status_id_str"u8, "quoted_status_id"u8),
            IsToUs = repliesToUser == teller.Account || Id(quoted.Get("user"u8), "id_str"u8, "id"u8) == teller.Account
            || Names(source, teller.Account),
            Media = Media(source.Get("extended_entities"u8)),
        };
    }

    private static string? Id(JsonElement parent, ReadOnlySpan<byte> text, ReadOnlySpan<byte> number) =>
        parent.Get(text).AsId() ?? parent.Get(number).AsId();

    private static bool Names(JsonElement post, string account)
    {
        foreach (var mention in post.Get("entities"u8).Get("user_mentions"u8).Items())
        {
            if (Id(mention, "id_str"u8, "id"u8) == account) return true;
        }

        return false;
    }

    private static List<Attachment>? Media(JsonElement entities)
    {
        List<Attachment>? media = null;
        foreach (var item in entities.Get("media"u8).Items())
        {
            var variants = item.Get("video_info"u8).Get("variants"u8);
            if ((XText.BestVideo(variants) ?? item.Get("media_url_https"u8).AsText()) is { } url)
                (media ??= []).Add(new(url, item.Get("type"u8).AsText()));
        }

        return media;
    }
}
