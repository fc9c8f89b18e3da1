using System.Text;
using System.Text.Json.Nodes;
using Serverless.Contacts;

namespace Serverless.Channels.Meta;

/// <content>Replies by Messenger, Instagram and WhatsApp, in public under a comment, and in private to its author.</content>
/// <remarks>
/// https://developers.facebook.com/docs/messenger-platform/reference/send-api,
/// https://developers.facebook.com/docs/graph-api/reference/object/comments,
/// https://developers.facebook.com/docs/instagram-platform/comment-moderation
/// </remarks>
public sealed partial class MetaChannel : ISendsReplies
{
    // A private reply to a comment may be sent once, within seven days.
    // https://developers.facebook.com/docs/messenger-platform/discovery/private-replies
    private static readonly TimeSpan PrivateWindow = TimeSpan.FromDays(7);

    // A person, with the feature Human Agent approved for the app, may answer for seven days.
    // https://developers.facebook.com/docs/messenger-platform/policy/policy-overview
    private static readonly TimeSpan HumanWindow = TimeSpan.FromDays(6);

    // No product of Meta's takes an id of ours that would make two tries one message.
    public bool Repeatable => false;

    public DateTimeOffset? Until(Contact to) =>
        options.CurrentValue.HumanAgent && to is { Network: "messenger" or "instagram", Place: Place.Private }
        ? to.Reply?.Until + HumanWindow : to.Reply?.Until;

    public async Task<ReplyOutcome> SendAsync(Reply reply, CancellationToken ct)
    {
        if (reply.To.Reply?.Address is not { } address) return new ReplyOutcome.Refused(ReplyReasons.NoReplyPath);
        var letter = LetterOf(reply, address);
        if (letter.Refusal is { } refusal) return refusal;
        var current = options.CurrentValue;
        if (current.TokensOf(reply.To.Account).Count == 0)
            return new ReplyOutcome.Refused(ReplyReasons.NotPermitted,
                $"Channels__Meta__AccessToken, or Channels__Meta__Accounts__{reply.To.Account}__AccessToken, is missing.");
        using var answer = await MetaCalls.SendAsync(calls, current, reply.To.Account, HttpMethod.Post, letter.Path!, letter.Body, ct);
        return MetaRefusal.Of(answer, reply.To) ?? Sent(reply, letter, answer);
    }

    private MetaMessage LetterOf(Reply reply, string address)
    {
        var to = reply.To;
        if (to.Network == "whatsapp") return WhatsAppMessage.Of(reply, address);
        if (reply.Template is not null) return MetaMessage.Refused(ReplyReasons.ContentRefused, "Only WhatsApp has templates.");
        var (most, bytes) = (to.Network, to.Place, reply.InPrivate) switch
        {
            // https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/messaging-api
            ("instagram", Place.Private, _) or ("instagram", _, true) => (1000, true),
            ("instagram", _, _) => (2200, false),
            (_, Place.Private, _) or (_, _, true) => (2000, false),
            _ => (8000, false),
        };
        if ((bytes ? Encoding.UTF8.GetByteCount(reply.Text) : reply.Text.Length) > most)
            return MetaMessage.Refused(ReplyReasons.TooLong, $"It has at most {most} {(bytes ? "bytes" : "characters")} there.");
        if (MetaMention.Parse(address) is { } mention) return ToMention(mention, reply);
        if (to.Place == Place.Public && !reply.InPrivate)
            return new MetaMessage(to.Network == "instagram"
                ? $"{address}/replies" : $"{address}/comments", new JsonObject { ["message"] = reply.Text });

        var sender = to.Network == "instagram" && !options.CurrentValue.IsInstagramLogin(to.Account) ? "me" : to.Account;
        var message = new JsonObject { ["message"] = new JsonObject { ["text"] = reply.Text } };
        if (to.Place == Place.Public)
        {
            if (time.GetUtcNow() > to.OccurredAt + PrivateWindow)
                return MetaMessage.Refused(ReplyReasons.WindowClosed, "A private reply may be sent within seven days.");
            message["recipient"] = new JsonObject { [to.Kind == ContactKind.Post ? "post_id" : "comment_id"] = address };
            return new MetaMessage($"{sender}/messages", message);
        }

        message["recipient"] = new JsonObject { ["id"] = address };
        var late = time.GetUtcNow() > to.Reply!.Until;
        message["messaging_type"] = late ? "MESSAGE_TAG" : "RESPONSE";
        if (late) message["tag"] = "HUMAN_AGENT";
        return new MetaMessage($"{sender}/messages", message);
    }

    // https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/mentions
    private static MetaMessage ToMention(MetaMention mention, Reply reply)
    {
        if (reply.InPrivate)
            return MetaMessage.Refused(ReplyReasons.NoReplyPath,
                "Instagram allows no private reply to a mention on the author's own media.");
        var body = new JsonObject { ["media_id"] = mention.Media, ["message"] = reply.Text };
        if (mention.Comment is not null) body["comment_id"] = mention.Comment;
        return new MetaMessage($"{mention.Account}/mentions", body);
    }

    // Ids as the echo has them: message_echoes, the page's own comment in feed, smb_message_echoes.
    private ReplyOutcome Sent(Reply reply, MetaMessage letter, MetaAnswer answer)
    {
        var to = reply.To;
        var id = answer.Json.Get("message_id"u8).AsId() ?? answer.Json.Get("id"u8).AsId();
        foreach (var message in answer.Json.Get("messages"u8).Items()) id = message.Get("id"u8).AsId() ?? id;
        if (id is null) return new ReplyOutcome.Uncertain("unreadable-answer");
        var inPublic = !letter.Path!.EndsWith("/messages", StringComparison.Ordinal);
        var moved = to.Place == Place.Public && !inPublic;
        var network = moved && to.Network == "facebook" ? "messenger" : to.Network;
        var customer = answer.Json.Get("recipient_id"u8).AsId();
        var sent = reply.AsSent(id, time.GetUtcNow(), network);
        return new ReplyOutcome.Sent(sent with
        {
            Contact = sent.Contact with
            {
                Kind = inPublic ? ContactKind.Comment : ContactKind.Message,
                Place = inPublic ? Place.Public : Place.Private,
                Entry = moved ? to.Account : to.Entry,
                ThreadKey = !moved ? to.ThreadKey : customer is null ? null : $"{network}:{to.Account}:{customer}",
                Parties = !moved ? to.Parties : customer is null
                ? [] : [new Identity(network == "instagram" ? "igsid" : "psid", customer, Evidence.Attested, to.Account)],
                Text = reply.Text.Length > 0 ? reply.Text : null,
            },
        });
    }
}

/// <summary>The request of a reply, or the reason why it cannot be sent.</summary>
/// <param name="Path">Behind the address of the API.</param>
/// <param name="Body">The JSON.</param>
internal sealed record MetaMessage(string? Path, JsonObject? Body)
{
    public ReplyOutcome.Refused? Refusal { get; private init; }

    public static MetaMessage Refused(string reason, string? detail = null) => new(null, null) { Refusal = new(reason, detail) };
}
