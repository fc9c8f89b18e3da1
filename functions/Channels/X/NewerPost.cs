using System.Text.Json;
using Serverless.Contacts;

namespace Serverless.Channels.X;

/// <summary>
/// Parses a post of the X Activity API or of reconciliation. X is renaming "tweet" to "post" in its fields; both names are read.
/// https://docs.x.com/x-api/activity/event-payloads
/// </summary>
internal static class NewerPost
{
    /// <param name="post">The post.</param>
    /// <param name="includes">People, posts and media it refers to.</param>
    /// <param name="teller">Whose account it is about.</param>
    /// <param name="addressed">True where X says itself that it names, answers or quotes our account.</param>
    public static XPost? Of(JsonElement post, JsonElement includes, XSender teller, bool addressed)
    {
        if (post.Get("id"u8).AsId() is not { } id) return null;
        var author = post.Get("author_id"u8).AsId();
        var user = User(includes, author);
        string? repliesTo = post.Get("in_reply_to_tweet_id"u8).AsId() ?? post.Get("in_reply_to_post_id"u8).AsId(), quotes = null;
        var repost = false;
        foreach (var other in Either(post, "referenced_tweets"u8, "referenced_posts"u8).Items())
        {
            var type = other.Get("type"u8);
            if (type.Is("replied_to"u8)) repliesTo ??= other.Get("id"u8).AsId();
            else if (type.Is("quoted"u8)) quotes = other.Get("id"u8).AsId();
            else if (type.Is("retweeted"u8)) repost = true;
        }

        return new XPost
        {
            Id = id,
            FirstId = First(Either(post, "edit_history_tweet_ids"u8, "edit_history_post_ids"u8)) ?? id,
            Author = author,
            AuthorName = user.Get("name"u8).AsText(),
            AuthorHandle = user.Get("username"u8).AsText(),
            // A long post is cut in "text" and whole in the note.
            Text = XText.Plain(Either(post, "note_tweet"u8, "note_post"u8).Get("text"u8).AsText() ?? post.Get("text"u8).AsText()),
            Language = post.Get("lang"u8).AsText(),
            At = teller.Time(post.Get("created_at"u8)),
            RepliesTo = repliesTo,
            RepliesToUser = post.Get("in_reply_to_user_id"u8).AsId(),
            IsRepost = repost,
            Quotes = quotes,
            IsToUs = addressed,
            Conversation = post.Get("conversation_id"u8).AsId(),
            Media = Media(post.Get("attachments"u8).Get("media_keys"u8), includes),
        };
    }

    /// <summary>A person among those a delivery includes; some events wrap each in <c>data</c>.</summary>
    public static JsonElement User(JsonElement includes, string? id)
    {
        if (id is null) return default;
        foreach (var item in includes.Get("users"u8).Items())
        {
            var user = item.Get("data"u8) is { ValueKind: JsonValueKind.Object } inner ? inner : item;
            if (user.Get("id"u8).AsId() == id) return user;
        }

        return default;
    }

    /// <summary>Addresses of included media by their keys.</summary>
    public static List<Attachment>? Media(JsonElement keys, JsonElement includes)
    {
        List<Attachment>? media = null;
        foreach (var key in keys.Items())
        {
            foreach (var item in includes.Get("media"u8).Items())
            {
                if (key.AsId() is not { } wanted || item.Get("media_key"u8).AsId() != wanted) continue;
                var url = XText.BestVideo(item.Get("variants"u8)) ?? item.Get("url"u8).AsText() ?? item.Get("preview_image_url"u8).AsText();
                if (url is not null) (media ??= []).Add(new(url, item.Get("type"u8).AsText()));
            }
        }

        return media;
    }

    private static JsonElement Either(JsonElement parent, ReadOnlySpan<byte> name, ReadOnlySpan<byte> other) =>
        parent.Get(name) is { ValueKind: not JsonValueKind.Undefined } value ? value : parent.Get(other);

    private static string? First(JsonElement ids)
    {
        foreach (var id in ids.Items()) return id.AsId();
        return null;
    }
}
