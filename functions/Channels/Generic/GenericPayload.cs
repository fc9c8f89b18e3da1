using System.Text.Json;
using Serverless.Contacts;

namespace Serverless.Channels.Generic;

/// <summary>
/// Maps the event types of the generic channel. The types and their fields are documented in <c>README.md</c> in this folder.
/// </summary>
/// <remarks>Data that is a text instead of an object is the customer's text. A field of the wrong kind throws: the event becomes a visible
/// placeholder.</remarks>
internal static class GenericPayload
{
    /// <exception cref="FormatException">Data that the type needs is missing.</exception>
    /// <exception cref="InvalidOperationException">A field has the wrong kind.</exception>
    public static Parsed Read(IncomingCloudEvent happened, Delivery delivery) => new Parsed.Found(happened.Type switch
    {
        // Unreadable data: sender and type are shown nevertheless.
        _ when happened.IsOpaque => Unknown(happened, delivery),
        "contact.form.submitted.v1" => Received(happened, delivery, ContactKind.Form, "web-form"),
        "contact.app.message.v1" => Received(happened, delivery, ContactKind.Message, "app"),
        "contact.app.message.edited.v1" => Changed(happened, delivery, ContactChange.Edited),
        "contact.app.message.removed.v1" => Changed(happened, delivery, ContactChange.Removed),
        "contact.pos.visit.v1" => Received(happened, delivery, ContactKind.Visit, "point-of-sale"),
        "contact.device.fault.v1" => Received(happened, delivery, ContactKind.DeviceEvent, "device"),
        _ => Unknown(happened, delivery),
    });

    private static ContactEvent Received(IncomingCloudEvent happened, Delivery delivery, ContactKind kind, string network)
    {
        var data = happened.Data;
        if (data.ValueKind == JsonValueKind.Undefined)
        {
            var text = happened.Text ?? throw new FormatException("The event has no data.");
            return Event(happened, ContactChange.Received, Begin(happened, delivery, kind, network)
                with { Text = text, Extras = With(null, "subject", happened.Subject) });
        }

        Require(data, "data");
        var person = Object(data, "person"u8);
        var device = Object(data, "device"u8);
        var serial = String(device, "serial"u8);
        var fault = String(device, "fault"u8);
        var parties = new List<Identity>(2);
        var name = AddPerson(parties, happened, person, signedInCounts: kind == ContactKind.Message);
        // A name without an address identifies nobody, and is still what to call them.
        var extras = With(null, "person.name", parties.Count == 0 ? name : null);
        if (serial is not null) parties.Add(new("device", serial, Evidence.Attested, happened.Source));

        return Event(happened, ContactChange.Received, new()
        {
            Channel = delivery.Channel,
            Network = network,
            Account = happened.Source,
            ExternalId = happened.Id,
            Kind = kind,
            OccurredAt = Time(data, "occurredAt"u8) ?? happened.Time ?? delivery.ReceivedAt,
            ReceivedAt = delivery.ReceivedAt,
            Place = String(data, "place"u8) is "public" ? Place.Public : Place.Private,
            Entry = String(data, "entry"u8),
            ThreadKey = ThreadKey(happened, String(data, "conversation"u8), serial, fault),
            Parties = parties,
            Text = String(data, "text"u8),
            Language = String(data, "language"u8),
            Attachments = Attachments(data),
            Reply = String(data, "replyTo"u8) is { } address ? new(address) : null,
            Extras = Extras(extras, happened, data, String(device, "model"u8), fault),
        });
    }

    /// <summary>An edit or a removal names the event that brought the message.</summary>
    private static ContactEvent Changed(IncomingCloudEvent happened, Delivery delivery, ContactChange change)
    {
        Require(happened.Data, "data");
        var message = String(happened.Data, "message"u8)
            ?? throw new FormatException("data.message is missing: the id of the event that brought the message.");
        return Event(happened, change, Begin(happened, delivery, ContactKind.Message, "app") with
        {
            ExternalId = message,
            Text = change == ContactChange.Edited ? String(happened.Data, "text"u8) : null,
        });
    }

    /// <summary>Genuine, and of a type we do not know yet: visible, and read anew when we do.</summary>
    private static ContactEvent Unknown(IncomingCloudEvent happened, Delivery delivery) =>
        Event(happened, ContactChange.Received, Begin(happened, delivery, ContactKind.Placeholder, "unknown") with
        {
            Extras = With(With(null, "type", happened.Type), "subject", happened.Subject),
        });

    /// <summary>CloudEvents identify an event by source and id together; a space cannot be part of a source.</summary>
    private static ContactEvent Event(IncomingCloudEvent happened, ContactChange change, Contact contact) =>
        new($"{happened.Source} {happened.Id}", change, contact);

    private static Contact Begin(IncomingCloudEvent happened, Delivery delivery, ContactKind kind, string network) => new()
    {
        Channel = delivery.Channel,
        Network = network,
        Account = happened.Source,
        ExternalId = happened.Id,
        Kind = kind,
        OccurredAt = happened.Time ?? delivery.ReceivedAt,
        ReceivedAt = delivery.ReceivedAt,
    };

