using System.Globalization;
using System.Text.Json;
using Serverless.Contacts;
using Serverless.Platform.Json;

namespace Serverless.Channels.Acs;

/// <summary>What the two send calls want and what they answer.</summary>
internal static class AcsBodies
{
    /// <summary>https://learn.microsoft.com/rest/api/communication/sms/send</summary>
    public static byte[] Sms(Reply reply, Guid? id, DateTimeOffset now) => Write(json =>
    {
        json.WriteString("from", reply.To.Entry);
        json.WriteStartArray("smsRecipients");
        json.WriteStartObject();
        json.WriteString("to", reply.To.Reply!.Address);
        if (id is { } repeatable)
        {
            json.WriteString("repeatabilityRequestId", repeatable.ToString("D"));
            json.WriteString("repeatabilityFirstSent", AcsApi.FirstSent(repeatable, now).ToString("R", CultureInfo.InvariantCulture));
        }

        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteString("message", reply.Text);
        json.WriteStartObject("smsSendOptions");
        json.WriteBoolean("enableDeliveryReport", true);
        json.WriteString("tag", reply.Id);
        json.WriteEndObject();
    });

    /// <summary>A text, or a template with its values in order.
    /// https://learn.microsoft.com/azure/communication-services/concepts/advanced-messaging/whatsapp/template-messages</summary>
    public static byte[] WhatsApp(Reply reply) => Write(json =>
    {
        json.WriteString("channelRegistrationId", reply.To.Entry);
        json.WriteStartArray("to");
        json.WriteStringValue(reply.To.Reply!.Address);
        json.WriteEndArray();
        json.WriteString("kind", reply.Template is null ? "text" : "template");
        if (reply.Template is { } template) Template(json, template);
        else json.WriteString("content", reply.Text);
    });

    /// <summary>The id of the message, or why this recipient was refused; neither when the answer cannot be read.</summary>
    public static (string? MessageId, string? Refused) Receipt(ReadOnlyMemory<byte> body, bool sms)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            var receipt = json.RootElement.Get(sms ? "value"u8 : "receipts"u8).Items().FirstOrDefault();
            // The SMS call is accepted as a whole while a recipient may be refused.
            if (sms && receipt.Get("successful"u8).ValueKind == JsonValueKind.False)
                return (null, receipt.Get("httpStatusCode"u8).AsId() ?? "refused");
            return (receipt.Get("messageId"u8).AsText(), null);
        }
        catch (JsonException)
        {
            return (null, null);
        }
    }

    private static void Template(Utf8JsonWriter json, ReplyTemplate template)
    {
        json.WriteStartObject("template");
        json.WriteString("name", template.Name);
        json.WriteString("language", template.Language);
        json.WriteStartArray("values");
        for (var i = 0; i < template.Values.Count; i++)
        {
            json.WriteStartObject();
            json.WriteString("kind", "text");
            json.WriteString("name", $"value{i + 1}");
            json.WriteString("text", template.Values[i]);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartObject("bindings");
        json.WriteString("kind", "whatsApp");
        json.WriteStartArray("body");
        for (var i = 0; i < template.Values.Count; i++)
        {
            json.WriteStartObject();
            json.WriteString("refValue", $"value{i + 1}");
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>A JSON object of these members.</summary>
    public static byte[] Write(Action<Utf8JsonWriter> members)
    {
        using var bytes = new MemoryStream();
        using (var json = PlainJson.Writer(bytes))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        return bytes.ToArray();
    }
}
