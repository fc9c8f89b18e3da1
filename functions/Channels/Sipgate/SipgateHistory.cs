using System.Text.Json;
using Serverless.Contacts;

namespace Serverless.Channels.Sipgate;

/// <summary>Reads one entry of sipgate's call history. A call has the id of its pushes; a voicemail and an SMS have none but that of the
/// entry. Names: lib/history/history.types.ts of sipgate's SDK.</summary>
internal static class SipgateHistory
{
    /// <summary>What an entry is; null when it cannot be read.</summary>
    public static Parsed? Read(Delivery delivery)
    {
        using var json = JsonDocument.Parse(delivery.Body);
        if (json.RootElement.ValueKind != JsonValueKind.Object) return null;
        var entry = Entry.Of(json.RootElement);
        return entry.Kind switch
        {
            "call" => Call(entry, delivery),
            "voicemail" => Voicemail(entry, delivery),
            "sms" => Sms(entry, delivery),
            _ => null,
        };
    }

    private static Parsed.Found Call(Entry entry, Delivery delivery)
    {
        var outbound = entry.Direction?.EndsWith("OUTGOING", StringComparison.Ordinal) == true;
        var missed = entry.Direction?.StartsWith("MISSED", StringComparison.Ordinal) == true
            || entry.Text("callStatus") is not (null or "SUCCESS");
        var contact = Contact(entry, delivery, entry.CallId!, outbound ? ContactKind.Call : missed ? ContactKind.MissedCall
            : ContactKind.Call, outbound) with
        {
            Call = new CallJourney { Outcome = missed
                ? CallOutcome.Missed : CallOutcome.Answered, DurationSeconds = entry.Seconds, Ended = true },
        };
        return new Parsed.Found(new ContactEvent($"{entry.CallId}:history", ContactChange.Received, contact));
    }

    private static Parsed.Found Voicemail(Entry entry, Delivery delivery)
    {
        var contact = Contact(entry, delivery, $"voicemail:{entry.Id}", ContactKind.Voicemail, outbound: false) with
        {
            Text = entry.Text("transcription"),
            Attachments = entry.Text("recordingUrl") is { } url ? [new Attachment(url, "audio/mpeg")] : [],
            Call = new CallJourney { Outcome = CallOutcome.Voicemail, DurationSeconds = entry.Seconds, Ended = true },
        };
        return new Parsed.Found(new ContactEvent(contact.ExternalId, ContactChange.Received, contact));
    }

    private static Parsed.Found Sms(Entry entry, Delivery delivery)
    {
        var contact = Contact(entry, delivery, $"sms:{entry.Id}", ContactKind.Message, outbound: false)
            with { Network = "sms", Text = entry.Text("smsContent") };
        return new Parsed.Found(new ContactEvent(contact.ExternalId, ContactChange.Received, contact));
    }

    private static Contact Contact(Entry entry, Delivery delivery, string id, ContactKind kind, bool outbound)
    {
        var (customer, ours) = outbound ? (entry.Target, entry.Source) : (entry.Source, entry.Target);
        var number = SipgatePayload.Number(customer);
        var entryNumber = SipgatePayload.Number(ours) ?? ours;
        return new Contact
        {
            Channel = SipgateChannel.ChannelName,
            Network = "voice",
            Account = SipgateChannel.ChannelName,
            ExternalId = id,
            Kind = kind,
            Direction = outbound ? Direction.Outbound : Direction.Inbound,
            Entry = entryNumber,
            ThreadKey = number is null || entryNumber is null ? null : $"{number} {entryNumber}",
            Parties = number is null ? [] : [new Identity("phone", number, Evidence.Claimed)],
            OccurredAt = entry.Created ?? delivery.ReceivedAt,
            ReceivedAt = delivery.ReceivedAt,
            Reply = number is null ? null : new ReplyPath(number),
        };
    }

    /// <summary>An entry of the history, as far as it is needed.</summary>
    /// <param name="Json">The entry as sipgate writes it.</param>
    /// <param name="Id">Of the entry.</param>
    /// <param name="CallId">Of the call, as in its pushes.</param>
    /// <param name="Kind">What becomes of it: <c>call</c>, <c>voicemail</c>, <c>sms</c>; null for what we have no use for.</param>
    /// <param name="Direction">sipgate's word.</param>
    /// <param name="Source">Who called or wrote.</param>
    /// <param name="Target">Who was called or written to.</param>
    /// <param name="Created">When it began.</param>
    /// <param name="Seconds">How long it took.</param>
    internal sealed record Entry(JsonElement Json, string? Id, string? CallId, string? Kind, string? Direction, string? Source,
        string? Target, DateTimeOffset? Created, int? Seconds)
    {
        /// <summary>The parts of an entry; missing ones are null.</summary>
        public static Entry Of(JsonElement json)
        {
            var (id, callId, direction) = (Text(json, "id"), Text(json, "callId"), Text(json, "direction"));
            var kind = Text(json, "type") switch
            {
                "CALL" when callId is not null => "call",
                "VOICEMAIL" when id is not null => "voicemail",
                // What was sent has no id that our own replies could be recognised by, so it would come twice.
                "SMS" when id is not null && direction is "INCOMING" => "sms",
                _ => null,
            };
            var created = json.TryGetProperty("created", out var time) && time.ValueKind == JsonValueKind.String
                && time.TryGetDateTimeOffset(out var at) ? at.ToUniversalTime() : (DateTimeOffset?)null;
            var seconds = json.TryGetProperty("duration", out var duration) && duration.ValueKind == JsonValueKind.Number
                && duration.TryGetInt32(out var length) ? length : (int?)null;
            return new Entry(json, id, callId, kind, direction, Text(json, "source"), Text(json, "target"), created, seconds);
        }

        /// <summary>
        /// Whether this is a later leg of another call: from the same caller, begun while that one was in progress. The history lists
        /// each leg, without a connection between them.
        /// </summary>
        public bool IsLegOf(Entry other) =>
            Kind == "call" && other.Kind == "call" && Direction is "INCOMING" or "MISSED_INCOMING"
            && other.Direction is "INCOMING" or "MISSED_INCOMING"
            && CallId != other.CallId && Source == other.Source && SipgatePayload.Number(Source) is not null
            && Created > other.Created && Created <= other.Created + TimeSpan.FromSeconds(other.Seconds ?? 0);

        /// <summary>A text of the entry; null when it is missing or empty.</summary>
        public string? Text(string name) => Text(Json, name);

        private static string? Text(JsonElement json, string name) =>
            json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text
            ? text : null;
    }
}
