using Serverless.Contacts;

namespace Serverless.Channels;

/// <summary>
/// Addresses of attachments come from strangers. An address that would do anything else than fetch a file when opened
/// (<c>javascript:</c>, <c>data:</c>, <c>file:</c>, a scheme that starts a program) is stored as text that no program recognises as an
/// address, so that neither the API nor a card, mail or page passes the link on.
/// </summary>
public static class AttachmentText
{
    /// <summary>
    /// What such a text begins with. The blank is no character of a scheme: https://www.rfc-editor.org/rfc/rfc3986#section-3.1
    /// </summary>
    public const string Prefix = "not a link: ";

    // upload: is Discourse's word for a file of its own.
    private static readonly string[] Harmless = ["http", "https", "upload"];

    /// <summary>True for an id of the provider's, and for an address that only fetches.</summary>
    public static bool MayBeAddress(string reference)
    {
        // Browsers leave out blanks and control characters before and within a scheme:
        // https://url.spec.whatwg.org/#concept-basic-url-parser
        Span<char> scheme = stackalloc char[32];
        var length = 0;
        foreach (var c in reference)
        {
            if (c <= ' ') continue;
            if (c == ':') return length == 0 || Harmless.Contains(scheme[..length].ToString(), StringComparer.OrdinalIgnoreCase);
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('+' or '-' or '.')) return true;
            if (length == 0 && !char.IsAsciiLetter(c)) return true;
            if (length < scheme.Length) scheme[length++] = c;
        }

        return true;
    }

    /// <summary>True for what <see cref="Of(ContactEvent)"/> made a text of.</summary>
    public static bool IsText(Attachment attachment) => attachment.Reference.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>The contact's event with such addresses as text; the same event when there is none.</summary>
    public static ContactEvent Of(ContactEvent e) => e.Contact.Attachments.All(a => MayBeAddress(a.Reference))
        ? e
        : e with { Contact = e.Contact with { Attachments = [.. e.Contact.Attachments.Select(Of)] } };

    private static Attachment Of(Attachment one) => MayBeAddress(one.Reference) ? one : one with { Reference = Prefix + one.Reference };
}
