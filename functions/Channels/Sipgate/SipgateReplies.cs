using Serverless.Contacts;
using Serverless.Platform.Json;

namespace Serverless.Channels.Sipgate;

/// <content>Replies go out as SMS from a web SMS extension. sipgate answers 204 and no id, and recognises no key of ours.
/// https://developer.sipgate.io/rest-api/sms/</content>
public sealed partial class SipgateChannel : ISendsReplies
{
    /// <summary>Ten SMS joined; ours, since sipgate names no limit.</summary>
    private const int MaxCharacters = 1530;

    public bool Repeatable => false;

    public async Task<ReplyOutcome> SendAsync(Reply reply, CancellationToken ct)
    {
        var current = options.CurrentValue;
        if (!current.HasToken || string.IsNullOrEmpty(current.SmsId))
            return new ReplyOutcome.Refused(ReplyReasons.NotPermitted,
                "Channels__Sipgate__TokenId, __Token and __SmsId are needed to send an SMS.");
        if (SipgatePayload.Number(reply.To.Reply?.Address) is not { } number) return new ReplyOutcome.Refused(ReplyReasons.NoReplyPath);
        if (reply.Text.Length > MaxCharacters)
            return new ReplyOutcome.Refused(ReplyReasons.TooLong, $"An SMS holds {MaxCharacters} characters.");

        var answer = await SipgateApi.SendAsync(calls, current, HttpMethod.Post, "sessions/sms", Body(current.SmsId, number, reply.Text),
            ct);
        return answer.Status switch
        {
            >= 200 and < 300 => new ReplyOutcome.Sent(Event(reply, number)),
            401 or 403 =>
                new ReplyOutcome.Refused(ReplyReasons.NotPermitted,
                    $"{answer.Status}: the token of Channels__Sipgate__TokenId lacks sessions:sms:write, or __SmsId is not its own."),
            402 => new ReplyOutcome.Refused(ReplyReasons.NotPermitted, "402: the sipgate account has no credit."),
            _ => ReplyOutcome.NotTaken(answer.Status, answer.MaybeSent, answer.RetryAfter),
        };
    }

    private static byte[] Body(string smsId, string recipient, string message)
    {
        using var bytes = new MemoryStream();
        using (var json = PlainJson.Writer(bytes))
        {
            json.WriteStartObject();
            json.WriteString("smsId", smsId);
            json.WriteString("recipient", recipient);
            json.WriteString("message", message);
            json.WriteEndObject();
        }

        return bytes.ToArray();
    }

    // The provider names no id of an SMS, and echoes none.
    private ContactEvent Event(Reply reply, string number)
    {
        var sent = reply.AsSent($"sms:{reply.Id}", time.GetUtcNow(), "sms");
        return sent with { Contact = sent.Contact
            with { Account = ChannelName, Parties = [new Identity("phone", number, Evidence.Claimed)] } };
    }
}
