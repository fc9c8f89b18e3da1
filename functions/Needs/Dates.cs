using System.Globalization;

namespace Serverless.Needs;

/// <summary>Dates as people write them: 3.2., 03.02.2026, 2026-02-03, 3. Februar, February 3.</summary>
internal static class Dates
{
    private static readonly Dictionary<string, int> Names = new(StringComparer.OrdinalIgnoreCase)
    {
        ["januar"] = 1, ["january"] = 1, ["jan"] = 1, ["jänner"] = 1, ["februar"] = 2, ["february"] = 2, ["feb"] = 2, ["märz"] =
            3, ["march"] = 3, ["april"] = 4, ["apr"] = 4, ["mai"] = 5, ["juni"] = 6, ["june"] = 6,
        ["juli"] = 7, ["july"] = 7, ["august"] = 8, ["aug"] = 8, ["september"] = 9, ["sep"] = 9, ["oktober"] = 10, ["october"] =
            10, ["okt"] = 10, ["oct"] = 10, ["november"] = 11, ["nov"] = 11,
        ["dezember"] = 12, ["december"] = 12, ["dez"] = 12, ["dec"] = 12,
    };

    /// <summary>
    /// The date that a word of a text is (with the month's name behind it, for a day of one); null for none. <c>yyyy-MM-dd</c>, without a
    /// year <c>--MM-dd</c>.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="start">Where the word begins.</param>
    /// <param name="length">Its length.</param>
    public static string? Parse(string text, int start, int length)
    {
        var word = text.AsSpan(start, length);
        if (word.Length is 0 or > 10 || !char.IsAsciiDigit(word[0])) return null;
        if (DateOnly.TryParseExact(word, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var iso))
            return iso.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        Span<Range> parts = stackalloc Range[4];
        var count = word.Split(parts, '.');
        if (count == 3 && Number(word[parts[0]]) is { } day && Number(word[parts[1]]) is { } month && word[parts[2]].Length is 2 or 4
            && Number(word[parts[2]]) is { } year)
            return Written(day, month, year < 100 ? 2000 + year : year);
        // "3.2." and not "3.2", which is a version or a price.
        if (count == 2 && start + length < text.Length && text[start + length] == '.' && Number(word[parts[0]]) is { } d
            && Number(word[parts[1]]) is { } m) return Written(d, m, null);
        return count == 1 && word.Length <= 2 && Number(word) is { } only && MonthBehind(text, start + length) is { } named
            ? Written(only, named, null) : null;
    }

    private static int? MonthBehind(string text, int at)
    {
        if (at < text.Length && text[at] == '.') at++;
        else if (at + 1 < text.Length && text.AsSpan(at, 2) is "st" or "nd" or "rd" or "th") at += 2;
        while (at < text.Length && text[at] == ' ') at++;
        var end = at;
        while (end < text.Length && char.IsLetter(text[end]) && end - at < 12) end++;
        return Names.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(text.AsSpan(at, end - at), out var month) ? month : null;
    }

    private static string? Written(int day, int month, int? year)
    {
        if (month is < 1 or > 12 || year is < 1900 or > 2100 || day < 1 || day > DateTime.DaysInMonth(year ?? 2024, month)) return null;
        return year is { } y ? string.Create(CultureInfo.InvariantCulture, $"{y:0000}-{month:00}-{day:00}")
            : string.Create(CultureInfo.InvariantCulture, $"--{month:00}-{day:00}");
    }

    private static int? Number(ReadOnlySpan<char> digits) => int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture,
        out var number) ? number : null;
}
