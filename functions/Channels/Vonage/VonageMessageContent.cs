using System.Text.Json;
using Serverless.Contacts;

namespace Serverless.Channels.Vonage;

/// <summary>Content of a message of any type. https://developer.vonage.com/en/api/messages</summary>
/// <param name="Text">The customer's words.</param>
/// <param name="Attachments">Files that came with them.</param>
/// <param name="Extras">Further fields, under Vonage's own names.</param>
/// <param name="IsReadable">False when a person must read it at the provider.</param>
internal readonly record struct VonageMessageContent(string? Text, IReadOnlyList<Attachment> Attachments,
    Dictionary<string, string>? Extras, bool IsReadable)
{
    public static VonageMessageContent Of(JsonElement message, string? type)
    {
        Dictionary<string, string>? extras = null;
        void Add(string name, string? value)
        {
            if (value is not null) (extras ??= new(StringComparer.Ordinal))[name] = value;
        }

        List<Attachment>? files = null;
        var text = message.Get("text"u8).AsText();
        var readable = true;
        switch (type)
        {
            case "text" or "unsupported_text":
                break;
            case "image" or "audio" or "video" or "file" or "sticker" or "vcard":
                var file = message.Get(System.Text.Encoding.UTF8.GetBytes(type));
                text = file.Get("caption"u8).AsText() ?? text;
                readable = AddFile(ref files, file, type);
                break;
            case "content":
                // An MMS of several parts.
                foreach (var part in message.Get("content"u8).Items())
                    readable &= part.Get("type"u8).Is("text"u8) || AddFile(ref files, part, part.Get("type"u8).AsText());
                break;
            case "reply":
                // The label of the button or list entry is what the customer said by choosing it.
                text = message.Get("reply"u8).Get("title"u8).AsText() ?? text;
                Add("reply.id", message.Get("reply"u8).Get("id"u8).AsId());
                Add("reply.description", message.Get("reply"u8).Get("description"u8).AsText());
                break;
            case "button":
                text = message.Get("button"u8).Get("text"u8).AsText() ?? text;
                Add("button.payload", message.Get("button"u8).Get("payload"u8).AsText());
                break;
            case "location":
                var place = message.Get("location"u8);
                Add("location", $"{place.Get("lat"u8).AsId()},{place.Get("long"u8).AsId()}");
                text = place.Get("name"u8).AsText() ?? text;
                Add("location.address", place.Get("address"u8).AsText());
                break;
            case "reaction":
                // Taken back: no sign is left.
                text = message.Get("reaction"u8).Get("action"u8).Is("unreact"u8) ? null : message.Get("reaction"u8).Get("emoji"u8).AsText();
                break;
            case "contact" or "order":
                var whole = message.Get(System.Text.Encoding.UTF8.GetBytes(type));
                Add(type, whole.IsObject() ? whole.GetRawText() : null);
                break;
            default:
                readable = text is not null;
                Add("message_type", type);
                break;
        }

        Add("sms.keyword", message.Get("sms"u8).Get("keyword"u8).AsText());
        Add("context.message_uuid", message.Get("context"u8).Get("message_uuid"u8).AsId());
        Add("whatsapp.referral", message.Get("whatsapp"u8).Get("referral"u8) is { ValueKind: JsonValueKind.Object } referral
            ? referral.GetRawText() : null);
        return new(text, files ?? [], extras, readable);
    }

    private static bool AddFile(ref List<Attachment>? files, JsonElement file, string? type)
    {
        if (file.Get("url"u8).AsText() is not { } url) return false;
        (files ??= []).Add(new(url, type, Name: file.Get("name"u8).AsText()));
        return true;
    }
}
