using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Serverless.Channels.Generic;

/// <summary>Takes CloudEvents 1.0 out of an HTTP request, in all three modes. What breaks a rule of the specification throws
/// <see cref="FormatException"/>.</summary>
/// <remarks>
/// Sources: https://github.com/cloudevents/spec/blob/main/cloudevents/bindings/http-protocol-binding.md and
/// https://github.com/cloudevents/spec/blob/main/cloudevents/formats/json-format.md
/// </remarks>
internal static class CloudEventReader
{
    private const string MediaType = "application/cloudevents";
    private const string BatchMediaType = "application/cloudevents-batch";

    /// <summary>True in binary mode, where the attributes are headers: any content type but CloudEvents' own.</summary>
    public static bool IsBinary(Delivery delivery) => !ContentType(delivery).StartsWith(MediaType, StringComparison.OrdinalIgnoreCase);

    private static bool IsBatch(Delivery delivery) => ContentType(delivery).StartsWith(BatchMediaType, StringComparison.OrdinalIgnoreCase);

    /// <summary>One element for each event; an event that breaks a rule throws when it is read.</summary>
    /// <param name="delivery">A genuine one.</param>
    /// <param name="read">Gets the event while its JSON document is alive.</param>
    public static IEnumerable<DeliveryItem> Elements(Delivery delivery, Func<IncomingCloudEvent, Parsed> read)
    {
        if (!IsBatch(delivery))
        {
            yield return new("event", () => IsBinary(delivery) ? ReadBinary(delivery, read) : ReadStructured(delivery, read));
            yield break;
        }

        RequireJson(delivery, BatchMediaType);
        using var document = JsonDocument.Parse(delivery.Body);
        var index = 0;
        foreach (var item in document.RootElement.EnumerateArray())
            yield return new($"[{index++}]", () => read(FromJson(item)));
    }

    /// <summary>The sources of all events of which one can be read; the others throw when they are read.</summary>
    public static List<string> Sources(Delivery delivery)
    {
        var sources = new List<string>();
        try
        {
            if (IsBinary(delivery))
            {
                if (Header(delivery, "ce-source") is { } source) sources.Add(source);
                return sources;
            }

            using var document = JsonDocument.Parse(delivery.Body);
            var root = document.RootElement;
            if (!IsBatch(delivery)) AddSource(sources, root);
            else foreach (var item in root.EnumerateArray()) AddSource(sources, item);
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            // Not readable as a whole: reading throws in the same way, so no event gets in by it.
        }

        return sources;
    }

    private static void AddSource(List<string> sources, JsonElement item)
    {
        try
        {
            if (item.ValueKind == JsonValueKind.Object && Attribute(item, "source"u8) is { } source) sources.Add(source);
        }
        catch (Exception e) when (e is FormatException or InvalidOperationException)
        {
            // This one throws again when it is read.
        }
    }

    private static Parsed ReadStructured(Delivery delivery, Func<IncomingCloudEvent, Parsed> read)
    {
        RequireJson(delivery, MediaType);
        using var document = JsonDocument.Parse(delivery.Body);
        return read(FromJson(document.RootElement));
    }

    private static Parsed ReadBinary(Delivery delivery, Func<IncomingCloudEvent, Parsed> read)
    {
        // The binding forbids it: Content-Type says what the data is.
        if (delivery.Header("ce-datacontenttype") is not null)
            throw new FormatException("ce-datacontenttype must not be sent: Content-Type is that attribute.");
        var type = ContentType(delivery);
        using var document = delivery.Body.IsEmpty
            ? null : IsJson(type) ? JsonDocument.Parse(delivery.Body) : type.Length == 0 ? JsonOrNot(delivery.Body) : null;
        var text = document is null && !delivery.Body.IsEmpty ? DataText(type, delivery.Body.Span) : null;
        var opaque = document is null && text is null && !delivery.Body.IsEmpty;
        return read(Checked(
            Header(delivery, "ce-specversion"), Header(delivery, "ce-id"), Header(delivery, "ce-source"), Header(delivery, "ce-type"),
            Header(delivery, "ce-subject"), Header(delivery, "ce-time"), document?.RootElement ?? default, text, opaque));
    }

