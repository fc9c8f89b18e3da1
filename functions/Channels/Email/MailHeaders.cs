using System.Text.Json;

namespace Serverless.Channels.Email;

/// <summary>The headers of a mail that a case needs, and whether a machine wrote it.</summary>
/// <remarks>What marks a machine: https://www.rfc-editor.org/rfc/rfc3834 (Auto-Submitted), https://www.rfc-editor.org/rfc/rfc3464 (bounces), https://www.rfc-editor.org/rfc/rfc2369 (lists).</remarks>
internal sealed class MailHeaders
{
    /// <summary>MAPI property of References; Sent Items have it in the place of a header.</summary>
    public const string ReferencesProperty = "String 0x1039";

    /// <summary>MAPI property of In-Reply-To.</summary>
    public const string InReplyToProperty = "String 0x1042";

    /// <summary>On every mail of ours; Graph lets us set only headers that begin with x-. https://learn.microsoft.com/en-us/graph/api/user-sendmail</summary>
    public const string LoopHeader = "x-contact-loop";

    private const int MaxReferences = 200;

    private bool _loop, _report, _receipt, _failed, _replied, _generated, _list, _nobody;

    public MailHeaders(JsonElement message)
    {
        foreach (var header in message.Get("internetMessageHeaders"u8).Items())
        {
            if (header.Text("name"u8) is { } name && header.Get("value"u8).ValueKind == JsonValueKind.String) Take(name, header.Get("value"u8).GetString()!.Trim());
        }

        foreach (var property in message.Get("singleValueExtendedProperties"u8).Items())
        {
            // Graph writes the id back as it likes: "String 0x1039" or "string 0x1039".
            if (ReferencesProperty.Equals(property.Text("id"u8), StringComparison.OrdinalIgnoreCase) && References.Count == 0) References = Ids(property.Text("value"u8));
            if (InReplyToProperty.Equals(property.Text("id"u8), StringComparison.OrdinalIgnoreCase)) InReplyTo ??= Ids(property.Text("value"u8)).FirstOrDefault();
        }
    }

    /// <summary>Message-IDs, the first of the conversation first.</summary>
    public IReadOnlyList<string> References { get; private set; } = [];

    public string? InReplyTo { get; private set; }

    /// <summary>What the sender's program says the mail is written in; null when it names several.</summary>
    public string? Language { get; private set; }

    /// <summary>The sender asks for no automatic answer; it does not say that the mail is one.</summary>
    public bool WantsNoAutoReply { get; private set; }

    /// <summary>Who a bounce says could not be reached.</summary>
    public string? FailedRecipient { get; private set; }

    /// <summary><c>own-loop</c>, <c>bounce</c>, <c>auto-reply</c>, <c>list</c>, <c>generated</c> (a system's own mail, such as a web form's); null when a person wrote it, as far as headers tell.</summary>
    /// <param name="from">The sender's address.</param>
    public string? Automatic(string from)
    {
        if (_loop) return "own-loop";
        var at = from.IndexOf('@');
        var daemon = (at > 0 ? from[..at] : from).ToLowerInvariant() is "mailer-daemon" or "postmaster" or "mailer_daemon";
        if (_report || _failed || (daemon && (_nobody || _replied || _generated))) return "bounce";
        if (_replied || _receipt || (_generated && (InReplyTo is not null || References.Count > 0)) || (_nobody && !_list)) return "auto-reply";
        if (_list) return "list";
        return _generated ? "generated" : null;
    }

    private void Take(string name, string value)
    {
        switch (name.ToLowerInvariant())
        {
            case "references" when References.Count == 0: References = Ids(value); break;
            case "in-reply-to": InReplyTo ??= Ids(value).FirstOrDefault(); break;
            case "content-language" when Language is null && IsTag(value): Language = value; break;
            case LoopHeader: _loop = true; break;
            case "content-type" when value.StartsWith("multipart/report", StringComparison.OrdinalIgnoreCase):
                _report |= value.Contains("delivery-status", StringComparison.OrdinalIgnoreCase);
                _receipt |= value.Contains("disposition-notification", StringComparison.OrdinalIgnoreCase);
                break;
            case "auto-submitted" when !value.StartsWith("no", StringComparison.OrdinalIgnoreCase):
                if (value.StartsWith("auto-replied", StringComparison.OrdinalIgnoreCase)) _replied = true;
                else _generated = true;
                break;
            case "x-autoreply" or "x-autorespond" or "x-autoresponder" when !value.Equals("no", StringComparison.OrdinalIgnoreCase): _replied = true; break;
            case "precedence":
                _list |= value.ToLowerInvariant() is "bulk" or "list" or "junk";
                _replied |= value.Equals("auto_reply", StringComparison.OrdinalIgnoreCase);
                break;
            case "return-path": _nobody |= value == "<>"; break;
            case "x-failed-recipients":
                _failed = true;
                FailedRecipient = value.Split(',')[0].Trim();
                break;
            case "x-auto-response-suppress": WantsNoAutoReply |= !value.Equals("None", StringComparison.OrdinalIgnoreCase); break;
            case var list when list.StartsWith("list-", StringComparison.Ordinal): _list = true; break;
        }
    }

    // Anything between angle brackets; folded lines and comments between them do not matter.
    private static List<string> Ids(string? value)
    {
        List<string> ids = [];
        var rest = value.AsSpan();
        while (ids.Count < MaxReferences && rest.IndexOf('<') is >= 0 and var open)
        {
            rest = rest[open..];
            var close = rest.IndexOf('>');
            if (close < 0) break;
            if (close is > 1 and < 1000) ids.Add(rest[..(close + 1)].ToString());
            rest = rest[(close + 1)..];
        }

        return ids;
    }

    private static bool IsTag(string value) => value.Length is >= 2 and <= 35 && value.All(c => char.IsAsciiLetterOrDigit(c) || c == '-');
}
