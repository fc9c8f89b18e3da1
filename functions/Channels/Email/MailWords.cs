using System.Text.Json;

namespace Serverless.Channels.Email;

/// <summary>The text of a message, and whether all of it is there.</summary>
/// <param name="Text">What was read.</param>
/// <param name="Exceeds">Why there is more than that: <c>too-large</c> (Graph gave only its beginning), <c>characters</c>, <c>lines</c>,
/// <c>time</c>, <c>quoted</c>, <c>signature</c>; null when nothing is missing.</param>
/// <param name="IsPlaceholder">Whether a manual review is needed: the text exceeds the limit for one mail.</param>
internal sealed record MailWords(MailText Text, string? Exceeds, bool IsPlaceholder)
{
    private const int MaxQuoted = 500_000;
    private const int MaxSignature = 20_000;
    private const int Beginning = 20_000;

    public static MailWords Read(JsonElement message, TimeProvider time)
    {
        if (!message.Has("body"u8) && message.Has("bodyPreview"u8)) return new MailWords(Preview(message), "too-large", false);
        try
        {
            var text = Split(message, new TextLimits(time));
            if (text.Quoted.Length > MaxQuoted) return new MailWords(text with { Quoted = Short(text.Quoted, MaxQuoted) }, "quoted", false);
            return text.Signature.Length > MaxSignature
                ? new MailWords(text with { Signature = Short(text.Signature, MaxSignature) }, "signature", false)
                : new MailWords(text, null, false);
        }
        catch (TextLimitException error)
        {
            return new MailWords(Begin(message), error.Limit, true);
        }
    }

    /// <summary>All of it as one plain text, as far as it is read.</summary>
    public static string Whole(JsonElement message, TimeProvider time)
    {
        var body = message.Get("body"u8);
        if (body.Text("content"u8) is { } content && IsPlain(body)) return content;
        var text = Read(message, time).Text;
        return string.Join("\n\n", text.Own, text.Quoted, text.Signature);
    }

    private static MailText Split(JsonElement message, TextLimits limits)
    {
        // Graph's uniqueBody loses inline answers, so the whole body is split here; it only helps when the split found nothing.
        var whole = TextOf(message.Get("body"u8), limits);
        if (whole is null) return Preview(message);
        if (whole.Quoted.Length > 0 || TextOf(message.Get("uniqueBody"u8), limits) is not { Own.Length: > 0 } unique
            || unique.Own.Length >= whole.Own.Length) return whole;
        return whole.Own.StartsWith(unique.Own, StringComparison.Ordinal)
            ? new MailText(unique.Own, whole.Own[unique.Own.Length..].Trim(), whole.Signature.Length >= unique.Signature.Length
                ? whole.Signature : unique.Signature)
            : whole;
    }

    private static MailText? TextOf(JsonElement body, TextLimits limits)
    {
        if (body.Text("content"u8) is not { } content) return null;
        return IsPlain(body) ? MailText.OfPlain(content, limits) : MailText.OfHtml(content, limits);
    }

    private static bool IsPlain(JsonElement body) => body.Text("contentType"u8)?.Equals("text", StringComparison.OrdinalIgnoreCase) == true;

    private static MailText Preview(JsonElement message) => new(message.Text("bodyPreview"u8) ?? "", "", "");

    private static MailText Begin(JsonElement message)
    {
        var body = message.Get("body"u8);
        if (body.Text("content"u8) is not { } content) return Preview(message);
        content = Short(content, Beginning);
        return new MailText((IsPlain(body) ? MailText.OfPlain(content) : MailText.OfHtml(content)).Own, "", "");
    }

    private static string Short(string text, int max) =>
        text.Length <= max ? text : text[..(char.IsHighSurrogate(text[max - 1]) ? max - 1 : max)];
}
