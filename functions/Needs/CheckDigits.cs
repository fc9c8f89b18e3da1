namespace Serverless.Needs;

/// <summary>Bank account and card numbers in a text, by their check digits. Only that there is one is said, never which.</summary>
internal static class CheckDigits
{
    // Lengths by country, of those a German or Austrian house meets most; others have 15 to 34.
    // https://www.swift.com/standards/data-standards/iban-international-bank-account-number
    private static readonly Dictionary<string, int> Lengths = new(StringComparer.Ordinal)
    {
        ["DE"] = 22, ["AT"] = 20, ["CH"] = 21, ["LI"] = 21, ["NL"] = 18, ["BE"] = 16, ["FR"] = 27, ["LU"] = 20, ["IT"] = 27, ["ES"] =
            24, ["PL"] = 28, ["CZ"] = 24, ["DK"] = 18, ["GB"] = 22, ["IE"] = 22,
        ["PT"] = 25, ["SE"] = 24, ["NO"] = 15, ["FI"] = 18, ["HU"] = 28, ["TR"] = 26, ["GR"] = 27,
    };

    private const int LongestIban = 34;

    /// <summary>Whether a text holds an IBAN whose check digits are right (ISO 13616, remainder by 97).</summary>
    public static bool HasIban(ReadOnlySpan<char> text)
    {
        Span<char> iban = stackalloc char[LongestIban];
        for (var i = 0; i + 14 < text.Length; i++)
        {
            if (!char.IsAsciiLetter(text[i]) || !char.IsAsciiLetter(text[i + 1]) || !char.IsAsciiDigit(text[i + 2])
                || (i > 0 && char.IsLetterOrDigit(text[i - 1]))) continue;
            var length = 0;
            for (var at = i; at < text.Length && length < LongestIban; at++)
            {
                if (char.IsAsciiLetterOrDigit(text[at])) iban[length++] = char.ToUpperInvariant(text[at]);
                else if (text[at] is not (' ' or '-' or '\u00A0')) break;
            }

            if (IsIban(iban[..length])) return true;
        }

        return false;
    }

    /// <summary>Whether a text holds 13 to 19 digits, as cards have, whose last one is right (ISO/IEC 7812, Luhn).</summary>
    public static bool HasCard(ReadOnlySpan<char> text)
    {
        Span<char> digits = stackalloc char[19];
        for (var i = 0; i + 12 < text.Length; i++)
        {
            // Cards of the networks begin with 2 to 6; what follows a digit, a letter or + is another number.
            if (text[i] is < '2' or > '6' || (i > 0 && (char.IsLetterOrDigit(text[i - 1]) || text[i - 1] is '+' or '-' or '/'))) continue;
            var (length, at) = (0, i);
            for (; at < text.Length && length < digits.Length; at++)
            {
                if (char.IsAsciiDigit(text[at])) digits[length++] = text[at];
                else if (text[at] is not (' ' or '-') || at + 1 >= text.Length || !char.IsAsciiDigit(text[at + 1])) break;
            }

            if (length >= 13 && (at >= text.Length || !char.IsLetterOrDigit(text[at])) && IsLuhn(digits[..length])
                && !AllSame(digits[..length])) return true;
        }

        return false;
    }

    // Words may stand behind it: a known country tells the length; otherwise all lengths that are there are tried.
    private static bool IsIban(ReadOnlySpan<char> iban)
    {
        if (iban.Length < 15 || !char.IsAsciiDigit(iban[3])) return false;
        if (Lengths.TryGetValue(new string(iban[..2]), out var length)) return iban.Length >= length && Remainder(iban[..length]) == 1;
        for (var l = 15; l <= iban.Length; l++)
            if (Remainder(iban[..l]) == 1 && l == iban.Length) return true;
        return false;
    }

    private static int Remainder(ReadOnlySpan<char> iban)
    {
        var remainder = 0;
        for (var i = 0; i < iban.Length; i++)
        {
            var c = iban[(i + 4) % iban.Length];
            remainder = char.IsAsciiDigit(c) ? ((remainder * 10) + (c - '0')) % 97 : ((remainder * 100) + (c - 'A' + 10)) % 97;
        }

        return remainder;
    }

    private static bool IsLuhn(ReadOnlySpan<char> digits)
    {
        var sum = 0;
        for (var i = 0; i < digits.Length; i++)
        {
            var digit = digits[^(i + 1)] - '0';
            if (i % 2 == 1) digit = digit > 4 ? (2 * digit) - 9 : 2 * digit;
            sum += digit;
        }

        return sum % 10 == 0;
    }

    private static bool AllSame(ReadOnlySpan<char> digits) => !digits.ContainsAnyExcept(digits[0]);
}
