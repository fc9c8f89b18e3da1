using System.Text.Json;
using Serverless.Contacts;

namespace Serverless.Channels.Meta;

/// <summary>Reads what happens in public on a Facebook page: comments, visitor posts, mentions, recommendations.</summary>
/// <remarks>https://developers.facebook.com/docs/graph-api/webhooks/reference/page#feed</remarks>
internal static class PageFeedPayload
{
    public static Parsed Read(MetaOrigin origin, JsonElement value)
    {
        var item = value.Get("item"u8).AsText();
        if (item is "reaction" or "like") return new Parsed.Ignored("reaction");
        var kind = item switch
        {
            "comment" => ContactKind.Comment,
            "post" or "status" or "photo" or "video" or "share" or "link" or "note" => ContactKind.Post,
            _ => ContactKind.Placeholder,
        };
        var id = kind is ContactKind.Comment ? value.Get("comment_id"u8).AsId() : value.Get("post_id"u8).AsId();
        var verb = value.Get("verb"u8).AsText();

        // Our moderators or Facebook's filter put it out of sight; the customer's concern stays what it was.
        if (verb is "hide") return new Parsed.Ignored("hidden");
        if (verb is "unhide") return new Parsed.Ignored("unhidden");
        // A video of ours whose sound or picture Facebook removed for rights of others.
        if (verb is "block" or "unblock" or "mute" or "unmute") return new Parsed.Ignored("video-blocked");
        // What the page does with itself (its events, albums, cover) is no customer's word.
        if (kind is ContactKind.Placeholder && IsOwn(origin, value)) return new Parsed.Ignored("page-event");
        if (id is null || kind is ContactKind.Placeholder) return Placeholder(origin, value, item, verb);
        return verb switch
        {
            "add" => Added(origin, value, item, kind, id),
            "edited" or "edit" => Edited(origin, value, kind, id),
            "remove" => Event(origin, value, $"{id}:removed", ContactChange.Removed, id, origin.SentAt, new(kind), default),
            _ => Placeholder(origin, value, item, verb),
        };
    }

    /// <summary>
    /// A recommendation. Meta has withdrawn them (https://developers.facebook.com/docs/graph-api/reference/recommendation, error 12 from
    /// v22.0), so one that still comes is shown to a person with its words, and nothing more is made of it.
    /// </summary>
    public static Parsed ReadRating(MetaOrigin origin, JsonElement value)
    {
        var item = value.Get("item"u8).AsText();
        if (item is "reaction" or "like") return new Parsed.Ignored("reaction");
        if (value.Get("verb"u8).AsText() is "remove" or "delete") return new Parsed.Ignored("rating-removed");
        var id = value.ContentId();
        ExtraFields extras = default;
        extras.Add("type", "ratings");
        extras.Add("item", item);
        extras.Add("verb", value.Get("verb"u8).AsText());
        extras.Add("rating", value.Get("rating"u8).AsId());
        extras.Add("recommendation_type", value.Get("recommendation_type"u8).AsText());
        var said = new MetaText(ContactKind.Placeholder, value.Get("review_text"u8).AsText() ?? value.Get("message"u8).AsText());
        return Event(origin, value, id, ContactChange.Received, id, CreatedAt(origin, value), said, extras);
    }

    private static Parsed.Found Added(MetaOrigin origin, JsonElement value, string? item, ContactKind kind, string id)
    {
        ExtraFields extras = default;
        extras.Add("item", item);
        extras.Add("parent_id", value.Get("parent_id"u8).AsId());
        var attachments = Attachments(value, item, ref extras);
        var said = new MetaText(kind, value.Get("message"u8).AsText(), attachments);
        return Event(origin, value, id, ContactChange.Received, id, CreatedAt(origin, value), said, extras);
    }

    // created_time stays that of the comment, so the time of an edit is that of its report. Two edits reported in one entry share that
    // time: their content keeps them apart.
    private static Parsed.Found Edited(MetaOrigin origin, JsonElement value, ContactKind kind, string id)
    {
        var edit = $"{id}:edited:{origin.Entry.Get("time"u8).AsId()}:{value.ContentId()}";
        // A picture may have come with the edit, or another one in its place.
        ExtraFields extras = default;
        var said = new MetaText(kind, value.Get("message"u8).AsText(), Attachments(value, value.Get("item"u8).AsText(), ref extras));
        return Event(origin, value, edit, ContactChange.Edited, id, origin.SentAt, said, extras);
    }

