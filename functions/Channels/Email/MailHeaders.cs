using System.Text.Json;

namespace Serverless.Channels.Email;

/// <summary>The headers of a mail that a case needs, and whether a machine wrote it.</summary>
/// <remarks>What marks a machine: https://www.rfc-editor.org/rfc/rfc3834 (Auto-Submitted), https://www.rfc-editor.org/rfc/rfc3464
/// (bounces), https://www.rfc-editor.org/rfc/rfc2369 (lists).</remarks>
internal sealed class MailHeaders
{
    /// <summary>MAPI property of References; Sent Items have it in the place of a header.</summary>
    public const string ReferencesProperty = "String 0x1039";

    /// <summary>MAPI property of In-Reply-To.</summary>
    public const string InReplyToProperty = "String 0x1042";

    /// <summary>
    /// MAPI property of the sender's SMTP address: PidTagSentRepresentingSmtpAddress. A sender of our own Exchange can be given as an
    /// X.500 name.
    /// </summary>
    public const string FromSmtpProperty = "String 0x5D02";

    /// <summary>On every mail of ours; Graph lets us set only headers that begin with x-.
    /// https://learn.microsoft.com/en-us/graph/api/user-sendmail</summary>
    public const string LoopHeader = "x-contact-loop";

    private const int MaxReferences = 200;

    private bool _loop, _report, _receipt, _failed, _replied, _generated, _listed, _bulk, _nobody;

    public MailHeaders(JsonElement message)
    {
        foreach (var header in message.Get("internetMessageHeaders"u8).Items())
        {
            if (header.Text("name"u8) is { } name && header.Get("value"u8).ValueKind == JsonValueKind.String)
                Take(name, header.Get("value"u8).GetString()!.Trim());
        }

        foreach (var property in message.Get("singleValueExtendedProperties"u8).Items())
        {
            // Graph writes the id back as it likes: "String 0x1039" or "string 0x1039".
            var (id, value) = (property.Text("id"u8), property.Text("value"u8));
            if (ReferencesProperty.Equals(id, StringComparison.OrdinalIgnoreCase) && References.Count == 0) References = Ids(value);
            if (InReplyToProperty.Equals(id, StringComparison.OrdinalIgnoreCase) && AllInReplyTo.Count == 0) AllInReplyTo = Ids(value);
            if (FromSmtpProperty.Equals(id, StringComparison.OrdinalIgnoreCase)) FromAddress ??= AddressIn(value);
        }
    }

    /// <summary>Message-IDs, the first of the conversation first.</summary>
    public IReadOnlyList<string> References { get; private set; } = [];

    public string? InReplyTo => AllInReplyTo.Count > 0 ? AllInReplyTo[0] : null;

    /// <summary>What the mail answers; some programs name several.</summary>
    public IReadOnlyList<string> AllInReplyTo { get; private set; } = [];

    /// <summary>What the sender's program says the mail is written in; null when it names several.</summary>
    public string? Language { get; private set; }

    /// <summary>
    /// The sender asks for no automatic answer, or the mail came through a list; it does not mean that the mail is automatic.
    /// </summary>
    public bool WantsNoAutoReply { get; private set; }

    /// <summary>Who a bounce says could not be reached.</summary>
    public string? FailedRecipient { get; private set; }

    /// <summary>The sender's address as the header or Exchange names it; null when neither does.</summary>
    public string? FromAddress { get; private set; }

    /// <summary>Who wrote a mail that a list or group sends on in its own name, as the list says; the name may be missing.</summary>
    public (string Address, string? Name)? Original { get; private set; }

    /// <summary>Whether the mail came through a list or group.</summary>
    public bool IsListed => _listed || _bulk;

    /// <summary>What the server that received it for us found out: <c>pass</c>, <c>fail</c> or <c>none</c>.</summary>
    public string Authentication => AuthenticationResults.Judge(Results);

    /// <summary>Domains that the list's headers name.</summary>
    public List<string> ListNames { get; } = [];

    // Only the first counts: the receiving server writes it on top, and those below may be forged.
    private string? Results { get; set; }

