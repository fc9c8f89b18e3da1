using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Serverless.Platform.Json;

namespace Serverless.Channels.Meta;

/// <summary>Writes what Meta lists as its webhook would have written it, so that one reader gives one contact the same ids.</summary>
internal static class MetaRecords
{
    /// <summary>A post on a page, unless it is our own, and the comments under it.</summary>
    public static IEnumerable<ProviderRecord> OfPost(string page, JsonElement post, DateTimeOffset since)
    {
        if (post.Get("id"u8).AsId() is not { } id) yield break;
        if (post.Get("from"u8).Get("id"u8).AsId() != page && TimeOf(post, "created_time"u8) is var posted && posted >= since)
            yield return Feed(page, post, posted, new JsonObject { ["item"] = "status", ["post_id"] = id });
        foreach (var comment in post.Get("comments"u8).Get("data"u8).Items())
        {
            if (comment.Get("id"u8).AsId() is not { } commentId || TimeOf(comment, "created_time"u8) is var at && at < since) continue;
            yield return Feed(page, comment, at,
                new JsonObject { ["item"] = "comment", ["post_id"] = id, ["comment_id"] = commentId, ["parent_id"] = comment.Get("parent"u8)
                    .Get("id"u8).AsId() ?? id });
        }
    }

    /// <summary>The comments under one of our media and the replies to them.</summary>
    public static IEnumerable<ProviderRecord> OfMedium(string account, JsonElement medium, DateTimeOffset since)
    {
        var media = medium.Get("id"u8).AsId();
        foreach (var comment in medium.Get("comments"u8).Get("data"u8).Items())
        {
            if (Comment(account, media, comment, null, since) is { } held) yield return held;
            foreach (var reply in comment.Get("replies"u8).Get("data"u8).Items())
                if (Comment(account, media, reply, comment.Get("id"u8).AsId(), since) is { } answer) yield return answer;
        }
    }

    /// <summary>The messages of one conversation.</summary>
    /// <param name="about"><c>page</c> for Messenger, <c>instagram</c>.</param>
    /// <param name="account">Page or Instagram account.</param>
    /// <param name="conversation">As listed.</param>
    /// <param name="since">Nothing older.</param>
    public static IEnumerable<ProviderRecord> OfConversation(string about, string account, JsonElement conversation, DateTimeOffset since)
    {
        foreach (var message in conversation.Get("messages"u8).Get("data"u8).Items())
        {
            if (message.Get("id"u8).AsId() is not { } id || TimeOf(message, "created_time"u8) is var at && at < since) continue;
            var from = message.Get("from"u8).Get("id"u8).AsId();
            JsonArray files = [.. message.Get("attachments"u8).Get("data"u8).Items().Select(File)];
            var said = new JsonObject { ["mid"] = id, ["text"] = message.Get("message"u8).AsText() is { Length: > 0 } text
                ? text : null, ["is_echo"] = from == account, ["attachments"] = files };
            yield return Entry(about, account, at, "messaging", new JsonObject
            {
                ["sender"] = new JsonObject { ["id"] = from },
                ["recipient"] = new JsonObject { ["id"] = message.Get("to"u8).Get("data"u8).Items().Select(to => to.Get("id"u8).AsId())
                    .FirstOrDefault() },
                ["timestamp"] = at.ToUnixTimeMilliseconds(),
                ["message"] = said,
            });
        }
    }

    /// <summary>A time of Meta's; the beginning of time when there is none.</summary>
    public static DateTimeOffset TimeOf(JsonElement item, ReadOnlySpan<byte> name) =>
        DateTimeOffset.TryParse(item.Get(name).AsText(), CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out var at)
        ? at : default;

    private static ProviderRecord Feed(string page, JsonElement item, DateTimeOffset at, JsonObject value)
    {
        value["verb"] = "add";
        value["created_time"] = at.ToUnixTimeSeconds();
        Copy(item, value, "from", "message");
        return Entry("page", page, at, "changes", new JsonObject { ["field"] = "feed", ["value"] = value });
    }

    private static ProviderRecord? Comment(string account, string? media, JsonElement comment, string? parent, DateTimeOffset since)
    {
        var at = TimeOf(comment, "timestamp"u8);
        if (at < since || comment.Get("id"u8).AsId() is not { } id) return null;
        var value = new JsonObject { ["id"] = id, ["media"] = new JsonObject { ["id"] = media } };
        if (parent is not null) value["parent_id"] = parent;
        Copy(comment, value, "from", "text");
        return Entry("instagram", account, at, "changes", new JsonObject { ["field"] = "comments", ["value"] = value });
    }

    private static JsonObject File(JsonElement file)
    {
        var type = file.Get("mime_type"u8).AsText()?.Split('/')[0];
        var url = file.Get("image_data"u8).Get("url"u8).AsText() ?? file.Get("video_data"u8).Get("url"u8).AsText()
            ?? file.Get("file_url"u8).AsText();
        return new JsonObject
        {
            ["type"] = type is "image" or "video" or "audio"
            ? type : file.Has("image_data"u8) ? "image" : file.Has("video_data"u8) ? "video" : "file",
            ["payload"] = new JsonObject { ["url"] = url, ["title"] = file.Get("name"u8).AsText() },
        };
    }

    private static void Copy(JsonElement from, JsonObject to, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
            if (from.TryGetProperty(name, out var value)) to[name] = JsonNode.Parse(value.GetRawText());
    }

    private static ProviderRecord Entry(string about, string account, DateTimeOffset at, string list, JsonObject item) =>
        new(list, PlainJson.Bytes(new JsonObject
    {
        ["object"] = about,
        ["entry"] = new JsonArray(new JsonObject { ["id"] = account, ["time"] = at.ToUnixTimeSeconds(), [list] = new JsonArray(item) }),
    }));
}
