using System.Text.Json;
using Serverless.Contacts;
using Serverless.Platform.Json;
using Serverless.Platform.OutboundHttp;

namespace Serverless.Channels.Twilio;

/// <content>Answers by SMS and WhatsApp. A call is answered by SMS from the number that was dialled.</content>
/// <remarks>https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource</remarks>
public sealed partial class TwilioChannel : ISendsReplies
{
    // https://www.twilio.com/docs/api/errors/21617
    private const int LongestText = 1600;

    // A message is made anew at every call: Twilio takes no id of ours. The callback's address gives ours back.
    public bool Repeatable => false;

    public async Task<ReplyOutcome> SendAsync(Reply reply, CancellationToken ct)
    {
        var (to, current) = (reply.To, options.CurrentValue);
        if (to.Reply?.Address is not { } customer || to.Entry is not { } ours) return new ReplyOutcome.Refused(ReplyReasons.NoReplyPath);
        if (reply.Text.Length > LongestText)
            return new ReplyOutcome.Refused(ReplyReasons.TooLong, $"A message has at most {LongestText} characters.");
        if (PhoneAddress.IsWhatsApp(customer)) ours = $"whatsapp:{ours}";
        var path = $"/2010-04-01/Accounts/{Uri.EscapeDataString(to.Account)}/Messages.json";
        var answer = await TwilioCalls.SendAsync(calls, current, to.Account, HttpMethod.Post, path, Form(reply, customer, ours), ct);
        return Outcome(reply, answer, customer, ours, current);
    }

    private List<KeyValuePair<string, string>> Form(Reply reply, string customer, string ours)
    {
        List<KeyValuePair<string, string>> form = [new("To", customer), new("From", ours)];
        if (reply.Template is { } template)
        {
            // https://www.twilio.com/docs/content/send-templates-created-with-the-content-template-builder
            form.Add(new("ContentSid", template.Name));
            form.Add(new("ContentVariables", Variables(template.Values)));
        }
        else form.Add(new("Body", reply.Text));
        if (PublicAddress is { } address)
            form.Add(new("StatusCallback", $"{address}/api/hooks/{ChannelName}/messages/status?reply={reply.Id}"));
        return form;
    }

    private static string Variables(IReadOnlyList<string> values)
    {
        using var buffer = new MemoryStream();
        using (var writer = PlainJson.Writer(buffer))
        {
            writer.WriteStartObject();
            for (var i = 0; i < values.Count; i++) writer.WriteString((i + 1).ToString(), values[i]);
            writer.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(buffer.ToArray());
    }

    private ReplyOutcome Outcome(Reply reply, ProviderResponse answer, string customer, string ours, TwilioOptions current)
    {
        if (answer.Status == 429) return new ReplyOutcome.Later(ReplyReasons.RateLimited, answer.RetryAfter);
        if (answer.Status == 0) return answer.MaybeSent
            ? new ReplyOutcome.Uncertain(ReplyReasons.Unreachable) : new ReplyOutcome.Later(ReplyReasons.Unreachable);
        using var json = JsonOf(answer);
        if (!answer.Succeeded) return answer.Status >= 500 ? new ReplyOutcome.Uncertain(ReplyReasons.Unreachable)
            : Refused(answer.Status, Number(json, "code"), reply.To.Account, current);
        // A 2xx without a name we can read went out all the same.
        if (json is null || !json.RootElement.TryGetProperty("sid", out var sid) || sid.GetString() is not { } id)
            return new ReplyOutcome.Uncertain("unreadable-answer");
        var sent = reply.AsSent(id, time.GetUtcNow(), PhoneAddress.IsWhatsApp(customer) ? "whatsapp" : "sms");
        return new ReplyOutcome.Sent(sent with
        {
            Contact = sent.Contact with
            {
                Entry = PhoneAddress.Bare(ours),
                ThreadKey = PhoneAddress.ThreadOf(customer, ours),
                Parties = PhoneAddress.PartyOf(customer, reply.To.Account, null),
                Text = reply.Text.Length > 0 ? reply.Text : null,
            },
        });
    }

    // https://www.twilio.com/docs/api/errors
    private static ReplyOutcome.Refused Refused(int status, int? code, string account, TwilioOptions current) => code switch
    {
        _ when status is 401 or 403 && code is null or 20003 or 20404 =>
            new(ReplyReasons.NotPermitted, $"Twilio refused the credential ({code ?? status}): {TwilioCalls.Setting(account, current)}."),
        63016 => new(ReplyReasons.TemplateNeeded, "63016"),
        21610 or 21211 or 63003 => new(ReplyReasons.RecipientGone, code.ToString()),
        21614 or 21612 or 63024 => new(ReplyReasons.NoReplyPath, code.ToString()),
        21617 or 21605 => new(ReplyReasons.TooLong, code.ToString()),
        21408 or 21606 or 21659 or 21660 or 21212 or 63007 =>
            new(ReplyReasons.NotPermitted,
                $"The number that was called may not send this ({code}): see Phone Numbers and Messaging, Settings, Geo permissions in the Twilio console."),
        _ => new(ReplyReasons.ContentRefused, (code ?? status).ToString()),
    };

    private static JsonDocument? JsonOf(ProviderResponse answer)
    {
        try
        {
            return answer.Body.Length > 0 ? JsonDocument.Parse(answer.Body) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static int? Number(JsonDocument? json, string name) =>
        json?.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty(name, out var value)
        && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number : null;
}
