using System.Text.Json;
using Serverless.Contacts;

namespace Serverless.Channels.Meta;

/// <summary>Reads comments and mentions on Instagram.</summary>
/// <remarks>https://developers.facebook.com/docs/instagram-platform/webhooks/examples</remarks>
internal static class InstagramPayload
{
    /// <summary>A comment on one of our media, or during one of our broadcasts.</summary>
    public static Parsed ReadComment(MetaOrigin origin, JsonElement value)
    {
        if (value.Get("id"u8).AsId() is not { } id) return MetaPlaceholders.Change(origin, "comments", value);
        var media = value.Get("media"u8);
        var from = value.Get("from"u8);
        var author = from.Get("id"u8).AsId();

        // Our own comment carries our own scoped id. https://developers.facebook.com/docs/instagram-platform/self-messaging
        var own = author == origin.EntryId || from.Has("self_ig_scoped_id"u8);

        // A user name can be changed and taken by another person: stored, but neither an identity nor a name for a greeting (P11).
        ExtraFields extras = default;
        extras.Add("username", from.Get("username"u8).AsText());
        extras.Add("parent_id", value.Get("parent_id"u8).AsId());
        extras.Add("media_product_type", media.Get("media_product_type"u8).AsText());
        extras.Add("ad_id", media.Get("ad_id"u8).AsId());
        var said = new MetaText(ContactKind.Comment, value.Get("text"u8).AsText());
        return Event(origin, id, value.Get("parent_id"u8).AsId(), media.Get("id"u8).AsId(), author, own, said, extras);
    }

    /// <summary>
    /// Our account was mentioned in a comment or a caption on another account's media. The call has ids only. Where the text cannot be
    /// fetched, the is, is known all the same: a comment or post without text, and no placeholder.
    /// </summary>
    public static Parsed ReadMention(MetaOrigin origin, JsonElement value, bool canBeAsked)
    {
        var mention = new MetaMention(origin.EntryId, value.Get("media_id"u8).AsId(), value.Get("comment_id"u8).AsId());
        if ((mention.Comment ?? mention.Media) is null) return MetaPlaceholders.Change(origin, "mentions", value);
        return canBeAsked && mention.CanBeAsked ? new Parsed.Reference(mention.Resource) : Mentioned(origin, mention, default);
    }

    /// <summary>A mention with what Meta says of it.</summary>
    /// <param name="origin">The entry that pointed at it.</param>
    /// <param name="mention">Where.</param>
    /// <param name="document">The answer; without words when they are gone, or nobody was asked.</param>
    public static Parsed.Found Mentioned(MetaOrigin origin, MetaMention mention, JsonElement document)
    {
        var (comment, media) = (document.Get("mentioned_comment"u8), document.Get("mentioned_media"u8));
        ExtraFields extras = default;
        extras.Add("comment_id", mention.Comment);
        extras.Add("media_id", mention.Media);
        extras.Add("username", media.Get("username"u8).AsText());
        var file = media.Get("media_url"u8).AsText() is { } url
            ? new Attachment(url, media.Get("media_type"u8).Is("VIDEO"u8) ? "video" : "image") : null;
        var said = new MetaText(mention.Comment is null ? ContactKind.Post
            : ContactKind.Comment, comment.Get("text"u8).AsText() ?? media.Get("caption"u8).AsText(), file is null ? null : [file]);
        var found = Event(origin, (mention.Comment ?? mention.Media)!, null, mention.Media, null, false, said, extras);
        // An answer to a mention goes by our own account, not by the foreign comment.
        return found with { Event = found.Event with { Contact = found.Event.Contact with { Reply = new(mention.Resource) } } };
    }

    // All media with comments here are ours, so those who comment on one are strangers to each other (P10): a conversation is a comment and
    // the replies under it, not everything under the media. The public reply has no window; a private one may be sent once, within 7 days.
    // https://developers.facebook.com/docs/messenger-platform/instagram/features/private-replies
    private static Parsed.Found Event(
        MetaOrigin origin, string id, string? parent, string? media, string? author, bool own, MetaText said, ExtraFields extras) =>
        new(new(id, ContactChange.Received, new()
        {
            Channel = "meta",
            Network = "instagram",
            Account = origin.EntryId,
            ExternalId = id,
            Kind = said.Kind,
            Direction = own ? Direction.Outbound : Direction.Inbound,
            Place = Place.Public,
            Entry = media,
            ThreadKey = $"instagram:comment:{parent ?? id}",
            Parties = author is null || own ? [] : [new Identity("igsid", author, Evidence.Attested, origin.EntryId)],
            OccurredAt = origin.SentAt,
            ReceivedAt = origin.ReceivedAt,
            Text = said.Text,
            Attachments = said.Attachments ?? [],
            Reply = own ? null : new(id),
            Extras = extras.Values,
        }));
}