    private static IncomingCloudEvent FromJson(JsonElement item)
    {
        if (item.ValueKind != JsonValueKind.Object) throw new FormatException("An event must be a JSON object.");
        var hasData = item.TryGetProperty("data"u8, out var data) && data.ValueKind != JsonValueKind.Null;
        var base64 = Attribute(item, "data_base64"u8);
        if (hasData && base64 is not null) throw new FormatException("An event has data or data_base64, not both.");

        string? text = null;
        if (base64 is not null) (data, text) = Decoded(base64, Attribute(item, "datacontenttype"u8) ?? "application/json");
        else if (!hasData) data = default;
        // A JSON string under a JSON content type is a text, and not a document in quotes.
        else if (data.ValueKind == JsonValueKind.String) (data, text) = (default, data.GetString());

        return Checked(
            Attribute(item, "specversion"u8), Attribute(item, "id"u8), Attribute(item, "source"u8), Attribute(item, "type"u8),
            Attribute(item, "subject"u8), Attribute(item, "time"u8), data, text, base64 is not null
            && data.ValueKind == JsonValueKind.Undefined && text is null);
    }

    private static IncomingCloudEvent Checked(string? version, string? id, string? source, string? type, string? subject, string? time,
        JsonElement data, string? text, bool opaque)
    {
        if (version != "1.0") throw new FormatException("specversion must be 1.0.");
        DateTimeOffset? at = null;
        if (time is not null) at = Rfc3339.Parse(time) ?? throw new FormatException("time must be a date and time of RFC 3339.");
        return new(Required(id, "id"), Required(source, "source"), Required(type, "type"), subject, at, data, text, opaque);
    }

    private static string Required(string? value, string name) =>
        string.IsNullOrEmpty(value) ? throw new FormatException($"The attribute {name} is missing or empty.") : value;

    /// <summary>A string attribute; one that is null is absent.</summary>
    private static string? Attribute(JsonElement item, ReadOnlySpan<byte> name) =>
        item.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value.GetString() : null;

    private static string? Header(Delivery delivery, string name) =>
        delivery.Header(name) is { } value ? CloudEventHeader.Decode(value) : null;

    private static (JsonElement Data, string? Text) Decoded(string base64, string type)
    {
        var bytes = Convert.FromBase64String(base64);
        if (!IsJson(type)) return (default, DataText(type, bytes));
        using var document = JsonDocument.Parse(bytes);
        return (document.RootElement.Clone(), null);
    }

    // Null for data that is neither JSON nor text. Data without a content type is read as text if possible.
    private static string? DataText(string type, ReadOnlySpan<byte> bytes)
    {
        if (type.StartsWith("text/", StringComparison.OrdinalIgnoreCase)) return Utf8.GetString(bytes);
        return type.Length == 0 && System.Text.Unicode.Utf8.IsValid(bytes) && !bytes.Contains((byte)0) ? Utf8.GetString(bytes) : null;
    }

