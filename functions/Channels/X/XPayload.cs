using System.Text.Json;
using Serverless.Contacts;

namespace Serverless.Channels.X;

/// <summary>Takes a delivery apart: of the X Activity API (<c>data</c>), or of the older Account Activity API
/// (<c>for_user_id</c>).</summary>
internal static class XPayload
{
    public static IEnumerable<DeliveryItem> Elements(Delivery delivery, IReadOnlyDictionary<string, XAccount> ours)
    {
        using var document = JsonDocument.Parse(delivery.Body);
        var root = document.RootElement;
        var data = root.Get("data"u8);
        foreach (var element in data.IsObject() ? Activity(delivery, data, ours) : AccountActivity(delivery, root, ours))
            yield return element;
    }

    // https://docs.x.com/x-api/activity/event-payloads
    private static IEnumerable<DeliveryItem> Activity(Delivery delivery, JsonElement data, IReadOnlyDictionary<string, XAccount> ours)
    {
        var payload = data.Get("payload"u8);
        var type = data.Get("event_type"u8).AsText() ?? "unknown";
        var teller = new XSender(data.Get("filter"u8).Get("user_id"u8).AsId() ?? "unknown", ours, delivery.ReceivedAt);
        if (type is "dm.received" or "dm.sent" && payload.Get("direct_message_events"u8).ValueKind is JsonValueKind.Array)
        {
            var n = 0;
            foreach (var message in payload.Get("direct_message_events"u8).Items())
                yield return new($"data.payload.direct_message_events[{n++}]", () =>
                    XDirectMessage.Delivered(message, payload.Get("users"u8), teller));
            yield break;
        }

        yield return new("data.payload", () => Event(type, data, payload, teller));
    }

    private static Parsed Event(string type, JsonElement data, JsonElement payload, XSender teller)
    {
        var includes = data.Get("includes"u8);
        switch (type)
        {
            case "post.mention.create" or "post.reply.create" or "post.quote.create":
                return NewerPost.Of(payload, includes, teller, addressed: true)?.Read(teller) ?? Unread();
            case "post.create":
                return NewerPost.Of(payload, includes, teller, addressed: false)?.Read(teller) ?? Unread();
            case "post.delete":
                return Removed(payload.Get("id"u8).AsId(), payload.Get("author_id"u8).AsId(), teller.ReceivedAt, teller) ?? Unread();
            case "chat.received" or "chat.sent":
                return XDirectMessage.Encrypted(payload, type, teller);
            case "dm_event":
                return XDirectMessage.Held(payload, includes, teller);
            case "oauth.revoke":
                return new Parsed.Alert("authorization-revoked");
            default:
                return IgnoredActivity(type) is { } reason ? new Parsed.Ignored(reason) : Unread();
        }

        Parsed.Found Unread() => teller.Unread(type, payload, data.Get("event_uuid"u8).AsId());
    }

    // https://docs.x.com/x-api/account-activity/introduction
    private static IEnumerable<DeliveryItem> AccountActivity(Delivery delivery, JsonElement root,
        IReadOnlyDictionary<string, XAccount> ours)
    {
        if (root.Get("user_event"u8).IsObject())
        {
            yield return new("user_event", static () => new Parsed.Alert("authorization-revoked"));
            yield break;
        }

        if (root.Get("for_user_id"u8).AsId() is not { } account)
            throw new JsonException("There is neither data nor for_user_id in this delivery.");
        var teller = new XSender(account, ours, delivery.ReceivedAt);
        foreach (var list in root.Properties())
        {
            // for_user_id, user_has_blocked, is_blocked_by are words; users and apps are objects that the lists refer to.
            if (list.Value.ValueKind is not JsonValueKind.Array) continue;
            var name = list.Name;
            var n = 0;
            foreach (var item in list.Value.EnumerateArray()) yield return new($"{name}[{n++}]", () => Listed(name, item, root, teller));
        }
    }

    private static Parsed Listed(string list, JsonElement item, JsonElement root, XSender teller)
    {
        switch (list)
        {
            case "tweet_create_events":
                return OlderPost.Of(item, teller)?.Read(teller) ?? teller.Unread(list, item);
            case "direct_message_events":
                return XDirectMessage.Delivered(item, root.Get("users"u8), teller);
            case "tweet_delete_events":
                var post = item.Get("status"u8);
                return Removed(post.Get("id"u8).AsId(), post.Get("user_id"u8).AsId(), teller.Milliseconds(item.Get("timestamp_ms"u8)),
                    teller) ?? teller.Unread(list, item);
            default:
                return IgnoredList(list) is { } reason ? new Parsed.Ignored(reason) : teller.Unread(list, item);
        }
    }

    // A copy of a deleted post must be deleted. https://docs.x.com/developer-terms/policy
    private static Parsed.Found? Removed(string? id, string? author, DateTimeOffset at, XSender teller) =>
        id is null ? null : new(new($"{id}:removed", ContactChange.Removed, new()
    {
        Channel = XChannel.ChannelName,
        Network = XChannel.ChannelName,
        Account = teller.Account,
        ExternalId = id,
        Kind = ContactKind.Post,
        Direction = teller.IsUs(author) ? Direction.Outbound : Direction.Inbound,
        Place = Place.Public,
        OccurredAt = at,
        ReceivedAt = teller.ReceivedAt,
    }));

    private static string? IgnoredActivity(string type) => type switch
    {
        "post.repost.create" => "repost",
        "like.create" => "like",
        "dm.read" => "read",
        "dm.indicate_typing" => "typing",
        "chat.conversation_join" => "conversation-join",
        // Said into a running broadcast, to its speaker and not to the service.
        "broadcast.chat" => "broadcast",
        _ => type.Split('.')[0] is var kind and ("follow" or "profile" or "news" or "spaces" or "mute" or "block" or "broadcast")
            ? kind : null,
    };

    private static string? IgnoredList(string list) => list switch
    {
        "favorite_events" => "like",
        "follow_events" or "unfollow_events" => "follow",
        "block_events" or "unblock_events" => "block",
        "mute_events" or "unmute_events" => "mute",
        "direct_message_indicate_typing_events" => "typing",
        "direct_message_mark_read_events" => "read",
        _ => null,
    };
}
