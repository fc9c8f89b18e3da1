using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;
using Serverless.Platform.Json;

namespace Serverless.Platform.Localization;

/// <summary>Everything we say to people, German and English, from files; an admin's own words come first.</summary>
/// <remarks>A placeholder is a name in braces, <c>{number}</c>. What is put in is escaped by the caller's rule, the text around it is trusted: it is ours or the admin's.</remarks>
public sealed class TextBook(IOptionsMonitor<TextsOptions> options)
{
    public const string German = "de";
    public const string English = "en";

    private static readonly Dictionary<string, string> De = Load(German);
    private static readonly Dictionary<string, string> En = Load(English);

    /// <summary>Every key; both languages have the same.</summary>
    public static IReadOnlyCollection<string> Keys => De.Keys;

    public static bool Has(string key) => De.ContainsKey(key);

    /// <summary>True for German, also of a region.</summary>
    public static bool IsGerman(string? language) => language is null || language.StartsWith(German, StringComparison.OrdinalIgnoreCase);

    /// <summary>A time as people write it, in a zone.</summary>
    /// <param name="at">The instant.</param>
    /// <param name="zone">The zone.</param>
    /// <param name="language">BCP 47 tag.</param>
    public static string Local(DateTimeOffset at, TimeZoneInfo zone, string? language) =>
        TimeZoneInfo.ConvertTime(at, zone).ToString(IsGerman(language) ? "dd.MM.yyyy HH:mm" : "yyyy-MM-dd HH:mm",
            CultureInfo.InvariantCulture);

    /// <summary>A text with its placeholders filled in; one that has no value is left out.</summary>
    /// <param name="language">BCP 47 tag; everything that is not English is told in German.</param>
    /// <param name="key">One of <see cref="Keys"/>.</param>
    /// <param name="values">By the placeholder's name.</param>
    /// <param name="escape">How a value is made safe where the text goes; null for plain text.</param>
    public string Say(string? language, string key, IReadOnlyDictionary<string, string>? values = null, Func<string, string>? escape = null)
    {
        var german = !(language ?? German).StartsWith(English, StringComparison.OrdinalIgnoreCase);
        var own = german ? options.CurrentValue.De : options.CurrentValue.En;
        return Fill(own.GetValueOrDefault(key) ?? (german ? De : En)[key], values, escape);
    }

    /// <summary>Sentences for an admin's texts that cannot be used as they are, each naming the setting.</summary>
    public IEnumerable<string> Problems()
    {
        foreach (var (language, own, ours) in new[] { ("De", options.CurrentValue.De, De), ("En", options.CurrentValue.En, En) })
            foreach (var (key, text) in own)
            {
                if (!ours.TryGetValue(key, out var original)) yield return $"Texts__{language}__{key} names no text of ours; see functions/Platform/Localization/{language.ToLowerInvariant()}.json.";
                else if (Placeholders(text).FirstOrDefault(p => !Placeholders(original).Contains(p, StringComparer.Ordinal)) is { } strange) yield return $"Texts__{language}__{key} holds {{{strange}}}, which this text does not get.";
            }
    }

    /// <summary>Names in braces, in order.</summary>
    public static IEnumerable<string> Placeholders(string text)
    {
        for (var open = text.IndexOf('{', StringComparison.Ordinal); open >= 0; open = text.IndexOf('{', open + 1))
        {
            var close = text.IndexOf('}', open);
            if (close < 0) yield break;
            yield return text[(open + 1)..close];
        }
    }

    private static string Fill(string text, IReadOnlyDictionary<string, string>? values, Func<string, string>? escape)
    {
        if (!text.Contains('{', StringComparison.Ordinal)) return text;
        var filled = new StringBuilder(text.Length + 64);
        var at = 0;
        // In one pass, so that a value with braces in it is never taken for a placeholder.
        for (var open = text.IndexOf('{', StringComparison.Ordinal); open >= 0; open = text.IndexOf('{', at))
        {
            var close = text.IndexOf('}', open);
            if (close < 0) break;
            filled.Append(text, at, open - at);
            if (values is not null && values.TryGetValue(text[(open + 1)..close], out var value)) filled.Append(escape is null ? value : escape(value));
            at = close + 1;
        }

        return filled.Append(text, at, text.Length - at).ToString();
    }

    private static Dictionary<string, string> Load(string language)
    {
        using var file = typeof(TextBook).Assembly.GetManifestResourceStream($"texts.{language}.json")!;
        return JsonSerializer.Deserialize(file, TextsJson.Default.DictionaryStringString)!;
    }
}

[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class TextsJson : JsonSerializerContext
{
    static TextsJson() => Default = new(PlainJson.Of(Default));
}
