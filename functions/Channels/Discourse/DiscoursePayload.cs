using System.Text.Json;
using Serverless.Contacts;

namespace Serverless.Channels.Discourse;

/// <summary>What every reader needs besides the piece it reads.</summary>
/// <param name="Account">Name of the forum in our settings.</param>
/// <param name="Site">Its settings; null when they are gone since.</param>
/// <param name="ReceivedAt">When the delivery reached us.</param>
internal sealed record DiscourseOrigin(string Account, DiscourseSite? Site, DateTimeOffset ReceivedAt);

/// <summary>Takes a delivery apart: one event about one thing, whose name is the only key of the body.</summary>
internal static class DiscoursePayload
{
    /// <summary>Kind of a public post found by reconciliation.</summary>
    public const string PublicPost = "post";

    /// <summary>Kind of a private message found by reconciliation.</summary>
    public const string PrivatePost = "private";

    /// <param name="delivery">The call.</param>
    /// <param name="origin">Where it comes from.</param>
    /// <param name="found">The kind of a post found by reconciliation; null for a call.</param>
    public static IEnumerable<DeliveryItem> Elements(Delivery delivery, DiscourseOrigin origin, string? found)
    {
        using var document = JsonDocument.Parse(delivery.Body);
        var root = document.RootElement;
        if (root.ValueKind is not JsonValueKind.Object) throw new JsonException("There is no event in this delivery.");
        if (found is not null)
        {
            // Its author took it back before we ever saw it: the text is Discourse's by then.
            yield return new DeliveryItem("post", () => root.Get("user_deleted"u8).IsTrue()
                ? new Parsed.Ignored("removed") : new DiscoursePost(origin, root, found is PrivatePost).Happened("post_created"));
            yield break;
        }

        var name = delivery.Header("x-discourse-event");
        foreach (var property in root.EnumerateObject()) yield return Of(origin, property.Name, property.Value, name);
    }

    private static DeliveryItem Of(DiscourseOrigin origin, string type, JsonElement value, string? name) =>
        new(type, () => Read(origin, type, value, name));

    // https://github.com/discourse/discourse/blob/main/app/models/web_hook_event_type.rb
    private static Parsed Read(DiscourseOrigin origin, string type, JsonElement value, string? name) => type switch
    {
        "post" => new DiscoursePost(origin, value).Happened(name),
        "ping" => new Parsed.Ignored("ping"),

        // Its first post comes by itself, with the words; so do removal and recovery.
        "topic" => new Parsed.Ignored("topic"),
        "like" => new Parsed.Ignored("reaction"),
        "user" or "user_badge" or "user_promoted" or "group" or "group_user" => new Parsed.Ignored("membership"),
        "category" or "tag" => new Parsed.Ignored("structure"),
        "reviewable" or "flag" or "queued_post" => new Parsed.Ignored("moderation"),
        "solved" when name is "accepted_solution" && value.Has("id"u8) => new DiscoursePost(origin, value).Accepted(),
        "solved" or "assign" or "topic_voting" or "notification" => new Parsed.Ignored("forum-work"),
        "chat_message" => new Parsed.Ignored("chat"),
        _ => Unknown(origin, type, value),
    };

    private static Parsed.Found Unknown(DiscourseOrigin origin, string type, JsonElement value) =>
        new(ContactEvent.Unread(DiscourseChannel.ChannelName, DiscourseChannel.ChannelName, origin.Account, $"{type}:{value.ContentId()}",
            origin.ReceivedAt, origin.ReceivedAt, type));
}
