using System.Text.Json;
using Serverless.Contacts;
using Serverless.Notifications.Subscriptions;
using Serverless.Platform.Json;

namespace Serverless.Notifications.Webhook;

/// <summary>
/// Body for a subscriber: the published CloudEvent, with the requested personal fields added as <c>data.contact</c> (P12);
/// <c>incomplete</c> there names those that were too long.
/// </summary>
public static class WebhookBody
{
    /// <summary>Fields a subscription may ask for.</summary>
    public static IReadOnlyList<string> Fields => Subscription.PersonalFields;

    /// <summary>Largest body in bytes. Subscribers that need more read the case.</summary>
    public const int MostBytes = 64 * 1024;

    // With every character escaped it fits beside the event. Subscribers expect small bodies:
    // https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#payload-size
    private const int LongestText = 8_000;

    // For what follows the fields.
    private const int Spare = 1024;

    /// <summary>The body to the byte.</summary>
    /// <param name="json">The CloudEvent.</param>
    /// <param name="contact">The contact it is about; null leaves the event as it is.</param>
    /// <param name="include">Names of <see cref="Fields"/>.</param>
    public static ReadOnlyMemory<byte> Write(ReadOnlyMemory<byte> json, Contact? contact, IReadOnlyList<string> include)
    {
        if (contact is null) return json;
        using var e = JsonDocument.Parse(json);
        using var whole = JsonSerializer.SerializeToDocument(contact with { Text = Shortened(contact.Text) }, ContactJson.Default.Contact);
        using var buffer = new MemoryStream();
        using (var writer = PlainJson.Writer(buffer))
        {
            writer.WriteStartObject();
            foreach (var attribute in e.RootElement.EnumerateObject())
            {
                if (attribute.NameEquals("data"))
                    WriteData(writer, attribute.Value, whole.RootElement, include, contact.Text?.Length > LongestText);
                else attribute.WriteTo(writer);
            }

            writer.WriteEndObject();
        }

        return buffer.GetBuffer().AsMemory(0, (int)buffer.Length);
    }

    // A field that would make the body too large is left out, and named.
    private static void WriteData(Utf8JsonWriter writer, JsonElement data, JsonElement contact, IReadOnlyList<string> include,
        bool shortened)
    {
        List<string> incomplete = shortened && include.Contains("text", StringComparer.Ordinal) ? ["text"] : [];
        writer.WriteStartObject("data");
        foreach (var fact in data.EnumerateObject()) fact.WriteTo(writer);
        writer.WriteStartObject("contact");
        foreach (var field in Fields)
        {
            if (!include.Contains(field, StringComparer.Ordinal) || !contact.TryGetProperty(field, out var value)) continue;
            var json = JsonSerializer.SerializeToUtf8Bytes(value, NotificationJson.Default.JsonElement);
            if (writer.BytesCommitted + writer.BytesPending + json.Length > MostBytes - Spare)
            {
                incomplete.Add(field);
                continue;
            }

            writer.WritePropertyName(field);
            writer.WriteRawValue(json, skipInputValidation: true);
        }

        if (incomplete.Count > 0)
        {
            writer.WriteStartArray("incomplete");
            foreach (var field in incomplete) writer.WriteStringValue(field);
            writer.WriteEndArray();
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static string? Shortened(string? text)
    {
        if (text is null || text.Length <= LongestText) return text;
        var end = char.IsHighSurrogate(text[LongestText - 1]) ? LongestText - 1 : LongestText;
        return text[..end];
    }
}
