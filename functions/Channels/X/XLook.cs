using System.Globalization;
using System.Text.Json;
using Serverless.Platform.Json;

namespace Serverless.Channels.X;

/// <content>Reconciliation: mentions and direct messages of each account, newest first as X lists them, down to the last known
/// one.</content>
public sealed partial class XChannel : IReconciles
{
    private const string PostFields =
        "tweet.fields=attachments,author_id,conversation_id,created_at,edit_history_tweet_ids,entities,in_reply_to_user_id,lang,note_tweet,referenced_tweets,text"
        + "&expansions=author_id,attachments.media_keys&user.fields=name,username&media.fields=media_key,preview_image_url,type,url,variants";

    private const string MessageFields =
        "event_types=MessageCreate&dm_event.fields=attachments,created_at,dm_conversation_id,event_type,id,sender_id,text"
        + "&expansions=sender_id,attachments.media_keys&user.fields=name,username&media.fields=media_key,preview_image_url,type,url,variants";

    public IReadOnlyList<ReconciliationSource> Sources
    {
        get
        {
            var current = _options.CurrentValue;
            if (!current.Enabled || current.LookMinutes == 0) return [];
            var every = TimeSpan.FromMinutes(current.LookMinutes);
            return [.. current.Accounts.Keys.Where(_api.CanSignFor).Order(StringComparer.Ordinal)
                .SelectMany(id => new ReconciliationSource[] { new($"mentions {id}", every), new($"messages {id}", every) })];
        }
    }

    public IReadOnlyList<string> Blind { get; } =
    [
        "Quotes of our posts that do not name us, replies that X does not count as a mention, and our posts from X's own app are not reconciled: X has no list of them by account.",
        "Encrypted messages cannot be reconciled: X's API does not return them.",
        "A customer's deletion of a post is not reported by X; it reports deletions by our own accounts only.",
    ];

    public async Task<ReconciliationResult> ReadAsync(string source, ReconciliationStart from, CancellationToken ct)
    {
        if (source.Split(' ') is not [var kind, var account]) return new ReconciliationResult.Later("unknown-source");
        var place = Begin(from.Cursor);
        var path = kind is "mentions" ? MentionsPath(account, place, from.Since) : $"/2/dm_events?max_results=100&{MessageFields}";
        if (place.Page is not null) path += $"&pagination_token={Uri.EscapeDataString(place.Page)}";
        var answer = await _api.AccountAsync(account, HttpMethod.Get, path, null, ct);
        switch (answer)
        {
            case null or { Status: 401 or 402 or 403 }:
                return new ReconciliationResult.Later("refused");
            case { Status: 429 }:
                return new ReconciliationResult.Later("rate-limited", answer.RetryAfter);
            case { Status: 400 } when from.Cursor is not null:
                return new ReconciliationResult.Restart();
            case { Succeeded: false }:
                return new ReconciliationResult.Later("unreachable", answer.RetryAfter);
        }

        return ReadPage(answer.Body, kind, account, place, from.Since);
    }

    // https://docs.x.com/x-api/users/get-mentions
    private static string MentionsPath(string account, LookPlace place, DateTimeOffset since) =>
        $"/2/users/{account}/mentions?max_results=100&{PostFields}&" + (place.Seen is { } seen
            ? $"since_id={Uri.EscapeDataString(seen)}"
            : $"start_time={since.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)}");

    /// <summary>X gives the newest first, so the newest of the first page becomes the mark only when the last page is through.</summary>
    private static ReconciliationResult ReadPage(ReadOnlyMemory<byte> body, string kind, string account, LookPlace place,
        DateTimeOffset since)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var root = document.RootElement;
            var includes = root.Get("includes"u8);
            List<ProviderRecord> held = [];
            var newest = place.Newest;
            var done = false;
            foreach (var item in root.Get("data"u8).Items())
            {
                if (item.Get("id"u8).AsId() is not { } id) continue;
                // Direct messages have no since_id: a run ends at the last known one, or at one older than wanted.
                done = kind is "messages"
                    && ((place.Seen is { } seen && !IsNewer(id, seen))
                        || (item.Get("created_at"u8).AsText() is { } at
                            && DateTimeOffset.TryParse(at, CultureInfo.InvariantCulture, out var time) && time < since));
                if (done) break;
                if (newest is null || IsNewer(id, newest)) newest = id;
                held.Add(new(kind is "mentions"
                    ? "post" : "message", Wrapped(kind is "mentions" ? "post.mention.create" : "dm_event", account, id, item, includes)));
            }

            held.Reverse();
            var next = done ? null : root.Get("meta"u8).Get("next_token"u8).AsText();
            return new ReconciliationResult.Page(held,
                Cursor(next is null ? new(newest ?? place.Seen, null, null) : place with { Newest = newest, Page = next }),
                next is not null);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return new ReconciliationResult.Later("unreadable");
        }
    }

    // In the form of the X Activity API, so that one parser serves both.
    private static byte[] Wrapped(string type, string account, string id, JsonElement item, JsonElement includes)
    {
        using var bytes = new MemoryStream(1024);
        using (var json = PlainJson.Writer(bytes))
        {
            json.WriteStartObject();
            json.WriteStartObject("data"u8);
            json.WriteString("event_uuid"u8, id);
            json.WriteString("event_type"u8, type);
            json.WriteStartObject("filter"u8);
            json.WriteString("user_id"u8, account);
            json.WriteEndObject();
            json.WritePropertyName("payload"u8);
            item.WriteTo(json);
            if (includes.IsObject())
            {
                json.WritePropertyName("includes"u8);
                includes.WriteTo(json);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return bytes.ToArray();
    }

    // Ids grow with time; a longer one is newer.
    private static bool IsNewer(string id, string than) =>
        id.Length != than.Length ? id.Length > than.Length : string.CompareOrdinal(id, than) > 0;

    private static LookPlace Begin(string? cursor) =>
        cursor?.Split('|') is [var seen, var newest, var page] ? new(Known(seen), Known(newest), Known(page)) : default;

    private static string? Known(string part) => part.Length == 0 ? null : part;

    private static string? Cursor(LookPlace place) => place == default ? null : $"{place.Seen}|{place.Newest}|{place.Page}";

    /// <summary>How far a look got.</summary>
    /// <param name="Seen">Newest id of the look before.</param>
    /// <param name="Newest">Newest id of this look so far, while pages are left.</param>
    /// <param name="Page">The next page.</param>
    [System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
    private readonly record struct LookPlace(string? Seen, string? Newest, string? Page);
}
