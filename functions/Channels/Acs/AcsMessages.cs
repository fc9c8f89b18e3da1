using System.Text.Json;
using Serverless.Contacts;

namespace Serverless.Channels.Acs;

/// <summary>
/// Reads SMS and WhatsApp messages and what became of ours.
/// https://learn.microsoft.com/azure/event-grid/communication-services-telephony-sms-events and
/// https://learn.microsoft.com/azure/event-grid/communication-services-advanced-messaging-events
/// </summary>
internal static class AcsMessages
{
    /// <summary>How long WhatsApp lets a business answer freely.</summary>
    private static readonly TimeSpan Window = TimeSpan.FromHours(24);

    /// <summary>Numbers come with and without a plus.</summary>
    public static string? Number(string? text)
    {
        var digits = (text ?? "").AsSpan().TrimStart('+');
        return digits.Length is >= 7 and <= 15 && !digits.ContainsAnyExceptInRange('0', '9') ? $"+{digits}" : null;
    }

    public static Parsed Sms(AcsEvent happened)
    {
        var data = happened.Data;
        var from = data.Get("from"u8).AsText() ?? throw new FormatException("An SMS names no sender.");
        var number = Number(from);
        var entry = Number(data.Get("to"u8).AsText()) ?? data.Get("to"u8).AsText();
        var contact = happened.Contact("sms", data.Get("messageId"u8).AsText() ?? happened.Id, ContactKind.Message) with
        {
            Entry = entry,
            ThreadKey = number is null || entry is null ? null : $"{number} {entry}",
            Parties = [number is null
                ? new Identity("sms-sender", from, Evidence.Claimed, happened.Account) : new Identity("phone", number, Evidence.Claimed)],
            OccurredAt = data.Get("receivedTimestamp"u8).AsIsoTime(happened.At),
            Text = data.Get("message"u8).AsText(),
            Reply = number is null ? null : new ReplyPath(number),
        };
        return new Parsed.Found(new ContactEvent(contact.ExternalId, ContactChange.Received, contact));
    }

    public static Parsed SmsReport(AcsEvent happened)
    {
        var data = happened.Data;
        if (data.Get("messageId"u8).AsText() is not { } id) return new Parsed.Ignored("delivery-status");
        var failed = !data.Get("deliveryStatus"u8).Is("Delivered"u8);
        // Our own id, where the reply was ours; the documentation's sample writes the name with a capital.
        var tag = data.Get("Tag"u8).AsText() ?? data.Get("tag"u8).AsText();
        return new Parsed.StatusUpdate(new MessageStatus(
            happened.Account, id, failed
            ? MessageState.Failed : MessageState.Delivered, data.Get("receivedTimestamp"u8).AsIsoTime(happened.At), failed
            ? "sms-not-delivered" : null, tag is { Length: 32 } ? tag : null));
    }

    public static Parsed WhatsApp(AcsEvent happened)
    {
        var data = happened.Data;
        // A sender with a private number is known to the business by an id only, and "from" is empty then; both may be present.
        // https://learn.microsoft.com/azure/communication-services/concepts/advanced-messaging/whatsapp/whatsapp-username-support-overview
        var number = Number(data.Get("from"u8).AsText());
        var user = data.Get("fromBSUID"u8).AsText() ?? (number is null ? data.Get("from"u8).AsText() : null);
        var from = user ?? data.Get("from"u8).AsText() ?? throw new FormatException("A message names no sender.");
        var entry = data.Get("to"u8).AsText();
        var at = data.Get("receivedTimestamp"u8).AsIsoTime(happened.At);
        var reaction = data.Get("messageType"u8).Is("reaction"u8);
        // The documentation promises messageId, its samples lack it.
        var contact = happened.Contact(data.Get("channelType"u8).AsText() ?? "whatsapp", data.Get("messageId"u8).AsText() ?? happened.Id,
            ContactKind.Message) with
        {
            Entry = entry,
            Kind = reaction ? ContactKind.Reaction : ContactKind.Message,
            ThreadKey = entry is null ? null : $"whatsapp:{from} {entry}",
            ThreadAlias = entry is null || user is null || number is null ? null : $"whatsapp:{data.Get("from"u8).AsText()} {entry}",
            Parties = [.. number is null ? Array.Empty<Identity>() : [new Identity("phone", number, Evidence.Attested)], .. user is null
                ? Array.Empty<Identity>() : [new Identity("bsuid", user, Evidence.Attested, entry)]],
            OccurredAt = at,
            Text = TextOf(data),
            Attachments = data.Get("media"u8) is { ValueKind: JsonValueKind.Object } media && media.Get("id"u8).AsText() is { } file
                ? [new Attachment(file, media.Get("mimeType"u8).AsText(), Name: media.Get("fileName"u8).AsText())]
                : [],
            Reply = new ReplyPath(number ?? from, at + Window),
            Extras = Extras(data),
        };
        if (!reaction) return new Parsed.Found(new ContactEvent(contact.ExternalId, ContactChange.Received, contact));
        // All that happens to the sign under one message is one contact; without a sign it was taken back.
        var under = data.Get("reaction"u8).Get("messageId"u8).AsText() ?? contact.ExternalId;
        return new Parsed.Found(new ContactEvent(contact.ExternalId, contact.Text is null ? ContactChange.Removed : ContactChange.Received,
            contact with { ExternalId = $"{under}:reaction" }));
    }

    public static Parsed WhatsAppStatus(AcsEvent happened)
    {
        var data = happened.Data;
        MessageState? state = data.Get("status"u8).AsText() switch
        {
            "Sent" => MessageState.Sent,
            "Delivered" => MessageState.Delivered,
            "Read" => MessageState.Read,
            "Failed" => MessageState.Failed,
            _ => null,
        };
        if (state is null || data.Get("messageId"u8).AsText() is not { } id) return new Parsed.Ignored("delivery-status");
        var code = data.Get("error"u8).Get("channelCode"u8).AsId();
        return new Parsed.StatusUpdate(new MessageStatus(happened.Account, id, state.Value, data.Get("receivedTimestamp"u8)
            .AsIsoTime(happened.At), state == MessageState.Failed ? code ?? "unknown" : null));
    }

    private static string? TextOf(JsonElement data) =>
        data.Get("reaction"u8).Get("emoji"u8).AsText() ?? data.Get("content"u8).AsText() ?? data.Get("media"u8).Get("caption"u8).AsText()
        ?? data.Get("button"u8).Get("text"u8).AsText()
        ?? data.Get("interactive"u8).Get("buttonReply"u8).Get("title"u8).AsText()
        ?? data.Get("interactive"u8).Get("listReply"u8).Get("title"u8).AsText();

    private static IReadOnlyDictionary<string, string>? Extras(JsonElement data)
    {
        var extras = new ExtraFields();
        extras.Add("reaction.messageId", data.Get("reaction"u8).Get("messageId"u8).AsText());
        extras.Add("context.id", data.Get("context"u8).Get("id"u8).AsText());
        extras.Add("button.payload", data.Get("button"u8).Get("payload"u8).AsText());
        extras.Add("buttonReply.id", data.Get("interactive"u8).Get("buttonReply"u8).Get("id"u8).AsText());
        extras.Add("listReply.id", data.Get("interactive"u8).Get("listReply"u8).Get("id"u8).AsText());
        return extras.Values;
    }
}
