using PhoneNumbers;

namespace Serverless.Needs;

/// <summary>
/// Telephone numbers in a text, by libphonenumber with strict grouping: its default takes the date 03.02.2026 for a number. Asked only
/// where seven digits are, since it
/// costs ten times all other reading.
/// </summary>
internal static class PhoneFacts
{
    private const int FewestDigits = 7;
    private const int MostNumbers = 3;
    private const int MostTries = 20;

    /// <summary>The numbers of a text as E.164, at most three.</summary>
    /// <param name="text">The text.</param>
    /// <param name="region">Country of numbers without a country code, ISO 3166.</param>
    public static IEnumerable<Fact> Scan(string text, string region)
    {
        var digits = 0;
        foreach (var c in text)
            if (char.IsAsciiDigit(c)) digits++;
        if (digits < FewestDigits) return [];
        var util = PhoneNumberUtil.GetInstance();
        return util.FindNumbers(text, region, PhoneNumberUtil.Leniency.STRICT_GROUPING, MostTries).Take(MostNumbers)
            .Select(found => new Fact(FactKinds.Phone, util.Format(found.Number, PhoneNumberFormat.E164), "written"))
            .Distinct().ToList();
    }
}
