using System.Text;
using HtmlAgilityPack;

namespace Serverless.Channels.Email;

/// <summary>Turns the HTML of a mail into text as a reader sees it, with quoted parts and the signature set apart where the mail program marked them.</summary>
internal sealed class HtmlText
{
    private readonly StringBuilder _own = new();
    private readonly StringBuilder _quoted = new();
    private readonly StringBuilder _signature = new();
    private HtmlNode? _quote;
    private HtmlNode? _sign;
    private bool _restIsQuoted;

    private HtmlText() { }

    /// <summary>The three parts, each as lines without ends of white space.</summary>
    public static (string Own, string Quoted, string Signature) Read(string html)
    {
        // Deep nesting is cut off by the parser; the walk below needs no stack.
        var document = new HtmlDocument { OptionMaxNestedChildNodes = 1000 };
        try
        {
            document.LoadHtml(html);
        }
        // The library throws a plain Exception for a document that is nested too deeply; MailText has another reader for it.
        catch (Exception error) when (error is { Source: "HtmlAgilityPack" })
        {
            throw new FormatException("The HTML is nested too deeply.", error);
        }

        var text = new HtmlText();
        text.Walk(document.DocumentNode);
        return (Lines(text._own), Lines(text._quoted), Lines(text._signature));
    }

    private void Walk(HtmlNode root)
    {
        for (var node = root.FirstChild; node is not null;)
        {
            var inside = Enter(node) ? node.FirstChild : null;
            if (inside is not null)
            {
                node = inside;
                continue;
            }

            while (true)
            {
                Leave(node);
                if (node.NextSibling is { } next)
                {
                    node = next;
                    break;
                }

                node = node.ParentNode;
                if (node is null || node == root) return;
            }
        }
    }

    private StringBuilder Now => _restIsQuoted || _quote is not null ? _quoted : _sign is not null ? _signature : _own;

    /// <summary>False when nothing inside is shown.</summary>
    private bool Enter(HtmlNode node)
    {
        switch (node.NodeType)
        {
            case HtmlNodeType.Text:
                Add(HtmlEntity.DeEntitize(((HtmlTextNode)node).Text));
                return false;
            case HtmlNodeType.Comment:
                return false;
        }

        if (node.Name is "script" or "style" or "head" or "title" or "template" or "noscript") return false;
        Mark(node);
        if (node.Name == "br") Now.Append('\n');
        else if (IsBlock(node.Name)) NewLine();
        else if (node.Name is "td" or "th" && Now.Length > 0 && Now[^1] is not ('\n' or ' ')) Now.Append(' ');
        if (node.Name == "li") Now.Append("- ");
        return true;
    }

    private void Leave(HtmlNode node)
    {
        if (IsBlock(node.Name)) NewLine();
        if (node.Name == "p") Now.Append('\n');
        if (node == _quote) _quote = null;
        if (node == _sign) _sign = null;
    }

    // What Gmail, Outlook, Apple Mail, Thunderbird and Yahoo wrap quotes and signatures in.
    private void Mark(HtmlNode node)
    {
        if (_restIsQuoted) return;
        var id = node.Id;
        if (id is "divRplyFwdMsg" or "appendonsend" or "mail-editor-reference-message-container" || node.HasClass("moz-cite-prefix") || node.HasClass("OutlookMessageHeader"))
        {
            _restIsQuoted = true;
            return;
        }

        if (_quote is null && ((node.Name == "blockquote" && (node.GetAttributeValue("type", "") == "cite" || node.HasClass("gmail_quote"))) || node.HasClass("gmail_quote") || node.HasClass("gmail_quote_container") || node.HasClass("yahoo_quoted")))
            _quote = node;
        if (_sign is null && (id is "Signature" or "ms-outlook-mobile-signature" || node.HasClass("gmail_signature") || node.HasClass("moz-signature"))) _sign = node;
    }

    private void Add(string text)
    {
        var into = Now;
        foreach (var c in text)
        {
            // A space that does not break is one for a reader; other white space counts once.
            var plain = c is ' ' or '\t' or '\r' or '\n' or '\u00a0';
            if (!plain) into.Append(c);
            else if (into.Length > 0 && into[^1] is not (' ' or '\n')) into.Append(' ');
        }
    }

    private void NewLine()
    {
        var into = Now;
        if (into.Length > 0 && into[^1] != '\n') into.Append('\n');
    }

    private static bool IsBlock(string name) => name is "p" or "div" or "tr" or "li" or "ul" or "ol" or "table" or "blockquote" or "hr" or "pre" or "h1" or "h2" or "h3" or "h4" or "h5" or "h6" or "body";

    private static string Lines(StringBuilder text) => MailText.Tidy(text.ToString());
}
