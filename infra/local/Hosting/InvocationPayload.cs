using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Serverless.Local.Hosting;

/// <summary>
/// Body of a call in JSON mode: <c>{"Data":{...},"Metadata":{...}}</c> with the host's own encodings.
/// Every rule here is a line of host-contract.md, "Everything else (and HTTP with any further binding): JSON mode".
/// </summary>
internal static class InvocationPayload
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="binding">Name of the trigger's binding.</param>
    /// <param name="value">A string (message text), or a JsonObject (timer).</param>
    /// <param name="metadata">What the trigger knows; a JSON message spills its fields over it.</param>
    /// <param name="doubleEncodeDates">True for an older host.</param>
    public static byte[] Write(string binding, object value, IEnumerable<KeyValuePair<string, object?>> metadata, bool doubleEncodeDates)
    {
        var all = new Dictionary<string, object?>(metadata, StringComparer.OrdinalIgnoreCase);
        if (value is string text) Spill(text, all);
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Plain))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("Data");
            writer.WritePropertyName(binding);
            WriteValue(writer, value, doubleEncodeDates);
            writer.WriteEndObject();
            writer.WriteStartObject("Metadata");
            foreach (var (name, item) in all)
            {
                writer.WritePropertyName(name);
                WriteValue(writer, item, doubleEncodeDates);
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }

    // "The top-level fields of a JSON message overwrite Metadata (case-insensitive)": the old name keeps its letters, the new value wins; null does not.
    private static void Spill(string text, Dictionary<string, object?> metadata)
    {
        if (!text.AsSpan().TrimStart().StartsWith("{", StringComparison.Ordinal)) return;
        try
        {
            using var message = JsonDocument.Parse(text);
            foreach (var field in message.RootElement.EnumerateObject())
            {
                if (Spilled(field.Value) is { } value) metadata[field.Name] = value;
            }
        }
        catch (JsonException)
        {
            // Text that only looks like JSON spills nothing.
        }
    }

    private static object? Spilled(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String when IsDate(value.GetString()!, out var date) => date,
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number => new Raw(value.GetRawText()),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Object => JsonObject.Create(value.Clone()),
        JsonValueKind.Array => JsonArray.Create(value.Clone()),
        _ => null,
    };

    // The host's JSON parser takes ISO dates with a time for dates.
    private static bool IsDate(string text, out DateTime date)
    {
        date = default;
        return text.Length >= 19 && text[4] == '-' && text[10] == 'T'
            && DateTime.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal, out date);
    }

    private static void WriteValue(Utf8JsonWriter writer, object? value, bool doubleEncodeDates)
    {
        switch (value)
        {
            case null:
                writer.WriteNullValue();
                break;
            case string text:
                // "JSON text inside a string".
                writer.WriteStringValue(Quoted(text));
                break;
            case bool flag:
                writer.WriteStringValue(flag ? "true" : "false");
                break;
            case int or long:
                writer.WriteStringValue(Convert.ToString(value, CultureInfo.InvariantCulture));
                break;
            case Raw number:
                writer.WriteStringValue(number.Json);
                break;
            case JsonArray list:
                writer.WriteStringValue(Text(list));
                break;
            case JsonObject document:
                document.WriteTo(writer);
                break;
            case DateTime date:
                WriteDate(writer, date.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF", CultureInfo.InvariantCulture), doubleEncodeDates);
                break;
            case DateTimeOffset date:
                WriteDate(writer, date.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz", CultureInfo.InvariantCulture), doubleEncodeDates);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(value), value.GetType().Name, "This kind of value has no encoding.");
        }
    }

    private static void WriteDate(Utf8JsonWriter writer, string date, bool doubleEncode) => writer.WriteStringValue(doubleEncode ? Quoted(date) : date);

    private static string Quoted(string text) => Text(JsonValue.Create(text));

    private static string Text(JsonNode node)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Plain)) node.WriteTo(writer);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <summary>A number as it was written, so that no digit is lost.</summary>
    private sealed record Raw(string Json);
}
