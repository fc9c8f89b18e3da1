using System.Text.Json;

namespace Serverless.Channels.Meta;

/// <summary>Reads what happens in public on a Facebook page: comments, visitor posts, mentions, recommendations.</summary>
/// <remarks>https://developers.facebook.com/docs/graph-api/webhooks/reference/page#feed</remarks>
internal static class PageFeedPayload
{
    public static Reading Read(Origin origin, JsonElement value)
    {
        var item = value.Get("item"u8).AsText();
        if (item is "reaction" or "like") return new Reading.Ignored("reaction");
        var kind = item switch
        {
            "comment" => ContactKind.Comment,
            "post" or "status" or "photo" or "video" or "share" or "link" or "note" => ContactKind.Post,
            _ => ContactKind.Placeholder,
        };
        var id = (kind is ContactKind.Comment ? value.Get("comment_id"u8).AsId() : null) ?? value.Get("post_id"u8).AsId();
        return (id, value.Get("verb"u8).AsText()) switch
        {
            (not null, "add") when kind is not ContactKind.Placeholder => Added(origin, value, kind, id),
            (not null, "edited" or "edit") when kind is not ContactKind.Placeholder => Edited(origin, value, kind, id),
            (not null, "remove") when kind is not ContactKind.Placeholder => Event($"{id}:removed", ContactChange.Removed, Contact(origin, value, kind, id, origin.SentAt)),

            // Our moderators or Facebook's filter put it out of sight; the customer's concern stays what it was.
            (_, "hide") => new Reading.Ignored("hidden"),
            (_, "unhide") => new Reading.Ignored("unhidden"),
            _ => Placeholder(origin, value, item),
        };
    }

    /// <summary>
    /// A recommendation. Meta has withdrawn them (https://developers.facebook.com/docs/graph-api/reference/recommendation, error 12 from v22.0),
    /// so one that still comes is shown to a person with its words, and nothing more is made of it.
    /// </summary>
    public static Reading ReadRating(Origin origin, JsonElement value)
    {
        var item = value.Get("item"u8).AsText();
        if (item is "reaction" or "like") return new Reading.Ignored("reaction");
        var id = value.ContentId();
        Extras extras = default;
        extras.Add("type", "ratings");
        extras.Add("item", item);
        extras.Add("verb", value.Get("verb"u8).AsText());
        extras.Add("rating", value.Get("rating"u8).AsId());
        extras.Add("recommendation_type", value.Get("recommendation_type"u8).AsText());
        var reviewer = value.Get("reviewer_id"u8).AsId();
        return Event(id, ContactChange.Received, Contact(origin, value, ContactKind.Placeholder, id, value.Get("created_time"u8).AsTime(origin.ReceivedAt)) with
        {
            ThreadKey = value.Get("open_graph_story_id"u8).AsId() is { } story ? $"facebook:{story}" : null,
            Parties = reviewer is null ? [] : [new Identity("facebook", reviewer, Evidence.Attested, origin.EntryId, value.Get("reviewer_name"u8).AsText())],
            Text = value.Get("review_text"u8).AsText() ?? value.Get("message"u8).AsText(),
            Reply = null,
            Extras = extras.Values,
        });
    }

    private static Reading.Found Added(Origin origin, JsonElement value, ContactKind kind, string id)
    {
        Extras extras = default;
        extras.Add("item", value.Get("item"u8).AsText());
        extras.Add("parent_id", value.Get("parent_id"u8).AsId());
        var attachments = Attachments(value, ref extras);
        return Event(id, ContactChange.Received, Contact(origin, value, kind, id, value.Get("created_time"u8).AsTime(origin.ReceivedAt)) with
        {
            Text = value.Get("message"u8).AsText(),
            Attachments = attachments ?? [],
            Extras = extras.Values,
        });
    }

    // created_time stays that of the comment, so the time of an edit is the time it was told. Two edits told in one entry share that time:
    // their content keeps them apart.
    private static Reading.Found Edited(Origin origin, JsonElement value, ContactKind kind, string id) =>
        Event($"{id}:edited:{origin.Entry.Get("time"u8).AsId()}:{value.ContentId()}", ContactChange.Edited, Contact(origin, value, kind, id, origin.SentAt) with
        {
            Text = value.Get("message"u8).AsText(),
            Reply = null,
        });

    private static Reading.Found Placeholder(Origin origin, JsonElement value, string? item)
    {
        var id = value.ContentId();
        Extras extras = default;
        extras.Add("type", item ?? "feed");
        extras.Add("verb", value.Get("verb"u8).AsText());
        return Event(id, ContactChange.Received, Contact(origin, value, ContactKind.Placeholder, id, value.Get("created_time"u8).AsTime(origin.ReceivedAt)) with
        {
            Text = value.Get("message"u8).AsText(),
            Reply = null,
            Extras = extras.Values,
        });
    }

    private static Reading.Found Event(string id, ContactChange change, Contact contact) => new(new(id, change, contact));

    /// <summary>What every event of the feed says. The thread is the post: what was said under it in public is one conversation.</summary>
    /// <remarks>
    /// The answer goes to the comment (or post) itself and has no window; a private reply may be sent once, within 7 days
    /// (https://developers.facebook.com/docs/messenger-platform/discovery/private-replies). Before v2.11 the author came as sender_id and
    /// sender_name; without the permission to see people there is none at all.
    /// </remarks>
    private static Contact Contact(Origin origin, JsonElement value, ContactKind kind, string id, DateTimeOffset occurredAt)
    {
        var account = origin.EntryId;
        var from = value.Get("from"u8);
        var author = from.Get("id"u8).AsId() ?? value.Get("sender_id"u8).AsId();
        var own = author == account;
        var removed = value.Get("verb"u8).AsText() is "remove";
        var post = value.Get("post_id"u8).AsId();
        return new()
        {
            Channel = "meta",
            Network = "facebook",
            Account = account,
            ExternalId = id,
            Kind = kind,
            Direction = own ? Direction.Outbound : Direction.Inbound,
            Place = Place.Public,
            Entry = post,
            ThreadKey = post is null ? null : $"facebook:{post}",
            Parties = author is null || own ? [] :
                [new Identity("facebook", author, Evidence.Attested, account, from.Get("name"u8).AsText() ?? value.Get("sender_name"u8).AsText())],
            OccurredAt = occurredAt,
            ReceivedAt = origin.ReceivedAt,
            Reply = own || removed ? null : new(id),
        };
    }

    // A photo or video comes as an address: of a comment in "photo" or "video", of a post in "photos" or "link".
    private static List<Attachment>? Attachments(JsonElement value, ref Extras extras)
    {
        var item = value.Get("item"u8).AsText();
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
