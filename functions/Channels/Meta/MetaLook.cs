using System.Globalization;
using System.Text.Json;

namespace Serverless.Channels.Meta;

/// <content>Asks a page for what was written under it; newest first, as it lists it.</content>
/// <remarks>https://developers.facebook.com/docs/graph-api/reference/page/feed</remarks>
public sealed partial class MetaChannel : ILooksAgain
{
    private const string FeedFields = "id,from,message,created_time,comments.limit(100).order(reverse_chronological).filter(stream){id,from,message,created_time,parent{id}}";

    // A comment of today under a post of last week is found; one under an older post is not.
    private static readonly TimeSpan Reach = TimeSpan.FromDays(30);

    public IReadOnlyList<LookSource> Sources
    {
        get
        {
            var current = options.CurrentValue;
            if (!current.Enabled || current.LookMinutes == 0) return [];
            return [.. current.Accounts.Where(a => a.Value.Kind == MetaAccountKind.Page && current.TokensOf(a.Key).Count > 0).Select(a => new LookSource($"feed {a.Key}", TimeSpan.FromMinutes(current.LookMinutes)))];
        }
    }

    public IReadOnlyList<string> Blind { get; } =
    [
        "WhatsApp: the Cloud API keeps no messages that could be asked for; Meta calls again for seven days.",
        "Messenger and Instagram messages: not looked at again; Meta calls again for 36 hours.",
        "Comments under posts older than 30 days, and beyond the newest 100 of a post, are not looked at again.",
    ];

    public async Task<Looked> LookAsync(string source, LookFrom from, CancellationToken ct)
    {
        if (source.Split(' ') is not ["feed", var page]) return new Looked.Restart();
        var since = from.Since > time.GetUtcNow() - Reach ? from.Since : time.GetUtcNow() - Reach;
        var path = $"{Uri.EscapeDataString(page)}/feed?fields={Uri.EscapeDataString(FeedFields)}&limit=25&since={since.ToUnixTimeSeconds()}";
        if (from.Cursor is { Length: > 0 } after) path += $"&after={Uri.EscapeDataString(after)}";
        using var answer = await MetaCalls.SendAsync(calls, options.CurrentValue, page, HttpMethod.Get, path, null, ct);
        if (answer.Error == 100 && from.Cursor is { Length: > 0 }) return new Looked.Restart();
        if (!answer.Succeeded) return new Looked.Later(answer.Reason, answer.Raw.RetryAfter);
        List<Held> held = [];
        foreach (var post in answer.Json.Get("data"u8).Items())
        {
            Add(held, page, post, null, from.Since);
            foreach (var comment in post.Get("comments"u8).Get("data"u8).Items()) Add(held, page, comment, post.Get("id"u8).AsId(), from.Since);
        }

        var paging = answer.Json.Get("paging"u8);
        var more = paging.Has("next"u8) ? paging.Get("cursors"u8).Get("after"u8).AsText() : null;
        return new Looked.Page(held, more ?? "", more is not null);
    }

    // As the webhook writes it, so that one reader gives one contact the same ids.
    private static void Add(List<Held> held, string page, JsonElement item, string? post, DateTimeOffset since)
    {
        if (item.Get("id"u8).AsId() is not { } id || !DateTimeOffset.TryParse(item.Get("created_time"u8).AsText(), CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out var at) || at < since) return;
        // Our own posts are no contacts.
        if (post is null && item.Get("from"u8).Get("id"u8).AsId() == page) return;
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("object", "page");
            json.WriteStartArray("entry");
            json.WriteStartObject();
            json.WriteString("id", page);
            json.WriteNumber("time", at.ToUnixTimeSeconds());
            json.WriteStartArray("changes");
            json.WriteStartObject();
            json.WriteString("field", "feed");
            json.WriteStartObject("value");
            json.WriteString("item", post is null ? "status" : "comment");
            json.WriteString("verb", "add");
            json.WriteString("post_id", post ?? id);
            if (post is not null)
            {
                json.WriteString("comment_id", id);
                json.WriteString("parent_id", item.Get("parent"u8).Get("id"u8).AsId() ?? post);
            }

            json.WriteNumber("created_time", at.ToUnixTimeSeconds());
            foreach (var name in new[] { "from", "message" })
            {
                if (!item.TryGetProperty(name, out var value)) continue;
                json.WritePropertyName(name);
                value.WriteTo(json);
            }

            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }

        held.Add(new Held("feed", buffer.ToArray()));
    }
}
