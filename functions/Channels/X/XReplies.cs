using System.Text;
using System.Text.Json;
using Serverless.Contacts;
using Serverless.Platform.Json;
using Serverless.Platform.OutboundHttp;

namespace Serverless.Channels.X;

/// <content>A text back to the customer: in public under the post, or as a direct message.</content>
public sealed partial class XChannel : ISendsReplies
{
    private const int PostLength = 280;
    private const int LongPostLength = 25_000;
    private const int MessageLength = 10_000;

    // X takes no id of ours; it refuses a post with the very same words, but a message it sends twice.
    public bool Repeatable => false;

    public Task<ReplyOutcome> SendAsync(Reply reply, CancellationToken ct)
    {
        if (reply.To.Parties is not [{ Scheme: ChannelName, Value: { Length: > 0 } customer }, ..] || reply.To.Reply is not { } path)
            return Task.FromResult<ReplyOutcome>(new ReplyOutcome.Refused(ReplyReasons.NoReplyPath));
        return reply.To.Place is Place.Public && !reply.InPrivate
            ? PostAsync(reply, path.Address, customer, ct) : MessageAsync(reply, customer, ct);
    }

    // https://docs.x.com/x-api/posts/create-post
    private async Task<ReplyOutcome> PostAsync(Reply reply, string post, string customer, CancellationToken ct)
    {
        var account = reply.To.Account;
        var limit = _options.CurrentValue.Accounts.GetValueOrDefault(account) is { LongPosts: true } ? LongPostLength : PostLength;
        var length = XText.Length(reply.Text);
        if (length > limit)
            return new ReplyOutcome.Refused(ReplyReasons.TooLong,
                $"X counts {length} characters; {limit} may be posted from this account.");
        var body = Json(json =>
        {
            json.WriteString("text"u8, reply.Text);
            json.WriteStartObject("reply"u8);
            json.WriteString("in_reply_to_tweet_id"u8, post);
            json.WriteEndObject();
        });
        var answer = await _api.AccountAsync(account, HttpMethod.Post, "/2/tweets", body, ct);
        return Outcome(answer, account, "id"u8, id => Sent(reply, id, customer, isPublic: true));
    }

    // https://docs.x.com/x-api/direct-messages/create-dm-message-by-participant-id
    private async Task<ReplyOutcome> MessageAsync(Reply reply, string customer, CancellationToken ct)
    {
        if (reply.Text.Length > MessageLength)
            return new ReplyOutcome.Refused(ReplyReasons.TooLong, $"A direct message takes {MessageLength} characters.");
        if (customer.AsSpan().ContainsAnyExceptInRange('0', '9')) return new ReplyOutcome.Refused(ReplyReasons.NoReplyPath);
        var body = Json(json => json.WriteString("text"u8, reply.Text));
        var answer = await _api.AccountAsync(reply.To.Account, HttpMethod.Post, $"/2/dm_conversations/with/{customer}/messages", body, ct);
        return Outcome(answer, reply.To.Account, "dm_event_id"u8, id => Sent(reply, id, customer, isPublic: false));
    }

    /// <summary>The contact that X's own echo of it will be, by the same ids.</summary>
    private ContactEvent Sent(Reply reply, string id, string customer, bool isPublic)
    {
        var to = reply.To;
        var sent = reply.AsSent(id, _time.GetUtcNow(), ChannelName);
        return sent with
        {
            Contact = sent.Contact with
            {
                Kind = isPublic ? ContactKind.Comment : ContactKind.Message,
                Place = isPublic ? Place.Public : Place.Private,
                Entry = isPublic ? to.Reply!.Address : to.Account,
                ThreadKey = isPublic ? XPost.ThreadOf(to.Account, customer) : XDirectMessage.ThreadOf(to.Account, customer),
                Parties = [XSender.Person(customer, null)],
            },
        };
    }

    private static ReplyOutcome Outcome(ProviderResponse? answer, string account, ReadOnlySpan<byte> idName,
        Func<string, ContactEvent> sent)
    {
        switch (answer)
        {
            case null:
                return new ReplyOutcome.Refused(ReplyReasons.NotPermitted,
                    $"Channels__X__ConsumerKey, Channels__X__ConsumerSecret and Channels__X__Accounts__{account}__AccessToken with its secret must be set.");
            case { Status: 0 or 429 or >= 500 }:
                return ReplyOutcome.NotTaken(answer.Status, answer.MaybeSent, answer.RetryAfter);
            case { Succeeded: true }:
                // Taken, but without an id the echo could not be recognised.
                return Read(answer.Body, "data"u8, idName) is { } id
                    ? new ReplyOutcome.Sent(sent(id)) : new ReplyOutcome.Uncertain(ReplyReasons.Unreachable);
            default:
                return Refused(answer, account);
        }
    }

    // https://docs.x.com/x-api/fundamentals/response-codes-and-errors: X distinguishes reasons by the last part of an address; its title
    // names no person.
    private static ReplyOutcome.Refused Refused(ProviderResponse answer, string account)
    {
        var type = Read(answer.Body, "type"u8, default)?.Split('/')[^1];
        var detail = type is { Length: > 0 and < 80 } ? $"{answer.Status} {type}" : $"{answer.Status}";
        return answer.Status switch
        {
            401 or 402 =>
                new(ReplyReasons.NotPermitted,
                    $"{detail}: X does not take the access token Channels__X__Accounts__{account}__AccessToken, or the app has no credits left."),
            403 when type is "client-forbidden" or "oauth1-permissions" or "unsupported-authentication" or "usage-capped" =>
                new(ReplyReasons.NotPermitted,
                    $"{detail}: give the app read, write and direct message permission and create a new access token."),
            404 or 410 => new(ReplyReasons.RecipientGone, detail),
            403 when (Read(answer.Body, "detail"u8, default) ?? "").Contains("duplicate", StringComparison.OrdinalIgnoreCase) =>
                new(ReplyReasons.ContentRefused, $"{detail}: the same words were posted before."),
            403 => new(ReplyReasons.RecipientGone,
                $"{detail}: the customer takes no message from this account, or the post can no longer be answered."),
            _ => new(ReplyReasons.ContentRefused, detail),
        };
    }

    private static string? Read(ReadOnlyMemory<byte> body, ReadOnlySpan<byte> name, ReadOnlySpan<byte> inner)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var value = document.RootElement.Get(name);
            return (inner.IsEmpty ? value : value.Get(inner)).AsId();
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static string Json(Action<Utf8JsonWriter> write)
    {
        using var bytes = new MemoryStream(256);
        using (var json = PlainJson.Writer(bytes))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
    }
}
