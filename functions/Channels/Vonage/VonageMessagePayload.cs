using System.Globalization;
using System.Text.Json;
using Serverless.Contacts;

namespace Serverless.Channels.Vonage;

/// <summary>Reads messages of the Messages API (version 1) and what became of ours. https://developer.vonage.com/en/api/messages</summary>
internal static class VonageMessagePayload
{
    /// <summary>How long WhatsApp lets a business answer freely, and Messenger and Instagram alike.
    /// https://developer.vonage.com/en/messages/concepts/whatsapp</summary>
    private static readonly TimeSpan Window = TimeSpan.FromHours(24);

    /// <summary>A message that came in; null when it cannot be read.</summary>
    public static Parsed? Inbound(JsonElement message, Delivery delivery, string account)
    {
        if (message.Get("message_uuid"u8).AsId() is not { } id || message.Get("channel"u8).AsText() is not { } channel) return null;
        var network = NetworkOf(channel);
        var phone = network is "sms" or "mms" or "whatsapp" or "viber" or "rcs";
        var (from, to) = (message.Get("from"u8).AsId(), message.Get("to"u8).AsId());
        var line = phone ? VonageNumber.Of(from) : from;
        // A WhatsApp sender with a private number is known to the business by an id; both may be present.
        var user = network is "whatsapp" ? UserId(message, line) : null;
        var customer = user is not null && !VonageNumber.IsNumber(line) ? user : line;
        var ours = network is "sms" or "mms" or "whatsapp" ? VonageNumber.Of(to) : to;
        var at = Time(message.Get("timestamp"u8), delivery);
        var type = message.Get("message_type"u8).AsText();
        var said = VonageMessageContent.Of(message, type);
        // All that happens to the sign under one message is one contact; without a sign it was taken back.
        var under = type is "reaction" ? message.Get("context"u8).Get("message_uuid"u8).AsId() : null;
        return new Parsed.Found(new(id, type is "reaction" && said.Text is null ? ContactChange.Removed : ContactChange.Received,
            new Contact
        {
            Channel = VonageChannel.ChannelName,
            Network = network,
            Account = account,
            ExternalId = under is null ? id : $"{under}:reaction",
            Kind = type is "reaction" ? ContactKind.Reaction : said.IsReadable ? ContactKind.Message : ContactKind.Placeholder,
            Entry = ours,
            ThreadKey = ThreadOf(network, user ?? customer, ours),
            ThreadAlias = user is null || user == customer ? null : ThreadOf(network, customer, ours),
            Parties = Parties(message, network, phone, customer, user, ours, account),
            OccurredAt = at,
            ReceivedAt = delivery.ReceivedAt,
            Text = said.Text,
            Attachments = said.Attachments,
            Reply = customer is null
            ? null : new ReplyPath(from ?? customer, network is "whatsapp" or "messenger" or "instagram" ? at + Window : null),
            Extras = said.Extras,
        }));
    }

    /// <summary>What became of a message of ours; null when it cannot be read.</summary>
    public static Parsed? Status(JsonElement status, Delivery delivery, string account)
    {
        if (status.Get("message_uuid"u8).AsId() is not { } id) return null;
        MessageState? state = status.Get("status"u8).AsText() switch
        {
            "submitted" => MessageState.Sent,
            "delivered" => MessageState.Delivered,
            "read" => MessageState.Read,
            "rejected" or "undeliverable" or "failed" => MessageState.Failed,
            _ => null,
        };
        if (state is null) return new Parsed.Ignored("delivery-status");
        var error = status.Get("error"u8);
        // The title is the number of the error (1120); before 2022 it was a phrase.
        var reason = state is MessageState.Failed ? error.Get("title"u8).AsId() ?? error.Get("code"u8).AsId() ?? "unknown" : null;
        return new Parsed.StatusUpdate(new(account, id, state.Value, Time(status.Get("timestamp"u8), delivery), reason,
            status.Get("client_ref"u8).AsText()));
    }

    /// <summary>Maps Vonage's name of the network to the app's.</summary>
    public static string NetworkOf(string channel) => channel is "viber_service" ? "viber" : channel;

    /// <summary>SMS and calls between two numbers are one conversation, as with every provider of telephony here; each other network is one
    /// of its own.</summary>
    public static string? ThreadOf(string network, string? customer, string? ours) =>
        network is "sms" or "mms"
        ? VonageNumber.ThreadOf(customer, ours) : customer is null || ours is null ? null : $"{network}:{customer} {ours}";

    // https://developer.vonage.com/en/messages/guides/handling-whatsapp-usernames-and-bsuids
    private static string? UserId(JsonElement message, string? line)
    {
        var whatsApp = message.Get("whatsapp"u8);
        foreach (var place in new[] { whatsApp.Get("sender"u8), whatsApp, message.Get("profile"u8) })
            if ((place.Get("bsuid"u8).AsId() ?? place.Get("user_id"u8).AsId()) is { } id) return id;
        return line is not null && !VonageNumber.IsNumber(line) ? line : null;
    }

    private static IReadOnlyList<Identity> Parties(JsonElement message, string network, bool phone, string? customer, string? user,
        string? ours, string account)
    {
        if (customer is null) return [];
        var name = message.Get("profile"u8).Get("name"u8).AsText();
        if (!phone) return [new Identity(network switch { "messenger" => "psid", "instagram" => "igsid", _ => network }, customer,
            Evidence.Attested, ours, name)];
        if (user is not null)
        {
            var id = new Identity("bsuid", user, Evidence.Attested, account, name);
            return VonageNumber.IsNumber(customer) ? [new Identity("phone", customer, Evidence.Attested, Name: name), id] : [id];
        }

        return VonageNumber.PartyOf(customer, account, network is "sms" or "mms" ? Evidence.Claimed : Evidence.Attested, name);
    }

    private static DateTimeOffset Time(JsonElement value, Delivery delivery) =>
        DateTimeOffset.TryParse(value.AsText(), CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
        && time > DateTimeOffset.UnixEpoch && time <= delivery.ReceivedAt.AddDays(1) ? time : delivery.ReceivedAt;
}