    private static Parsed.Found Placeholder(MetaOrigin origin, JsonElement value, string? item, string? verb)
    {
        var id = value.ContentId();
        ExtraFields extras = default;
        extras.Add("type", item ?? "feed");
        extras.Add("verb", verb);
        var said = new MetaText(ContactKind.Placeholder, value.Get("message"u8).AsText());
        return Event(origin, value, id, ContactChange.Received, id, CreatedAt(origin, value), said, extras);
    }

    private static bool IsOwn(MetaOrigin origin, JsonElement value) =>
        value.Get("item"u8).AsText() is "event" or "album" or "cover" or "profile_picture" or "page"
        || (value.Get("from"u8).Get("id"u8).AsId() ?? value.Get("sender_id"u8).AsId()) == origin.EntryId;

    private static DateTimeOffset CreatedAt(MetaOrigin origin, JsonElement value) => value.Get("created_time"u8).AsTime(origin.ReceivedAt);

    /// <summary>What every event of the page says.</summary>
    /// <remarks>
    /// The answer goes to the comment (or post) itself and has no window; a private reply may be sent once, within 7 days
    /// (https://developers.facebook.com/docs/messenger-platform/discovery/private-replies). Before v2.11 the author came as sender_id and
    /// sender_name; without the permission to see people there is none at all.
    /// </remarks>
    private static Parsed.Found Event(
        MetaOrigin origin, JsonElement value, string eventId, ContactChange change, string id,
        DateTimeOffset occurredAt, MetaText said, ExtraFields extras)
    {
        var account = origin.EntryId;
        var from = value.Get("from"u8);
        var author = (from.Get("id"u8).AsId() ?? value.Get("sender_id"u8).AsId()) ?? value.Get("reviewer_id"u8).AsId();
        var name = (from.Get("name"u8).AsText() ?? value.Get("sender_name"u8).AsText()) ?? value.Get("reviewer_name"u8).AsText();
        var post = value.Get("post_id"u8).AsId();
        var own = author == account;
        var answerable = !own && change is ContactChange.Received && said.Kind is not ContactKind.Placeholder;
        return new(new(eventId, change, new()
        {
            Channel = "meta",
            Network = "facebook",
            Account = account,
            ExternalId = id,
            Kind = said.Kind,
            Direction = own ? Direction.Outbound : Direction.Inbound,
            Place = Place.Public,
            Entry = post,
            ThreadKey = Thread(value, post ?? value.Get("open_graph_story_id"u8).AsId(), own),
            Parties = author is null || own ? [] : [new Identity("facebook", author, Evidence.Attested, account, name)],
            OccurredAt = occurredAt,
            ReceivedAt = origin.ReceivedAt,
            Text = said.Text,
            Attachments = said.Attachments ?? [],
            Reply = answerable ? new(id) : null,
            Extras = extras.Values,
        }));
    }

    // A comment of the first level with all replies to it, or a visitor's post with what the page says right under it: customers who
    // complain
    // under one post of ours never share a case (P10).
    private static string? Thread(JsonElement value, string? post, bool own)
    {
        var parent = value.Get("parent_id"u8).AsId();
        var comment = parent is null || parent == post ? value.Get("comment_id"u8).AsId() : parent;
        return (own && comment != parent ? post : comment ?? post) is { } thread ? $"facebook:{thread}" : null;
    }

    // A photo or video comes as an address: of a comment in "photo" or "video", of a post in "photos" or "link".
    private static List<Attachment>? Attachments(JsonElement value, string? item, ref ExtraFields extras)
    {
        var link = value.Get("link"u8).AsText();
        List<Attachment>? attachments = null;
        void Add(string? address, string type)
        {
            if (address is not null) (attachments ??= []).Add(new(address, type));
        }

        Add(value.Get("photo"u8).AsText(), "photo");
        Add(value.Get("video"u8).AsText(), "video");
        foreach (var photo in value.Get("photos"u8).Items()) Add(photo.AsText(), "photo");
        if (item is "photo" or "video") Add(link, item);
        else extras.Add("link", link);
        return attachments;
    }
}
