using System.Text.Json;
using Serverless.Contacts;

namespace Serverless.Channels.Discourse;

/// <content>Replies: a post in the topic, as a reply to the post; in private, a private message to its author. https://docs.discourse.org
/// (Create topics, posts and private messages)</content>
public sealed partial class DiscourseChannel : ISendsReplies
{
    /// <summary>Discourse takes no idempotency key; what it remembers of a call for two minutes is not promised anywhere.</summary>
    public bool Repeatable => false;

    public async Task<ReplyOutcome> SendAsync(Reply reply, CancellationToken ct)
    {
        var (to, setting) = (reply.To, $"Channels__Discourse__Sites__{reply.To.Account}__");
        if (ApiOf(to.Account) is not var (api, site) || string.IsNullOrEmpty(site.ApiKey))
            return new ReplyOutcome.Refused(ReplyReasons.NotPermitted, $"{setting}ApiKey is missing.");
        if (to.Reply?.Address.Split('/') is not [var topic, var number] || !long.TryParse(topic, out _))
            return new ReplyOutcome.Refused(ReplyReasons.NoReplyPath);
        var inPrivate = reply.InPrivate && to.Place is Place.Public;
        var username = to.Extras?.GetValueOrDefault("username");
        if (inPrivate && username is null) return new ReplyOutcome.Refused(ReplyReasons.NoReplyPath);

        var answer = await api.SendAsync(HttpMethod.Post, "posts.json", json =>
        {
            json.WriteString("raw"u8, reply.Text);
            if (inPrivate)
            {
                json.WriteString("title"u8, $"Re: {to.Extras?.GetValueOrDefault("topic_title") ?? $"Topic {topic}"}");
                json.WriteString("target_recipients"u8, username);
                json.WriteString("archetype"u8, "private_message");
                return;
            }

            json.WriteNumber("topic_id"u8, long.Parse(topic, System.Globalization.CultureInfo.InvariantCulture));
            if (long.TryParse(number, out var post)) json.WriteNumber("reply_to_post_number"u8, post);
        }, ct);

        if (answer.Result.ValueKind is not JsonValueKind.Object) return Failed(answer, setting);
        if (answer.Result.Get("action"u8).Is("enqueued"u8))
            return new ReplyOutcome.Refused(ReplyReasons.ContentRefused,
                "It waits in the forum's review queue; release it there, or give the API key to a user whose posts need no review.");

        // Older versions wrap the post.
        var made = answer.Result.Get("post"u8) is { ValueKind: JsonValueKind.Object } wrapped ? wrapped : answer.Result;
        if (made.Get("id"u8).AsId() is not { } id) return new ReplyOutcome.Uncertain("unreadable-answer");
        var sent = new DiscoursePost(new DiscourseOrigin(to.Account, site, time.GetUtcNow()), made, inPrivate
            || to.Place is Place.Private).Received(id).Event;

        // The response contains neither category nor author's role; and a private message starts a new topic, which is added to the
        // answered case.
        return new ReplyOutcome.Sent(sent
            with { Contact = sent.Contact
                with { Direction = Direction.Outbound, Entry = to.Entry, ThreadKey = to.ThreadKey, Parties = to.Parties, Reply = null } });
    }

    private static ReplyOutcome Failed(ForumAnswer answer, string setting)
    {
        var detail = $"Discourse {answer.Status}: {answer.Errors}".TrimEnd(':', ' ');
        return answer.Status switch
        {
            0 when !answer.Raw.MaybeSent => new ReplyOutcome.Later(ReplyReasons.Unreachable),
            0 => new ReplyOutcome.Uncertain(ReplyReasons.Unreachable),
            429 => new ReplyOutcome.Later(ReplyReasons.RateLimited, answer.RetryAfter),
            401 or 403 =>
                new ReplyOutcome.Refused(ReplyReasons.NotPermitted,
                    $"{detail} Either {setting}ApiKey does not fit {setting}ApiUsername, or this user may not write in the topic."),
            404 or 410 => new ReplyOutcome.Refused(ReplyReasons.RecipientGone, detail),
            >= 300 and < 400 =>
                new ReplyOutcome.Refused(ReplyReasons.NotPermitted,
                    $"The forum sends us elsewhere: {setting}Url must be its address of today, with https."),
            >= 400 and < 500 => new ReplyOutcome.Refused(ReplyReasons.ContentRefused, detail),
            _ => new ReplyOutcome.Uncertain($"discourse-{answer.Status}"),
        };
    }

    private (ForumApi Api, DiscourseSite Site)? ApiOf(string account) =>
        options.CurrentValue.Sites.TryGetValue(account, out var site) && site.Address is { } address
        ? (new ForumApi(calls, site, address), site) : null;
}