    private static JsonDocument? JsonOrNot(ReadOnlyMemory<byte> body)
    {
        if (body.Span.TrimStart(" \t\r\n"u8) is not [(byte)'{' or (byte)'[', ..]) return null;
        try
        {
            return JsonDocument.Parse(body);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static bool IsJson(string type)
    {
        var media = type.AsSpan();
        var end = media.IndexOf(';');
        if (end >= 0) media = media[..end];
        media = media.Trim();
        return media.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            || media.Equals("text/json", StringComparison.OrdinalIgnoreCase)
            || media.EndsWith("+json", StringComparison.OrdinalIgnoreCase);
    }

    private static void RequireJson(Delivery delivery, string mediaType)
    {
        var type = ContentType(delivery);
        if (!IsJson(type) && !type.Split(';')[0].Trim().Equals(mediaType, StringComparison.OrdinalIgnoreCase))
            throw new FormatException("The only event format spoken here is JSON.");
    }

    private static string ContentType(Delivery delivery) => delivery.Header("content-type")?.Trim() ?? "";

    /// <summary>Throws on bytes that are not UTF-8 instead of putting a mark in their place.</summary>
    internal static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
}

/// <summary>Header values of CloudEvents' binary mode.</summary>
/// <remarks>Source:
/// https://github.com/cloudevents/spec/blob/main/cloudevents/bindings/http-protocol-binding.md#3132-http-header-values</remarks>
internal static class CloudEventHeader
{
    /// <summary>Removes quotes that older senders put around, then decodes percent signs once, as UTF-8.</summary>
    /// <exception cref="FormatException">Not printable ASCII, a percent sign without two hex digits, or bytes that are not UTF-8
    /// (<c>%C0%A0</c>).</exception>
    public static string Decode(string value)
    {
        if (!Ascii.IsValid(value)) throw new FormatException("A CloudEvents header may hold printable ASCII only.");
        if (value is ['"', .., '"']) value = Unquoted(value);
        if (!value.Contains('%', StringComparison.Ordinal)) return value;

        var bytes = new byte[value.Length];
        var length = 0;
        for (var i = 0; i < value.Length; i++)
        {
            if (value[i] != '%') bytes[length++] = (byte)value[i];
            else if (byte.TryParse(value.AsSpan(i + 1, Math.Min(2, value.Length - i - 1)), NumberStyles.AllowHexSpecifier,
                CultureInfo.InvariantCulture, out var decoded) && i + 2 < value.Length)
                (bytes[length++], i) = (decoded, i + 2);
            else throw new FormatException("A percent sign in a CloudEvents header must stand before two hex digits.");
        }

        try
        {
            return CloudEventReader.Utf8.GetString(bytes, 0, length);
        }
        catch (DecoderFallbackException e)
        {
            throw new FormatException("A percent-encoded CloudEvents header is not UTF-8.", e);
        }
    }

    private static string Unquoted(string value)
    {
        var text = new StringBuilder(value.Length);
        for (var i = 1; i < value.Length - 1; i++)
        {
            if (value[i] == '\\' && i < value.Length - 2) i++;
            text.Append(value[i]);
        }

        return text.ToString();
    }
}

/// <summary>Dates and times as CloudEvents writes them.</summary>
internal static class Rfc3339
{
    /// <summary>UTC; null when the text is none. Digits beyond 100 nanoseconds are cut off; a leap second counts as the one before
    /// it.</summary>
    public static DateTimeOffset? Parse(ReadOnlySpan<char> text)
    {
        if (text.Length < 20 || text[4] != '-' || text[7] != '-' || text[10] is not ('T' or 't') || text[13] != ':' || text[16] != ':')
            return null;
        if (!(Number(text[..4], out var year) && Number(text[5..7], out var month) && Number(text[8..10], out var day)
            && Number(text[11..13], out var hour) && Number(text[14..16], out var minute) && Number(text[17..19], out var second)))
                return null;
        if (year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month) || hour > 23 || minute > 59
            || second > 60) return null;

        var rest = text[19..];
        var ticks = 0L;
        if (rest[0] == '.')
        {
            var digits = rest[1..].IndexOfAnyExceptInRange('0', '9');
            if (digits < 1) return null;
            for (var i = 0; i < 7; i++) ticks = (ticks * 10) + (i < digits ? rest[i + 1] - '0' : 0);
            rest = rest[(digits + 1)..];
        }

        if (Offset(rest) is not { } offset) return null;
        var local = new DateTime(year, month, day, hour, minute, Math.Min(second, 59), DateTimeKind.Utc).Ticks + ticks - offset.Ticks;
        return local < 0 || local > DateTime.MaxValue.Ticks ? null : new DateTimeOffset(local, TimeSpan.Zero);
    }

    private static TimeSpan? Offset(ReadOnlySpan<char> zone)
    {
        if (zone is "Z" or "z") return TimeSpan.Zero;
        if (zone is not (['+' or '-', _, _, ':', _, _]) || !Number(zone[1..3], out var hours) || !Number(zone[4..], out var minutes)
            || hours > 23 || minutes > 59) return null;
        var offset = new TimeSpan(hours, minutes, 0);
        return zone[0] == '-' ? -offset : offset;
    }

    private static bool Number(ReadOnlySpan<char> digits, out int value) =>
        int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out value);
}
