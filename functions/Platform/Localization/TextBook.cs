using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;
using Serverless.Platform.Json;

namespace Serverless.Platform.Localization;

/// <summary>All texts for people, in German and English, loaded from <c>de.json</c> and <c>en.json</c>; texts from settings replace
/// them.</summary>
/// <remarks>
/// A placeholder is a name in braces, <c>{number}</c>. Values are escaped by the function that the caller passes; the text around them is
/// trusted, since it comes from the app or its settings.
/// <para>
/// A text with a count has two keys, <c>{key}_one</c> and <c>{key}_other</c>: <see cref="Count"/> chooses between them. German and English
/// use <c>one</c> for 1 alone (CLDR plural rules), so 0 takes <c>other</c>. Settings replace each form by its own key.
/// </para>
/// </remarks>
public sealed class TextBook(IOptionsMonitor<TextsOptions> options)
{
    public const string German = "de";
    public const string English = "en";

    private static readonly Dictionary<string, string> De = Load(German);
    private static readonly Dictionary<string, string> En = Load(English);

    /// <summary>Every key; both languages have the same.</summary>
    public static IReadOnlyCollection<string> Keys => De.Keys;

    public static bool Has(string key) => De.ContainsKey(key);

    /// <summary>
    /// The language of the texts for a BCP 47 tag: German for German, English for every other language, German where none is stated.
    /// </summary>
    public static string LanguageOf(string? tag) => string.IsNullOrWhiteSpace(tag) ? German : Supported(tag) ?? English;

    /// <summary><see cref="German"/> or <see cref="English"/> if the tag is one of them, also with a region; else null.</summary>
    public static string? Supported(string? tag) => tag?.Split('-')[0].Trim().ToLowerInvariant() switch
    {
        German => German,
        English => English,
        _ => null,
    };

    /// <summary>A text with its placeholders filled in; one without a value is left out.</summary>
    /// <param name="language">BCP 47 tag; see <see cref="LanguageOf"/>.</param>
    /// <param name="key">One of <see cref="Keys"/>.</param>
    /// <param name="values">By the placeholder's name.</param>
    /// <param name="escape">Makes a value safe for the target format; null for plain text.</param>
    public string Say(string? language, string key, IReadOnlyDictionary<string, string>? values = null, Func<string, string>? escape = null)
    {
        var german = LanguageOf(language) == German;
        var own = german ? options.CurrentValue.De : options.CurrentValue.En;
        return Fill(own.GetValueOrDefault(key) ?? (german ? De : En)[key], values, escape);
    }

    /// <summary>A text in its singular or plural form, with <c>{count}</c> filled in.</summary>
    /// <param name="language">BCP 47 tag; see <see cref="LanguageOf"/>.</param>
    /// <param name="key">A key without its ending <c>_one</c> or <c>_other</c>.</param>
    /// <param name="count">0 or more.</param>
    /// <param name="values">Further values, by the placeholder's name.</param>
    /// <param name="escape">Makes a value safe for the target format; null for plain text.</param>
    public string Count(
        string? language, string key, int count, IReadOnlyDictionary<string, string>? values = null, Func<string, string>? escape = null)
    {
        var all = new Dictionary<string, string>(values ?? new Dictionary<string, string>(StringComparer.Ordinal), StringComparer.Ordinal)
        {
            ["count"] = count.ToString(CultureInfo.InvariantCulture),
        };
        return Say(language, count == 1 ? $"{key}_one" : $"{key}_other", all, escape);
    }

    /// <summary>A point in time as people read it; see <see cref="LocalTime.Write"/>.</summary>
    /// <param name="language">BCP 47 tag; see <see cref="LanguageOf"/>.</param>
    /// <param name="at">The time.</param>
    /// <param name="zone">The reader's zone.</param>
    public string Time(string? language, DateTimeOffset at, TimeZoneInfo zone) =>
        LocalTime.Write(at, zone, LanguageOf(language), name => Say(language, name));

    /// <summary>Sentences for texts in settings that cannot be used, each naming the setting.</summary>
    public IEnumerable<string> Problems()
    {
        foreach (var (language, own, ours) in new[] { ("De", options.CurrentValue.De, De), ("En", options.CurrentValue.En, En) })
        {
            foreach (var (key, text) in own)
            {
                var setting = $"Texts__{language}__{key}";
                var file = $"functions/Platform/Localization/{language.ToLowerInvariant()}.json";
                if (!ours.TryGetValue(key, out var original)) yield return $"{setting} is not a known text; the keys are listed in {file}.";
                else if (Unknown(text, original) is { } unknown)
                    yield return $"{setting} contains {{{unknown}}}, which this text does not have.";
            }
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

    private static string? Unknown(string text, string original) =>
        Placeholders(text).FirstOrDefault(p => !Placeholders(original).Contains(p, StringComparer.Ordinal));

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
            if (values is not null && values.TryGetValue(text[(open + 1)..close], out var value))
                filled.Append(escape is null ? value : escape(value));
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
