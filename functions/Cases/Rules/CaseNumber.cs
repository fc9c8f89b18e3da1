using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Serverless.Cases.Rules;

/// <summary>
/// The case number for customers: seven characters and a check character, from an alphabet without similar characters and without vowels
/// (no 0/O, 1/I/L, 2/Z, 5/S, 8/B, Q/D, U/V). 23 characters: 3.4 billion numbers.
/// </summary>
/// <remarks>
/// The check character is a weighted sum modulo 23, a prime: every wrong character and every swap of two characters is detected.
/// </remarks>
public static class CaseNumber
{
    public const int Length = 8;
    private const string Alphabet = "34679ACDEFGHJKMNPRTVWXY";
    private static readonly SearchValues<char> Allowed = SearchValues.Create(Alphabet);

    /// <summary>The number a case requests, derived from its id, so that a repeated step requests the same one.</summary>
    /// <param name="caseId">32 hex digits.</param>
    /// <param name="attempt">0 at first; counts up while the number is taken by another case.</param>
    public static string For(string caseId, int attempt)
    {
        var hash = SHA256.HashData(Encoding.ASCII.GetBytes($"{caseId}/{attempt}"));
        var value = BitConverter.ToUInt64(hash);
        Span<char> number = stackalloc char[Length];
        for (var i = 0; i < Length - 1; i++, value /= (ulong)Alphabet.Length) number[i] = Alphabet[(int)(value % (ulong)Alphabet.Length)];
        number[^1] = Check(number[..^1]);
        return new string(number);
    }

    /// <summary>The number in its written form, or null when the text is none: wrong length, a character outside the alphabet, a wrong
    /// check character. Case, blanks and dashes do not matter.</summary>
    public static string? Parse(string text)
    {
        Span<char> number = stackalloc char[Length];
        var length = 0;
        foreach (var c in text)
        {
            if (c is ' ' or '-') continue;
            if (length == Length) return null;
            number[length++] = char.ToUpperInvariant(c);
        }

        if (length != Length || number.ContainsAnyExcept(Allowed) || Check(number[..^1]) != number[^1]) return null;
        return new string(number);
    }

    private static char Check(ReadOnlySpan<char> payload)
    {
        var sum = 0;
        for (var i = 0; i < payload.Length; i++) sum += Alphabet.IndexOf(payload[i], StringComparison.Ordinal) * (i + 2);
        return Alphabet[sum % Alphabet.Length];
    }
}
