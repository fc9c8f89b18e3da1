using System.Text.Json.Nodes;
using Serverless.Contacts;

namespace Serverless.Channels.Meta;

/// <summary>Writes a message for the WhatsApp Cloud API; our id travels with it and comes back with each status.</summary>
/// <remarks>https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages</remarks>
internal static class WhatsAppMessage
{
    private const int LongestText = 4096;

    public static MetaMessage Of(Reply reply, string address)
    {
        if (reply.Text.Length > LongestText)
            return MetaMessage.Refused(ReplyReasons.TooLong, $"A message has at most {LongestText} characters.");
        var message = new JsonObject { ["messaging_product"] = "whatsapp", ["biz_opaque_callback_data"] = reply.Id };
        var group = reply.To.Extras?.GetValueOrDefault("group_id") == address;
        message["recipient_type"] = group ? "group" : "individual";
        // A number goes into "to", a business-scoped user id into "recipient".
        // https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids
        if (group || address.AsSpan().TrimStart('+').IndexOfAnyExceptInRange('0', '9') < 0) message["to"] = address.TrimStart('+');
        else message["recipient"] = address;
        if (reply.Template is { } template)
        {
            message["type"] = "template";
            message["template"] = Template(template);
            return new MetaMessage($"{reply.To.Account}/messages", message);
        }

        message["type"] = "text";
        message["text"] = new JsonObject { ["body"] = reply.Text, ["preview_url"] = false };
        if (reply.To.Kind == ContactKind.Message) message["context"] = new JsonObject { ["message_id"] = reply.To.ExternalId };
        return new MetaMessage($"{reply.To.Account}/messages", message);
    }

    private static JsonObject Template(ReplyTemplate template)
    {
        var written = new JsonObject { ["name"] = template.Name, ["language"] = new JsonObject { ["code"] = template.Language } };
        if (template.Values.Count == 0) return written;
        var values = new JsonArray();
        foreach (var value in template.Values) values.Add((JsonNode)new JsonObject { ["type"] = "text", ["text"] = value });
        written["components"] = new JsonArray(new JsonObject { ["type"] = "body", ["parameters"] = values });
        return written;
    }
}
