namespace Serverless.Channels.Email;

/// <summary>
/// The customer's text without quoted mail and signature; both are stored beside it. Doubtful parts count as the customer's.
/// </summary>
/// <param name="Own">The customer's words.</param>
/// <param name="Quoted">What it quotes; empty for nothing.</param>
/// <param name="Signature">Empty for none.</param>
internal sealed record MailText(string Own, string Quoted, string Signature)
{
    /// <summary>Reads HTML as it is seen. Linear in its length.</summary>
    /// <exception cref="TextLimitException">It has more than is read of one mail.</exception>
    public static MailText OfHtml(string html, TextLimits? limits = null) => Of(HtmlText.Read(html, limits ?? TextLimits.None));

    /// <summary>Reads a plain text. Linear in its length.</summary>
    /// <exception cref="TextLimitException">It has more than is read of one mail.</exception>
    public static MailText OfPlain(string text, TextLimits? limits = null) => Of(MailLines.Of(text, limits ?? TextLimits.None));

    private static MailText Of(MailLines lines)
    {
        var parts = new LinePart[lines.Count];
        QuotationFinder.Find(lines, parts);
        SignatureFinder.Find(lines, parts);
        var own = lines.Join(parts, LinePart.Own);
        if (own.Length > 0) return new MailText(own, lines.Join(parts, LinePart.Quoted), lines.Join(parts, LinePart.Signature));
        // A forward is quotation alone, a greeting at times signature alone: then that is what was sent.
        var signature = lines.Join(parts, LinePart.Signature);
        var quoted = lines.Join(parts, LinePart.Quoted);
        return quoted.Length > 0 ? new MailText(quoted, "", signature) : new MailText(signature, "", "");
    }
}