    /// <summary>
    /// <c>own-loop</c>, <c>bounce</c>, <c>auto-reply</c>, <c>list</c> (a newsletter or the like: nobody waits), <c>generated</c> (a
    /// system's own mail, such as a web form's); null when a person wrote it, as far as headers show. A person can write through a list,
    /// a group or a mailing service: then the headers of the list only forbid automatic texts.
    /// </summary>
    /// <param name="from">The sender's address.</param>
    /// <param name="isOurs">Whether a domain is one of our mailboxes'.</param>
    public string? Automatic(string from, Func<string, bool> isOurs)
    {
        if (_loop) return "own-loop";
        var at = from.IndexOf('@');
        var daemon = (at > 0 ? from[..at] : from).ToLowerInvariant() is "mailer-daemon" or "postmaster" or "mailer_daemon"
            or "microsoftexchange329e71ec88ae4615bbc36ab6ce41109e";
        if (_report || _failed || (daemon && (_nobody || _replied || _generated))) return "bounce";
        if (_replied || _receipt || (_generated && (InReplyTo is not null || References.Count > 0)) || (_nobody && !IsListed))
            return "auto-reply";
        if (IsNewsletter(isOurs)) return "list";
        return _generated ? "generated" : null;
    }

    // Bulk mail has Precedence, or the id of a list that is not one of our groups. Not bulk: an answer to a mail, the text of a list
    // member (the list names them), and a mail with only a mailing service's unsubscribe link.
    private bool IsNewsletter(Func<string, bool> isOurs)
    {
        if (InReplyTo is not null || References.Count > 0 || Original is not null) return false;
        return (_bulk || (_listed && ListNames.Count > 0)) && !ListNames.Exists(name => isOurs(name));
    }

    private void Take(string name, string value)
    {
        switch (name.ToLowerInvariant())
        {
            case "references" when References.Count == 0: References = Ids(value); break;
            case "in-reply-to" when AllInReplyTo.Count == 0: AllInReplyTo = Ids(value); break;
            case "content-language" when Language is null && IsTag(value): Language = value; break;
            case "from": FromAddress ??= AddressIn(value); break;
            case "authentication-results": Results ??= value; break;
            case LoopHeader: _loop = true; break;
            case "content-type" when value.StartsWith("multipart/report", StringComparison.OrdinalIgnoreCase):
                _report |= value.Contains("delivery-status", StringComparison.OrdinalIgnoreCase);
                _receipt |= value.Contains("disposition-notification", StringComparison.OrdinalIgnoreCase);
                break;
            case "auto-submitted" when !value.StartsWith("no", StringComparison.OrdinalIgnoreCase):
                if (value.StartsWith("auto-replied", StringComparison.OrdinalIgnoreCase)) _replied = true;
                else _generated = true;
                break;
            case "x-autoreply" or "x-autorespond"
                or "x-autoresponder" when !value.Equals("no", StringComparison.OrdinalIgnoreCase): _replied = true; break;
            case "return-path": _nobody |= value == "<>"; break;
            case "x-failed-recipients":
                _failed = true;
                FailedRecipient ??= value.Split(',')[0].Trim();
                break;
            case "x-auto-response-suppress": WantsNoAutoReply |= !value.Equals("None", StringComparison.OrdinalIgnoreCase); break;
            default: TakeOfList(name.ToLowerInvariant(), value); break;
        }
    }

    // https://www.rfc-editor.org/rfc/rfc2919 (List-Id), https://support.google.com/a/answer/2685650 (X-Original-Sender and X-Original-From
    // of a group)
    private void TakeOfList(string name, string value)
    {
        switch (name)
        {
            case "precedence":
                _bulk |= value.ToLowerInvariant() is "bulk" or "list" or "junk";
                _replied |= value.Equals("auto_reply", StringComparison.OrdinalIgnoreCase);
                break;
            case "x-original-sender" when AddressIn(value) is { } sender: Original = (sender, Original?.Name); break;
            case "x-original-from" when AddressIn(value) is { } from:
                var person = value.LastIndexOf('<') is > 0 and var open ? value[..open].Trim().Trim('"') : null;
                Original = (Original?.Address ?? from, string.IsNullOrEmpty(person) ? null : person);
                break;
            case "list-id" or "x-beenthere" or "list-post" or "mailing-list" or "x-mailinglist":
                _listed = true;
                if (ListNames.Count < 10) ListNames.Add(value);
                break;
            case var list when list.StartsWith("list-", StringComparison.Ordinal): _listed = true; break;
        }

        WantsNoAutoReply |= IsListed;
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

    private static string? AddressIn(string? value)
    {
        if (value is null) return null;
        var open = value.LastIndexOf('<');
        var close = open < 0 ? -1 : value.IndexOf('>', open);
        var address = (close > 0 ? value[(open + 1)..close] : value).Trim();
        return MailAddresses.IsAddress(address) ? address : null;
    }

    private static bool IsTag(string value) => value.Length is >= 2 and <= 35 && value.All(c => char.IsAsciiLetterOrDigit(c) || c == '-');
}
