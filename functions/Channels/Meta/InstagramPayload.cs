using System.Text.Json;

namespace Serverless.Channels.Meta;

/// <summary>Reads comments and mentions on Instagram.</summary>
/// <remarks>https://developers.facebook.com/docs/instagram-platform/webhooks/examples</remarks>
internal static class InstagramPayload
{
    /// <summary>A comment on one of our media, or during one of our broadcasts.</summary>
    public static Reading ReadComment(Origin origin, JsonElement value)
    {
        if (value.Get("id"u8).AsId() is not { } id) return Unread.Change(origin, "comments", value);
        var from = value.Get("from"u8);
        var author = from.Get("id"u8).AsId();

        // Our own comment carries our own scoped id. https://developers.facebook.com/docs/instagram-platform/self-messaging
        var outbound = author == origin.EntryId || from.Has("self_ig_scoped_id"u8);
        Extras extras = default;
        extras.Add("username", from.Get("username"u8).AsText());
        extras.Add("parent_id", value.Get("parent_id"u8).AsId());
        extras.Add("media_product_type", value.Get("media"u8).Get("media_product_type"u8).AsText());
        extras.Add("ad_id", value.Get("media"u8).Get("ad_id"u8).AsId());
        return Found(id, Comment(origin, id, value.Get("parent_id"u8).AsId()) with
        {
            Direction = outbound ? Direction.Outbound : Direction.Inbound,
            Entry = value.Get("media"u8).Get("id"u8).AsId(),
            // A user name can be changed and taken by somebody else: told, but neither an identity nor a name to greet with (P11).
            Parties = author is null || outbound ? [] : [new Identity("igsid", author, Evidence.Attested, origin.EntryId)],
            Text = value.Get("text"u8).AsText(),
            Reply = outbound ? null : new(id),
            Extras = extras.Values,
        });
    }

    /// <summary>
    /// We were named in a comment or a caption on somebody else's media. It comes with ids only: what it is, is known, so it is a comment or
    /// post without text and no placeholder; author and words are to be fetched by those ids.
    /// </summary>
    public static Reading ReadMention(Origin origin, JsonElement value)
    {
        var comment = value.Get("comment_id"u8).AsId();
        var media = value.Get("media_id"u8).AsId();
        if ((comment ?? media) is not { } id) return Unread.Change(origin, "mentions", value);
        Extras extras = default;
        extras.Add("comment_id", comment);
        extras.Add("media_id", media);
        return Found(id, Comment(origin, id, null) with
        {
            Kind = comment is null ? ContactKind.Post : ContactKind.Comment,
            Entry = media,
            Reply = new(id),
            Extras = extras.Values,
        });
    }

    private static Reading.Found Found(string id, Contact contact) => new(new(id, ContactChange.Received, contact));

    // All media here are ours, so those who comment on one are strangers to each other (P10): a conversation is a comment and the replies
    // under it, not everything under the media. The public reply has no window; a private one may be sent once, within 7 days.
    // https://developers.facebook.com/docs/messenger-platform/instagram/features/private-replies
    private static Contact Comment(Origin origin, string id, string? parent) => new()
    {
        Channel = "meta",
        Network = "instagram",
        Account = origin.EntryId,
        ExternalId = id,
        Kind = ContactKind.Comment,
        Place = Place.Public,
        ThreadKey = $"instagram:comment:{parent ?? id}",
        OccurredAt = origin.SentAt,
        ReceivedAt = origin.ReceivedAt,
    };
}
