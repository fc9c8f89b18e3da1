using System.Text;
using Serverless.Contacts;

namespace Serverless.Notifications.Acknowledgement;

/// <summary>
/// Whether a customer cancels a contract or withdraws from it. Detected by words alone, so that it can be explained; README.md lists
/// them. A false positive costs only a confirmation, a false negative may cost the customer a deadline.
/// </summary>
public static class Ending
{
    // Anywhere in a word, since German joins words: Vertragskündigung.
    private static readonly string[] Within = ["kündig", "kuendig", "widerruf"];
    private static readonly string[] But = ["ankündig", "ankuendig", "verkündig", "verkuendig", "unwiderruf"];

    // At the beginning of a word.
    private static readonly string[] Beginning = ["cancel", "terminat", "withdraw", "revoke", "revoking", "revocation"];

    /// <summary>Checks subject and text.</summary>
    public static bool IsMeantBy(Contact contact) => Says(contact.Extras?.GetValueOrDefault("subject")) || Says(contact.Text);

    /// <summary>Whether a word of a text is one of ours.</summary>
    public static bool Says(string? text)
    {
        if (string.IsNullOrEmpty(text)) return false;
        // Half of a surrogate pair is no word of ours, and Normalize refuses it.
        var letters = new string([.. text.Where(c => !char.IsSurrogate(c))]).Normalize(NormalizationForm.FormC).ToLowerInvariant();
        var rest = letters.AsSpan();
        while (rest.Length > 0)
        {
            var end = 0;
            while (end < rest.Length && char.IsLetter(rest[end])) end++;
            if (end > 0 && IsOne(rest[..end])) return true;
            rest = rest[Math.Min(end + 1, rest.Length)..];
        }

        return false;
    }

    private static bool IsOne(ReadOnlySpan<char> word)
    {
        foreach (var start in Beginning)
            if (word.StartsWith(start, StringComparison.Ordinal)) return true;
        foreach (var not in But)
            if (word.Contains(not, StringComparison.Ordinal)) return false;
        foreach (var part in Within)
            if (word.Contains(part, StringComparison.Ordinal)) return true;
        return false;
    }
}