    /// <summary>Holds within one source only, so that no sender can join another one's conversation.</summary>
    private static string? ThreadKey(IncomingCloudEvent happened, string? conversation, string? serial, string? fault)
    {
        if (conversation is not null) return $"{happened.Source} conversation {conversation}";
        return serial is not null && fault is not null ? $"{happened.Source} fault {serial} {fault}" : null;
    }

    /// <summary>Adds each address of the person; returns the name given with them.</summary>
    private static string? AddPerson(List<Identity> parties, IncomingCloudEvent happened, JsonElement person, bool signedInCounts)
    {
        if (person.ValueKind != JsonValueKind.Object) return null;
        var name = String(person, "name"u8);
        if (String(person, "email"u8) is { } email) parties.Add(new("email", email, Evidence.Claimed, Name: name));
        if (String(person, "phone"u8) is { } phone) parties.Add(Phone(phone, name));
        if (String(person, "customerReference"u8) is { } reference)
        {
            // An app's own server signs its events, so it can vouch for its signed-in user; a person who fills in a form vouches for
            // nothing.
            var attested = signedInCounts && person.TryGetProperty("signedIn"u8, out var signedIn)
                && signedIn.ValueKind == JsonValueKind.True;
            parties.Add(new("customer", reference, attested ? Evidence.Attested : Evidence.Claimed, happened.Source, name));
        }

        return name;
    }

    /// <summary>E.164 where the number says its country; otherwise as it was written, since a country would be a guess.</summary>
    private static Identity Phone(string written, string? name)
    {
        // "+49 (0)30": the zero is not dialled from abroad, so the digits alone would be another number.
        if (written.Contains("(0)", StringComparison.Ordinal)) return new("phone-as-written", written, Evidence.Claimed, Name: name);
        Span<char> digits = stackalloc char[16];
        var length = 0;
        foreach (var c in written)
        {
            if (c is ' ' or '-' or '/' or '(' or ')' or '.' or '\u00a0') continue;
            if (length == digits.Length || !(char.IsAsciiDigit(c) || (c == '+' && length == 0)))
                return new("phone-as-written", written, Evidence.Claimed, Name: name);
            digits[length++] = c;
        }

        return length > 7 && digits[0] == '+' && digits[1] != '0'
            ? new("phone", digits[..length].ToString(), Evidence.Claimed, Name: name)
            : new("phone-as-written", written, Evidence.Claimed, Name: name);
    }

    private static List<Attachment> Attachments(JsonElement data)
    {
        if (!data.TryGetProperty("attachments"u8, out var list) || list.ValueKind == JsonValueKind.Null) return [];
        var attachments = new List<Attachment>(list.GetArrayLength());
        foreach (var item in list.EnumerateArray())
        {
            Require(item, "attachments[]");
            var url = String(item, "url"u8) ?? throw new FormatException("An attachment has no url.");
            long? size = item.TryGetProperty("size"u8, out var bytes) && bytes.ValueKind != JsonValueKind.Null ? bytes.GetInt64() : null;
            attachments.Add(new(url, String(item, "type"u8), size, String(item, "name"u8)));
        }

        return attachments;
    }

    private static Dictionary<string, string>? Extras(Dictionary<string, string>? extras, IncomingCloudEvent happened, JsonElement data,
        string? model, string? fault)
    {
        extras = With(extras, "subject", String(data, "subject"u8) ?? happened.Subject);
        extras = With(extras, "device.model", model);
        extras = With(extras, "device.fault", fault);
        var more = Object(data, "extras"u8);
        if (more.ValueKind == JsonValueKind.Object)
            foreach (var property in more.EnumerateObject())
                extras = With(extras, property.Name, property.Value.ValueKind == JsonValueKind.String
                    ? property.Value.GetString() : property.Value.GetRawText());
        return extras;
    }

    /// <summary>Most events have no extras, and pay for none.</summary>
    private static Dictionary<string, string>? With(Dictionary<string, string>? extras, string name, string? value)
    {
        if (value is null) return extras;
        extras ??= new(StringComparer.Ordinal);
        extras.TryAdd(name, value);
        return extras;
    }

    private static void Require(JsonElement element, string name)
    {
        if (element.ValueKind != JsonValueKind.Object) throw new FormatException($"{name} must be an object.");
    }

    /// <summary>Undefined when absent or null.</summary>
    private static JsonElement Object(JsonElement parent, ReadOnlySpan<byte> name)
    {
        if (!parent.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null) return default;
        if (value.ValueKind != JsonValueKind.Object) throw new FormatException("person, device and extras must be objects.");
        return value;
    }

    /// <summary>Null when absent, null or empty: forms send what was left blank.</summary>
    private static string? String(JsonElement parent, ReadOnlySpan<byte> name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null
            && value.GetString() is { Length: > 0 } text ? text : null;

    private static DateTimeOffset? Time(JsonElement data, ReadOnlySpan<byte> name) =>
        String(data, name) is not { } text
        ? null : Rfc3339.Parse(text) ?? throw new FormatException("occurredAt must be a date and time of RFC 3339.");
}
