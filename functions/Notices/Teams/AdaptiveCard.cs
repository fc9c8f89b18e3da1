using System.Buffers;
using System.Text.Json;

namespace Serverless.Notices.Teams;

/// <summary>The message that a Teams workflow posts: one Adaptive Card.</summary>
/// <remarks>
/// Sources: https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook (message with one card, 28 KB at most),
/// https://adaptivecards.io/explorer/AdaptiveCard.html. Version 1.4 is what Teams shows on every device.
/// </remarks>
public static class AdaptiveCard
{
    /// <summary>The most bytes Teams takes.</summary>
    public const int MostBytes = 28 * 1024;

    private static readonly SearchValues<char> Marks = SearchValues.Create("\\`*_[]#");

    /// <summary>One notice. Without the customer's words, if it would be too large with them.</summary>
    public static byte[] Of(Told told)
    {
        var whole = Write(told, [told]);
        return whole.Length <= MostBytes ? whole : Write(told, [told with { Text = null }]);
    }

    /// <summary>Several notices as a list of sentences; those that do not fit are counted by the title alone.</summary>
    public static byte[] Of(Told told, IReadOnlyList<string> sentences)
    {
        for (var shown = sentences.Count; ; shown /= 2)
        {
            var lines = sentences.Take(shown).Select(s => new Told(s, [], null, [])).ToList();
            var json = Write(told, lines);
            if (json.Length <= MostBytes || shown == 0) return json;
        }
    }

    private static byte[] Write(Told told, IReadOnlyList<Told> parts)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("type", "message");
            json.WriteStartArray("attachments");
            json.WriteStartObject();
            json.WriteString("contentType", "application/vnd.microsoft.card.adaptive");
            json.WriteStartObject("content");
            json.WriteString("$schema", "http://adaptivecards.io/schemas/adaptive-card.json");
            json.WriteString("type", "AdaptiveCard");
            json.WriteString("version", "1.4");
            json.WriteStartArray("body");
            Block(json, told.Title, heading: true);
            foreach (var part in parts) Part(json, part, told.Title);
            json.WriteEndArray();
            Actions(json, told);
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static void Part(Utf8JsonWriter json, Told part, string title)
    {
        if (part.Title != title) Block(json, part.Title, heading: false);
        if (part.Facts.Count > 0)
        {
            json.WriteStartObject();
            json.WriteString("type", "FactSet");
            json.WriteStartArray("facts");
            foreach (var (name, value) in part.Facts)
            {
                json.WriteStartObject();
                json.WriteString("title", Plain(name));
                json.WriteString("value", Plain(value));
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        if (part.Text is { } text) Block(json, text, heading: false);
    }

    private static void Block(Utf8JsonWriter json, string text, bool heading)
    {
        json.WriteStartObject();
        json.WriteString("type", "TextBlock");
        json.WriteString("text", Plain(text));
        json.WriteBoolean("wrap", true);
        if (heading)
        {
            json.WriteString("size", "Large");
            json.WriteString("weight", "Bolder");
            json.WriteString("style", "heading");
        }

        json.WriteEndObject();
    }

    private static void Actions(Utf8JsonWriter json, Told told)
    {
        if (told is { Links.Count: 0, Own: null }) return;
        json.WriteStartArray("actions");
        foreach (var (label, address) in told.Own is { } own ? told.Links.Append(own) : told.Links)
        {
            json.WriteStartObject();
            json.WriteString("type", "Action.OpenUrl");
            json.WriteString("title", label);
            json.WriteString("url", address.AbsoluteUri);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    // A text block understands a part of Markdown: a customer's words must not become links or headings.
    private static string Plain(string text)
    {
        if (text.AsSpan().IndexOfAny(Marks) < 0) return text;
        var plain = new System.Text.StringBuilder(text.Length + 16);
        foreach (var letter in text)
        {
            if (Marks.Contains(letter)) plain.Append('\\');
            plain.Append(letter);
        }

        return plain.ToString();
    }
}
