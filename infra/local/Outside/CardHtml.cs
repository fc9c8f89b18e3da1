using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Serverless.Local.Outside;

/// <summary>
/// An Adaptive Card as HTML: text blocks, facts, containers, columns, and links as buttons. An element of another type is named, so that
/// nothing is missing unseen.
/// </summary>
/// <remarks>
/// https://adaptivecards.io/explorer/AdaptiveCard.html; a text block has a part of Markdown:
/// https://learn.microsoft.com/adaptive-cards/authoring-cards/text-features
/// </remarks>
internal static partial class CardHtml
{
    private static readonly string[] Schemes = ["https:", "http:", "mailto:", "tel:"];

    /// <summary>All cards of a message as a Teams workflow takes it.</summary>
    /// <param name="message">With <c>attachments</c>, each with its card in <c>content</c>; a bare card is taken, too.</param>
    /// <param name="address">Where a link leads on this machine.</param>
    public static string Of(JsonElement message, Func<string, string> address)
    {
        var html = new StringBuilder();
        if (message.ValueKind == JsonValueKind.Object && message.TryGetProperty("attachments", out var attachments))
        {
            foreach (var one in Items(attachments))
                if (one.TryGetProperty("content", out var content)) Card(html, content, address);
        }
        else
        {
            Card(html, message, address);
        }

        return html.ToString();
    }

    private static void Card(StringBuilder html, JsonElement card, Func<string, string> address)
    {
        html.Append("<div class=\"card\">");
        foreach (var element in Items(card, "body")) Element(html, element, address);
        Actions(html, card, address);
        html.Append("</div>");
    }

    private static void Element(StringBuilder html, JsonElement element, Func<string, string> address)
    {
        switch (Text(element, "type"))
        {
            case "TextBlock":
                var heading = Text(element, "style") == "heading" || Text(element, "size") is "Large" or "ExtraLarge";
                var style = heading ? "h2" : Text(element, "weight") == "Bolder" ? "p class=\"bold\"" : "p";
                html.Append($"<{style}>{Words(Text(element, "text"), address)}</{style.Split(' ')[0]}>");
                break;
            case "RichTextBlock":
                html.Append("<p>").AppendJoin("",
                    Items(element, "inlines")
                    .Select(i => WebUtility.HtmlEncode(i.ValueKind == JsonValueKind.String ? i.GetString() : Text(i, "text"))))
                    .Append("</p>");
                break;
            case "FactSet":
                html.Append("<dl>");
                foreach (var fact in Items(element, "facts"))
                    html.Append($"<dt>{Words(Text(fact, "title"), address)}</dt><dd>{Words(Text(fact, "value"), address)}</dd>");
                html.Append("</dl>");
                break;
            case "Container" or "Column":
                html.Append("<div>");
                foreach (var item in Items(element, "items")) Element(html, item, address);
                html.Append("</div>");
                break;
            case "ColumnSet":
                html.Append("<div class=\"columns\">");
                foreach (var column in Items(element, "columns")) Element(html, column, address);
                html.Append("</div>");
                break;
            case "ActionSet":
                Actions(html, element, address);
                break;
            case var other:
                html.Append($"<p class=\"unknown\">({WebUtility.HtmlEncode(other)})</p>");
                break;
        }
    }

    private static void Actions(StringBuilder html, JsonElement owner, Func<string, string> address)
    {
        var actions = Items(owner, "actions");
        if (actions.Count == 0) return;
        html.Append("<div class=\"actions\">");
        foreach (var action in actions)
        {
            var (title, type, url) = (WebUtility.HtmlEncode(Text(action, "title")), Text(action, "type"), Text(action, "url"));
            if (type == "Action.OpenUrl" && IsLink(url)) html.Append(Anchor(" class=\"button\"", url, title, address));
            else html.Append($"<span class=\"button\">{title} ({WebUtility.HtmlEncode(type)})</span>");
        }

        html.Append("</div>");
    }

    // Links and bold of Markdown; then its escapes go, and lines stay lines.
    private static string Words(string text, Func<string, string> address)
    {
        var html = new StringBuilder();
        var at = 0;
        foreach (var match in Markdown().Matches(text).Where(m => !m.Groups["url"].Success || IsLink(m.Groups["url"].Value)))
        {
            html.Append(Plain(text[at..match.Index]));
            html.Append(match.Groups["url"].Success
                ? Anchor("", match.Groups["url"].Value, Plain(match.Groups["words"].Value), address)
                : $"<b>{Plain(match.Groups["bold"].Value)}</b>");
            at = match.Index + match.Length;
        }

        return html.Append(Plain(text[at..])).ToString();
    }

    private static string Plain(string text) => WebUtility.HtmlEncode(Escape().Replace(text, "${mark}")).ReplaceLineEndings("<br>");

    private static bool IsLink(string url) => Schemes.Any(s => url.StartsWith(s, StringComparison.OrdinalIgnoreCase));

    private static string Anchor(string attributes, string url, string html, Func<string, string> address) =>
        $"<a{attributes} target=\"_blank\" rel=\"noopener\" href=\"{WebUtility.HtmlEncode(address(url))}\">{html}</a>";

    private static string Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()! : "";

    private static List<JsonElement> Items(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var list) ? Items(list) : [];

    private static List<JsonElement> Items(JsonElement list) => list.ValueKind == JsonValueKind.Array ? [.. list.EnumerateArray()] : [];

    [GeneratedRegex(@"(?<!\\)\[(?<words>(?:\\.|[^\]\\])*)\]\((?<url>[^()\s]+)\)|(?<!\\)\*\*(?<bold>(?:\\.|[^*\\])+)\*\*",
        RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Markdown();

    [GeneratedRegex(@"\\(?<mark>[\\`*_\[\]#(){}+\-.!~>|])", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Escape();
}
