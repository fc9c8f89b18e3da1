using System.Text.Json;
using System.Text.RegularExpressions;
using Serverless.Contacts;

namespace Serverless.Channels.Discourse;

/// <summary>Reads one post: by webhook, from the list of newest posts, or as the answer to one we made. All three have the same
/// form.</summary>
/// <remarks>
/// A topic is one conversation: who writes in it joins it in public and on purpose, and answers of other customers belong to the question.
/// https://github.com/discourse/discourse/blob/main/app/serializers/web_hook_post_serializer.rb
/// </remarks>
internal readonly partial struct DiscoursePost(DiscourseOrigin origin, JsonElement post, bool isPrivate = false)
{
    private const int MostFiles = 50;

    private bool IsPrivate => isPrivate || post.Get("topic_archetype"u8).Is("private_message"u8);

    /// <param name="name">The event as Discourse calls it, e.g. <c>post_edited</c>.</param>
    public Parsed Happened(string? name)
    {
        var id = post.Get("id"u8).AsId() ?? throw new JsonException("A post has no id.");
        if (Unwanted() is { } reason) return new Parsed.Ignored(reason);
        return name switch
        {
            "post_created" => Received(id),

            // Neither version nor anything else counts an edit within the first minutes; its time does. A retry repeats the very bytes.
            "post_edited" =>
                Event($"{id}:edited:{post.Get("version"u8).AsId()}:{post.Get("updated_at"u8).AsText()}", ContactChange.Edited, id,
                    "updated_at"u8),

            // A post can be removed and put back again; only the removal has a time of its own.
            "post_destroyed" => Event($"{id}:removed:{Stamp("deleted_at"u8).AsText()}", ContactChange.Removed, id, "deleted_at"u8),
            "post_recovered" => Event($"{id}:recovered:{post.ContentId()}", ContactChange.Restored, id, ""u8),
            _ => Event($"{id}:{name}:{post.ContentId()}", ContactChange.Progressed, id, "updated_at"u8),
        };
    }

    /// <summary>
    /// The customer or a moderator accepted the post as the solution: the question is answered, whoever wrote it. The post has no time of
    /// that. By the plugin discourse-solved: https://github.com/discourse/discourse-solved
    /// </summary>
    public Parsed Accepted()
    {
        var id = post.Get("id"u8).AsId() ?? throw new JsonException("A post has no id.");
        if (Unwanted() is { } reason) return new Parsed.Ignored(reason);
        var found = Event($"{id}:accepted:{post.ContentId()}", ContactChange.Progressed, id, ""u8);
        var settles = new Dictionary<string, string>(StringComparer.Ordinal) { [Contact.SettlesName] = "accepted-solution" };
        return found with { Event = found.Event with { Contact = found.Event.Contact with { Extras = settles } } };
    }

    /// <summary>The post as it came in, or went out.</summary>
    public Parsed.Found Received(string id) => Event(id, ContactChange.Received, id, "created_at"u8);

    private string? Unwanted()
    {
        // Discourse itself, its tutor bot and plugins have ids below one.
        if (post.Get("user_id"u8).AsNumber() is <= 0 && !IsOwnKey()) return "system-user";
        if (IsPrivate && origin.Site?.PrivateMessages != true) return "private-message";
        if (!IsPrivate && origin.Site?.Wants(post.Get("category_id"u8).AsId()) == false) return "other-category";

        // 2: a moderator's action, 3: closed, split, pinned and the like, 4: staff among themselves.
        // https://github.com/discourse/discourse/blob/main/app/models/post.rb
        return post.Get("post_type"u8).AsNumber() switch
        {
            2 => "moderator-action",
            3 => "small-action",
            4 => "whisper",
            _ => null,
        };
    }

    // Replies of ours may be written in the name of "system", whose id is -1.
    private bool IsOwnKey() =>
        origin.Site is { ApiKey.Length: > 0 } site
        && site.ApiUsername.Equals(post.Get("username"u8).AsText(), StringComparison.OrdinalIgnoreCase)
        && post.Get("post_type"u8).AsNumber() is 1;

    private bool IsOurs(string? username) =>
        post.Get("staff"u8).IsTrue() || post.Get("moderator"u8).IsTrue() || post.Get("admin"u8).IsTrue()
        || origin.Site?.IsStaff(username, post.Get("primary_group_name"u8).AsText()) == true;

    private Parsed.Found Event(string eventId, ContactChange change, string id, ReadOnlySpan<byte> when)
    {
        var topic = post.Get("topic_id"u8).AsId();
        var number = post.Get("post_number"u8).AsId();
        var username = post.Get("username"u8).AsText();
        var userId = post.Get("user_id"u8).AsId();
        var ours = IsOurs(username);
        var first = number is "1";
        var gone = change is ContactChange.Removed;
        var raw = gone ? null : post.Get("raw"u8).AsText() ?? post.Get("cooked"u8).AsText();
        ExtraFields extras = default;
        if (change is ContactChange.Received)
        {
            if (!ours) extras.Add("username", username);
            extras.Add("topic_title", post.Get("topic_title"u8).AsText());
            extras.Add("topic_id", topic);
            extras.Add("post_number", number);
            extras.Add("reply_to_post_number", post.Get("reply_to_post_number"u8).AsId());
            if (post.Get("hidden"u8).IsTrue()) extras.Add("hidden", "true");
        }

        return new(new(eventId, change, new()
        {
            Channel = DiscourseChannel.ChannelName,
            Network = DiscourseChannel.ChannelName,
            Account = origin.Account,
            ExternalId = id,
            Kind = IsPrivate ? ContactKind.Message : first ? ContactKind.Post : ContactKind.Comment,
            Direction = ours ? Direction.Outbound : Direction.Inbound,
            Place = IsPrivate ? Place.Private : Place.Public,
            Entry = post.Get("category_id"u8).AsId(),
            ThreadKey = topic is null ? null : $"discourse:{origin.Account}:{topic}",
            Parties = ours || userId is null
            ? [] : [new Identity("discourse", userId, Evidence.Attested, origin.Account, post.Get("name"u8).AsText())],
            OccurredAt = At(when),
            ReceivedAt = origin.ReceivedAt,
            Text = raw,
            Attachments = Files(raw),
            Reply = ours || topic is null || change is not ContactChange.Received ? null : new($"{topic}/{number}"),
            Extras = extras.Values,
        }));
    }

    private DateTimeOffset At(ReadOnlySpan<byte> name) => name.IsEmpty ? origin.ReceivedAt : Stamp(name).AsIsoTime(origin.ReceivedAt);

    // A removal by the author leaves deleted_at empty: the post is only marked, and updated then.
    private JsonElement Stamp(ReadOnlySpan<byte> name) => post.Get(post.Has(name) ? name : "updated_at"u8);

    /// <summary>
    /// Uploads are part of the text, as short addresses of the forum or paths on it; a link to another host is text, not a file.
    /// </summary>
    private static List<Attachment> Files(string? raw)
    {
        if (raw is null || !raw.Contains("upload", StringComparison.Ordinal)) return [];
        List<Attachment> files = [];
        foreach (Match upload in Upload().Matches(raw))
        {
            if (files.Count == MostFiles) break;
            var label = upload.Groups["label"].Value;
            var bar = label.IndexOf('|', StringComparison.Ordinal);
            var name = bar < 0 ? label : label[..bar];
            files.Add(new(upload.Groups["url"].Value, upload.Groups["image"].Length > 0
                ? "image" : null, Name: name.Length == 0 ? null : name));
        }

        return files;
    }

    [GeneratedRegex(@"(?<image>!?)\[(?<label>[^\[\]\r\n]{0,200})\]\((?<url>upload://[A-Za-z0-9]{1,60}(\.[A-Za-z0-9]{1,10})?|/(secure-)?uploads/[^\s()]{1,300})\)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Upload();
}
