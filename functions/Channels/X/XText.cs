using System.Globalization;
using System.Text.Json;

namespace Serverless.Channels.X;

/// <summary>Texts and media as X writes them, and how long X counts a text.</summary>
internal static class XText
{
    /// <summary>The words as they were typed: X escapes three characters. https://docs.x.com/x-api/fundamentals/data-dictionary</summary>
    public static string? Plain(string? text) =>
        text is null || !text.Contains('&', StringComparison.Ordinal) ? text
        : text.Replace("&lt;", "<", StringComparison.Ordinal).Replace("&gt;", ">", StringComparison.Ordinal)
        .Replace("&amp;", "&", StringComparison.Ordinal);

    /// <summary>The address of the video of the highest rate; the first one named where none states a rate.</summary>
    public static string? BestVideo(JsonElement variants)
    {
        string? best = null;
        long rate = -1;
        foreach (var variant in variants.Items())
        {
            if (!variant.Get("content_type"u8).Is("video/mp4"u8) || variant.Get("url"u8).AsText() is not { } url) continue;
            var value = variant.Get("bitrate"u8) is { ValueKind: JsonValueKind.Number } a ? a : variant.Get("bit_rate"u8);
            var its = value.ValueKind is JsonValueKind.Number && value.TryGetInt64(out var number) ? number : 0;
            if (its > rate) (best, rate) = (url, its);
        }

        return best;
    }

    /// <summary>
    /// How many of the 280 characters a text takes: letters of most alphabets one, all else and every emoji two, every link 23.
    /// https://docs.x.com/fundamentals/counting-characters
    /// </summary>
    public static int Length(string text)
    {
        var length = 0;
        foreach (var word in text.Split(' '))
        {
            var link = word.IndexOf("https://", StringComparison.OrdinalIgnoreCase) is var secure and >= 0
                ? secure : word.IndexOf("http://", StringComparison.OrdinalIgnoreCase);
            length += 1 + (link < 0 ? Weight(word) : Weight(word[..link]) + 23);
        }

        return length - 1;
    }

    private static int Weight(string word)
    {
        var weight = 0;
        var elements = StringInfo.GetTextElementEnumerator(word);
        while (elements.MoveNext())
        {
            var element = elements.GetTextElement();
            var rune = System.Text.Rune.TryGetRuneAt(element, 0, out var first) ? first.Value : 0xFFFD;
            var narrow = rune is <= 4351 or (>= 8192 and <= 8205) or (>= 8208 and <= 8223) or (>= 8242 and <= 8247);
            weight += narrow ? element.Length : 2;
        }

        return weight;
    }
}
