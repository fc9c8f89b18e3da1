using System.Buffers;
using System.Text.Json;
using Serverless.Platform.Json;

namespace Serverless.Notifications.Teams;

/// <summary>The message that a Teams workflow posts: one Adaptive Card.</summary>
/// <remarks>
/// Sources: https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook (message with one card,
/// 28 KB at most),
/// https://adaptivecards.io/explorer/AdaptiveCard.html. Version 1.4 is what Teams shows on every device.
/// </remarks>
public static class AdaptiveCard
{
    /// <summary>The most bytes Teams takes.</summary>
    public const int MostBytes = 28 * 1024;

    private static readonly SearchValues<char> Marks = SearchValues.Create("\\`*_[]#");

    /// <summary>
    /// A notice. If it is too large, the customer's words go first, then links of its list from the end, then lines of its list: the title
    /// says how many there are.
    /// </summary>
    public static byte[] Of(NotificationContent told)
    {
        for (var (shown, linked) = (told.Items.Count, told.Items.Count); ;)
        {
            var items = told.Items.Take(shown).Select((item, index) => index < linked ? item : (item.Text, null));
            var json = Write(told with { Items = [.. items] });
            if (json.Length <= MostBytes) return json;
            if (told.Text is not null) told = told with { Text = null };
            else if (linked > 0) linked /= 2;
            else if (shown > 0) shown /= 2;
            else return json;
        }
    }

    private static byte[] Write(NotificationContent told)
    {
        using var buffer = new MemoryStream();
        using (var json = PlainJson.Writer(buffer))
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
            Block(json, Plain(told.Title), heading: true);
            Facts(json, told);
            foreach (var (text, address) in told.Items) Block(json, address is null ? Plain(text) : Link(text, address), heading: false);
            if (told.Text is { } words) Block(json, Plain(words), heading: false);
            foreach (var (label, address) in told.Links.Where(l => IsCall(l.Address))) Block(json, Link(label, address), heading: false);
            json.WriteEndArray();
            Actions(json, told);
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static void Facts(Utf8JsonWriter json, NotificationContent told)
    {
        if (told.Facts.Count == 0) return;
        json.WriteStartObject();
        json.WriteString("type", "FactSet");
        json.WriteStartArray("facts");
        foreach (var (name, value) in told.Facts)
        {
            json.WriteStartObject();
            json.WriteString("title", Plain(name));
            json.WriteString("value", Plain(value));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Block(Utf8JsonWriter json, string markdown, bool heading)
    {
        json.WriteStartObject();
        json.WriteString("type", "TextBlock");
        json.WriteString("text", markdown);
        json.WriteBoolean("wrap", true);
        if (heading)
        {
            json.WriteString("size", "Large");
            json.WriteString("weight", "Bolder");
            json.WriteString("style", "heading");
        }

        json.WriteEndObject();
    }

    private static void Actions(Utf8JsonWriter json, NotificationContent told)
    {
        List<(string Label, Uri Address)> actions = [.. told.Links.Where(l => !IsCall(l.Address))];
        if (told.Own is { } own) actions.Add(own);
        if (actions.Count == 0) return;
        json.WriteStartArray("actions");
        foreach (var (label, address) in actions)
        {
            json.WriteStartObject();
            json.WriteString("type", "Action.OpenUrl");
            json.WriteString("title", label);
            json.WriteString("url", address.AbsoluteUri);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    // Teams on a desktop does nothing with a number behind a button, but calls one that is a link of the text.
    // https://github.com/microsoft/AdaptiveCards/issues/3905
    private static bool IsCall(Uri address) => address.Scheme == "tel";

    // Tokens and numbers hold no bracket, so nothing ends the address early.
    private static string Link(string label, Uri address) => $"[{Plain(label)}]({address.AbsoluteUri})";

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
