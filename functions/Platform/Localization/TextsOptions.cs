namespace Serverless.Platform.Localization;

/// <summary>An admin's own words instead of ours; section <c>Texts</c>, e.g. <c>Texts__De__card_opened_title</c>.</summary>
public sealed class TextsOptions
{
    /// <summary>German texts by key, as in <c>functions/Platform/Localization/de.json</c>.</summary>
    public Dictionary<string, string> De { get; set; } = new(StringComparer.Ordinal);

    /// <summary>English texts by key, as in <c>functions/Platform/Localization/en.json</c>.</summary>
    public Dictionary<string, string> En { get; set; } = new(StringComparer.Ordinal);
}
