using System.Security.Cryptography;
using System.Text;
using Serverless.Contacts;

namespace Serverless.Privacy;

/// <summary>
/// Address of a data subject: a number with its country code, a mail address, or an id or handle in a network. Compared in the form that
/// channels write.
/// </summary>
public sealed class PersonAddress
{
    private const int Shortest = 4;
    private const int Longest = 320;
    private const int FewestDigits = 7;
    private readonly string _text;

    // Of a number; null for everything else.
    private readonly string? _digits;

    private PersonAddress(string text, string? digits) => (_text, _digits) = (text, digits);

    /// <summary>In the one form in which two that mean the same are equal.</summary>
    public override string ToString() => _digits is null ? _text : $"+{_digits}";

    /// <summary>The address, or null and the error.</summary>
    public static PersonAddress? Parse(string? text, out string problem)
    {
        problem = $"address is a number with its country code (+49 30 23125100), a mail address, or the id or handle of a network; {Shortest} to {Longest} characters.";
        var bare = text?.Trim();
        if (bare?.Length > 1 && bare[0] == '@') bare = bare[1..];
        if (bare is not { Length: >= Shortest and <= Longest } || bare.Any(char.IsControl)) return null;
        if (DigitsOf(bare) is not { } digits) return new PersonAddress(bare.ToLowerInvariant(), null);
        if (!digits.StartsWith('0')) return new PersonAddress(bare.ToLowerInvariant(), digits);
        problem = "Give the number with its country code: +49 30 23125100, not 030 23125100.";
        return null;
    }

    /// <summary>Whether an address of a contact is this one.</summary>
    public bool Is(string? other)
    {
        if (string.IsNullOrEmpty(other)) return false;
        if (_digits is null) return string.Equals(other.TrimStart('@'), _text, StringComparison.OrdinalIgnoreCase);
        return DigitsOf(other) == _digits;
    }

    /// <summary>Whether a contact is theirs: they said it, or it went to them.</summary>
    public bool IsOf(Contact contact) =>
        contact.Parties.Any(p => Is(p.Value)) || (contact.Parties.Count == 0 && Is(contact.Reply?.Address));

    /// <summary>Whether a raw call names it, in any of the spellings of JSON, forms and plain text.</summary>
    public bool IsNamedIn(string pathAndQuery, ReadOnlySpan<byte> body)
    {
        var text = (pathAndQuery + "\n" + Encoding.UTF8.GetString(body)).ToLowerInvariant();
        if (_digits is not null) return text.Contains(_digits, StringComparison.Ordinal);
        return text.Contains(_text, StringComparison.Ordinal)
            || text.Contains(Uri.EscapeDataString(_text).ToLowerInvariant(), StringComparison.Ordinal)
            || text.Contains(_text.Replace("@", "\\u0040", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    /// <summary>Pseudonym of the address for the audit log: it can be checked with the key and the address only.</summary>
    /// <param name="key">Without one there is no name: numbers are few enough to be tried out.</param>
    public string? NameUnder(string? key) => string.IsNullOrEmpty(key) ? null
        : Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(ToString())).AsSpan(0, 16));

    // As people and providers write numbers: +49 (30) 231-25, 0049..., 4930...; null when it is none.
    private static string? DigitsOf(string text)
    {
        var digits = new StringBuilder();
        foreach (var c in text)
        {
            if (char.IsAsciiDigit(c)) digits.Append(c);
            else if (c is not (' ' or '-' or '/' or '(' or ')' or '.' or '+')) return null;
        }

        var whole = digits.ToString();
        if (whole.StartsWith("00", StringComparison.Ordinal)) whole = whole[2..];
        return whole.Length < FewestDigits ? null : whole;
    }
}
