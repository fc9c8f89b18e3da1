namespace Serverless.Platform.Localization;

/// <summary>Texts of your own; section <c>Texts</c>, e.g. <c>Texts__De__card_case_opened</c>.</summary>
public sealed class TextsOptions
{
    /// <summary>German texts by key, as in <c>functions/Platform/Localization/de.json</c>.</summary>
    public Dictionary<string, string> De { get; set; } = new(StringComparer.Ordinal);

    /// <summary>English texts by key, as in <c>functions/Platform/Localization/en.json</c>.</summary>
    public Dictionary<string, string> En { get; set; } = new(StringComparer.Ordinal);
}
