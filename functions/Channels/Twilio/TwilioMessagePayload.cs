using Serverless.Contacts;

namespace Serverless.Channels.Twilio;

/// <summary>
/// Reads an incoming SMS, MMS or WhatsApp message. Long SMS arrive joined; opt-out words are contacts like any other.
/// https://www.twilio.com/docs/messaging/guides/webhook-request
/// </summary>
internal static class TwilioMessagePayload
{
    private const int MaxMedia = 20;

    /// <summary>How long WhatsApp lets a business answer freely. https://www.twilio.com/docs/api/errors/63016</summary>
    private static readonly TimeSpan WhatsAppWindow = TimeSpan.FromHours(24);

    /// <summary>The message, or why it is none; null when it cannot be read.</summary>
    public static Parsed? Read(TwilioForm form, Delivery delivery)
    {
        // Status callbacks report on our own messages; only incoming ones are "received" (an MMS "receiving" first).
        if ((form["SmsStatus"u8] ?? form["MessageStatus"u8]) is not (null or "received" or "receiving")) return Status(form, delivery);
        if ((form["MessageSid"u8] ?? form["SmsSid"u8]) is not { } sid || form["AccountSid"u8] is not { } account) return null;
        var to = form["To"u8];
        // A WhatsApp sender with a private number is known to the business by an id; both may be present.
        // https://www.twilio.com/docs/whatsapp
        var user = form["ExternalUserId"u8] is { } id ? PhoneAddress.WhatsAppOf(id) : null;
        var from = PhoneAddress.IsNobody(form["From"u8]) ? user : form["From"u8];
        var whatsApp = PhoneAddress.IsWhatsApp(from);
        if (!whatsApp || from == user) user = null;
        var thread = PhoneAddress.ThreadOf(user ?? from, to);
        var answers = FormAnswers.Of(form["InteractiveData"u8] ?? form["FlowData"u8]);
        return new Parsed.Found(new ContactEvent(sid, ContactChange.Received, new Contact
        {
            Channel = TwilioChannel.ChannelName,
            Network = whatsApp ? "whatsapp" : "sms",
            Account = account,
            ExternalId = sid,
            Kind = ContactKind.Message,
            Entry = PhoneAddress.Bare(to),
            ThreadKey = thread,
            ThreadAlias = user is null ? null : PhoneAddress.ThreadOf(from, to),
            Parties = [.. PhoneAddress.PartyOf(from, account, form["ProfileName"u8]), .. user is null
                ? [] : PhoneAddress.PartyOf(user, account, form["ProfileName"u8])],
            OccurredAt = delivery.ReceivedAt,
            ReceivedAt = delivery.ReceivedAt,
            Text = form["Body"u8] ?? answers?.Text,
            Attachments = Media(form),
            Reply = thread is null ? null : new ReplyPath(from!, whatsApp ? delivery.ReceivedAt + WhatsAppWindow : null),
            Extras = Extras(form, answers),
        }));
    }

    /// <summary>What became of a message of ours. Our replies name their own id in the address of the callback.</summary>
    /// <remarks>https://www.twilio.com/docs/messaging/guides/track-outbound-message-status</remarks>
    public static Parsed? Status(TwilioForm form, Delivery delivery)
    {
        if ((form["MessageSid"u8] ?? form["SmsSid"u8]) is not { } sid || form["AccountSid"u8] is not { } account) return null;
        MessageState? state = (form["MessageStatus"u8] ?? form["SmsStatus"u8]) switch
        {
            "sent" => MessageState.Sent,
            "delivered" => MessageState.Delivered,
            "read" => MessageState.Read,
            "failed" or "undelivered" => MessageState.Failed,
            _ => null,
        };
        if (state is null) return new Parsed.Ignored("message-status");
        return new Parsed.StatusUpdate(new MessageStatus(account, sid, state.Value, delivery.ReceivedAt, form["ErrorCode"u8],
            TwilioForm.OfQuery(delivery)?["reply"u8]));
    }

    private static List<Attachment> Media(TwilioForm form)
    {
        if (form.Number("NumMedia"u8) is not (> 0 and var count)) return [];
        var media = new List<Attachment>();
        Span<byte> name = stackalloc byte[24];
        for (var i = 0; i < Math.Min(count, MaxMedia); i++)
        {
            if (System.Text.Unicode.Utf8.TryWrite(name, $"MediaUrl{i}", out var length) && form[name[..length]] is { } url)
            {
                System.Text.Unicode.Utf8.TryWrite(name, $"MediaContentType{i}", out length);
                media.Add(new Attachment(url, form[name[..length]]));
            }
        }

        return media;
    }

    private static Dictionary<string, string>? Extras(TwilioForm form, FormAnswers? answers)
    {
        Dictionary<string, string>? extras = answers is null ? null : new(answers.Fields, StringComparer.Ordinal);
        Add("OptOutType"u8, "OptOutType");
        Add("ButtonText"u8, "ButtonText");
        Add("ButtonPayload"u8, "ButtonPayload");
        Add("ListTitle"u8, "ListTitle");
        Add("ListId"u8, "ListId");
        Add("Latitude"u8, "Latitude");
        Add("Longitude"u8, "Longitude");
        Add("Address"u8, "Address");
        Add("Label"u8, "Label");
        Add("ReferralSourceUrl"u8, "ReferralSourceUrl");
        Add("ReferralHeadline"u8, "ReferralHeadline");
        Add("ReferralBody"u8, "ReferralBody");
        Add("OriginalRepliedMessageSid"u8, "OriginalRepliedMessageSid");
        return extras;

        void Add(ReadOnlySpan<byte> name, string extra)
        {
            if (form[name] is { } value) (extras ??= [])[extra] = value;
        }
    }
}
