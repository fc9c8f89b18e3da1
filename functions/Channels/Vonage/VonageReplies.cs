using System.Text;
using System.Text.Json;
using Serverless.Contacts;
using Serverless.Platform.Json;
using Serverless.Platform.OutboundHttp;

namespace Serverless.Channels.Vonage;

/// <content>A text back to the customer by the Messages API; a caller gets an SMS. https://developer.vonage.com/en/api/messages</content>
public sealed partial class VonageChannel : ISendsReplies
{
    // client_ref comes back with the status, but a message sent twice under one arrives twice.
    public bool Repeatable => false;

    public async Task<ReplyOutcome> SendAsync(Reply reply, CancellationToken ct)
    {
        var (channel, limit) = WayBack(reply.To.Network);
        if (channel is null || reply.To.Reply is not { } path || reply.To.Entry is not { } ours)
            return new ReplyOutcome.Refused(ReplyReasons.NoReplyPath);
        if (path.Until < _time.GetUtcNow() && reply.Template is null)
            return new ReplyOutcome.Refused(channel is "whatsapp"
                ? ReplyReasons.TemplateNeeded : ReplyReasons.WindowClosed, "The customer's last message is more than 24 hours old.");
        if (reply.Template is not null && channel is not "whatsapp")
            return new ReplyOutcome.Refused(ReplyReasons.ContentRefused, "Only WhatsApp has templates.");
        if (reply.Template is null && reply.Text.Length > limit)
            return new ReplyOutcome.Refused(ReplyReasons.TooLong, $"{channel} takes {limit} characters.");
        var answer = await _api.ApplicationAsync(HttpMethod.Post, "/v1/messages", Body(reply, channel, ours, path.Address), ct);
        return Outcome(answer, reply, channel);
    }

    private static (string? Channel, int Limit) WayBack(string network) => network switch
    {
        "sms" or "mms" or "voice" => ("sms", 1000),
        "whatsapp" => ("whatsapp", 4096),
        "messenger" => ("messenger", 640),
        "instagram" => ("instagram", 1000),
        "viber" => ("viber_service", 1000),
        "rcs" => ("rcs", 3072),
        _ => (null, 0),
    };

    private static string Body(Reply reply, string channel, string ours, string customer)
    {
        using var bytes = new MemoryStream(512);
        using (var json = PlainJson.Writer(bytes))
        {
            json.WriteStartObject();
            json.WriteString("channel"u8, channel);
            json.WriteString("from"u8, VonageNumber.Bare(ours));
            json.WriteString("to"u8, VonageNumber.Bare(customer));
            json.WriteString("client_ref"u8, reply.Id);
            if (reply.Template is { } template) WriteTemplate(json, template);
            else
            {
                json.WriteString("message_type"u8, "text"u8);
                json.WriteString("text"u8, reply.Text);
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
    }

    // https://developer.vonage.com/en/messages/code-snippets/whatsapp/send-template
    private static void WriteTemplate(Utf8JsonWriter json, ReplyTemplate template)
    {
        json.WriteString("message_type"u8, "template"u8);
        json.WriteStartObject("whatsapp"u8);
        json.WriteString("policy"u8, "deterministic"u8);
        json.WriteString("locale"u8, template.Language);
        json.WriteEndObject();
        json.WriteStartObject("template"u8);
        json.WriteString("name"u8, template.Name);
        json.WriteStartArray("parameters"u8);
        foreach (var value in template.Values) json.WriteStringValue(value);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private ReplyOutcome Outcome(ProviderResponse? answer, Reply reply, string channel)
    {
        switch (answer)
        {
            case null:
                return new ReplyOutcome.Refused(ReplyReasons.NotPermitted,
                    "Channels__Vonage__ApplicationId and Channels__Vonage__PrivateKey must be set.");
            case { Status: 0 or 429 or >= 500 }:
                return ReplyOutcome.NotTaken(answer.Status, answer.MaybeSent, answer.RetryAfter);
            case { Succeeded: true }:
                return Member(answer, "message_uuid"u8) is { } id
                    ? new ReplyOutcome.Sent(Sent(reply, id, channel)) : new ReplyOutcome.Uncertain(ReplyReasons.Unreachable);
        }

        // The type of an error is an address whose last part is its number or name. https://developer.vonage.com/en/api-errors/messages
        var detail = Member(answer, "type"u8)?.Split('/', '#')[^1] is { Length: > 0 and < 60 } type
            ? $"{answer.Status} {type}" : $"{answer.Status}";
        return answer.Status switch
        {
            401 or 403 =>
                new ReplyOutcome.Refused(ReplyReasons.NotPermitted,
                    $"{detail}: Vonage does not take the token made of Channels__Vonage__ApplicationId and Channels__Vonage__PrivateKey, or the sender is not linked to the application."),
            402 => new ReplyOutcome.Refused(ReplyReasons.NotPermitted, $"{detail}: the account has no balance left."),
            _ => new ReplyOutcome.Refused(ReplyReasons.ContentRefused, detail),
        };
    }

    private ContactEvent Sent(Reply reply, string id, string channel)
    {
        var to = reply.To;
        var network = VonageMessagePayload.NetworkOf(channel);
        var customer = to.Parties.Count > 0 ? to.Parties[0].Value : null;
        var sent = reply.AsSent(id, _time.GetUtcNow(), network);
        return sent with
        {
            Contact = sent.Contact with
            {
                ThreadKey = to.ThreadKey ?? VonageMessagePayload.ThreadOf(network, customer, to.Entry),
                Text = reply.Template is null ? reply.Text : null,
                Extras = reply.Template is { } template
                ? new Dictionary<string, string>(StringComparer.Ordinal) { ["template"] = template.Name } : null,
            },
        };
    }

    private static string? Member(ProviderResponse answer, ReadOnlySpan<byte> name)
    {
        try
        {
            using var document = JsonDocument.Parse(answer.Body);
            return document.RootElement.Get(name).AsId();
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
