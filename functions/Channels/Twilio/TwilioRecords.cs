using System.Globalization;
using System.Text.Json;
using Serverless.Contacts;

namespace Serverless.Channels.Twilio;

/// <summary>Reads calls and messages as Twilio's API lists them, to the same contacts under the same ids as its webhooks give.</summary>
internal static class TwilioRecords
{
    public static IEnumerable<DeliveryItem> Elements(Delivery delivery)
    {
        if (delivery.Rest == "look/message")
        {
            yield return new DeliveryItem("message", () => Message(delivery));
            yield break;
        }

        yield return new DeliveryItem("call", () => Call(delivery, over: false));
        yield return new DeliveryItem("call-end", () => Call(delivery, over: true));
    }

    /// <summary>When it began; the time it was made where it has not begun.</summary>
    public static DateTimeOffset TimeOf(JsonElement item) =>
        Time(item, "start_time") ?? Time(item, "date_sent") ?? Time(item, "date_created") ?? DateTimeOffset.MaxValue;

    private static Parsed Message(Delivery delivery)
    {
        using var json = JsonDocument.Parse(delivery.Body);
        var item = json.RootElement;
        var (sid, account) = (Required(item, "sid"), Required(item, "account_sid"));
        var outbound = Text(item, "direction") is { } direction && direction.StartsWith("outbound", StringComparison.Ordinal);
        // What did not reach the customer answers nothing.
        if (outbound && Text(item, "status") is "failed" or "undelivered" or "canceled" or "scheduled" or "accepted" or "queued")
            return new Parsed.Ignored("message-status");
        var (customer, ours) = outbound ? (Text(item, "to"), Text(item, "from")) : (Text(item, "from"), Text(item, "to"));
        var thread = PhoneAddress.ThreadOf(customer, ours);
        var at = TimeOf(item);
        var whatsApp = PhoneAddress.IsWhatsApp(customer);
        return new Parsed.Found(new ContactEvent(sid, ContactChange.Received, new Contact
        {
            Channel = TwilioChannel.ChannelName,
            Network = whatsApp ? "whatsapp" : "sms",
            Account = account,
            ExternalId = sid,
            Kind = ContactKind.Message,
            Direction = outbound ? Direction.Outbound : Direction.Inbound,
            Entry = PhoneAddress.Bare(ours),
            ThreadKey = thread,
            Parties = PhoneAddress.PartyOf(customer, account, null),
            OccurredAt = at,
            ReceivedAt = delivery.ReceivedAt,
            Text = Text(item, "body"),
            Attachments = TwilioRecordedMedia.Of(sid, Text(item, "num_media")),
            Reply = outbound || thread is null ? null : new ReplyPath(customer!, whatsApp ? at.AddHours(24) : null),
        }));
    }

    private static Parsed Call(Delivery delivery, bool over)
    {
        using var json = JsonDocument.Parse(delivery.Body);
        var item = json.RootElement;
        var (sid, account, status) = (Required(item, "sid"), Required(item, "account_sid"), Text(item, "status"));
        if (status is not ("completed" or "busy" or "no-answer" or "canceled" or "failed")) return new Parsed.Ignored("call-not-over");
        var seconds = int.TryParse(Text(item, "duration"), NumberStyles.None, CultureInfo.InvariantCulture, out var duration)
            ? duration : (int?)null;
        var parent = Text(item, "parent_call_sid");
        var reached = status == "completed" && seconds > 0;
        if (parent is not null)
        {
            // A leg to a colleague states of the customer's call only that the colleague was reached.
            if (!over || !reached) return new Parsed.Ignored("leg");
            return Found(delivery, item, account, parent, $"{sid}:{status}:look", ContactChange.Progressed,
                new CallJourney { Outcome = CallOutcome.Answered, Answerer = Text(item, "to") }, (null, null), false);
        }

        var outbound = Text(item, "direction") is { } direction && direction.StartsWith("outbound", StringComparison.Ordinal);
        var sides = outbound ? (Text(item, "to"), Text(item, "from")) : (Text(item, "from"), Text(item, "to"));
        if (!over) return Found(delivery, item, account, sid, $"{sid}:incoming", ContactChange.Received,
            new CallJourney { Outcome = outbound && reached ? CallOutcome.Answered : CallOutcome.Ringing }, sides, outbound);
        // The answer is reported by the leg to the colleague, which outranks this.
        var outcome = outbound && reached ? CallOutcome.Answered : CallOutcome.Missed;
        return Found(delivery, item, account, sid, $"{sid}:{status}:look", ContactChange.Progressed,
            new CallJourney { Outcome = outcome, DurationSeconds = seconds, Ended = true }, sides, outbound);
    }

    private static Parsed.Found Found(
        Delivery delivery, JsonElement item, string account, string sid, string eventId, ContactChange change, CallJourney journey,
        (string? Customer, string? Ours) sides, bool outbound)
    {
        var thread = PhoneAddress.ThreadOf(sides.Customer, sides.Ours);
        return new Parsed.Found(new ContactEvent(eventId, change, new Contact
        {
            Channel = TwilioChannel.ChannelName,
            Network = "voice",
            Account = account,
            ExternalId = sid,
            Kind = change == ContactChange.Progressed && journey.Outcome == CallOutcome.Missed && !outbound
            ? ContactKind.MissedCall : ContactKind.Call,
            Direction = outbound ? Direction.Outbound : Direction.Inbound,
            Entry = sides.Ours,
            ThreadKey = thread,
            Parties = sides.Customer is null && sides.Ours is null
            ? [] : PhoneAddress.PartyOf(sides.Customer, account, outbound ? null : Text(item, "caller_name")),
            OccurredAt = (change == ContactChange.Progressed ? Time(item, "end_time") : null) ?? TimeOf(item),
            ReceivedAt = delivery.ReceivedAt,
            Reply = thread is null || outbound ? null : new ReplyPath(sides.Customer!),
            Call = journey,
        }));
    }

    private static string Required(JsonElement item, string name) => Text(item, name) ?? throw new JsonException($"There is no {name}.");

    private static string? Text(JsonElement item, string name) =>
        item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text
        ? text : null;

    private static DateTimeOffset? Time(JsonElement item, string name) =>
        DateTimeOffset.TryParseExact(Text(item, name), "ddd, d MMM yyyy HH:mm:ss zzz", CultureInfo.InvariantCulture,
            DateTimeStyles.AdjustToUniversal, out var time) ? time : null;
}
