namespace Serverless.Needs;

/// <summary>What nobody should write where others can read it: bank account, card, date of birth, password.</summary>
internal static class ConfidentialData
{
    private static readonly string[] BirthWords = ["geburtsdatum", "geboren", "geb.", "birth", "born", "dob"];
    private static readonly string[] PasswordWords = ["passwort", "kennwort", "password", "pwd", "pin", "tan", "zugangscode", "passcode"];
    private const int Reach = 30;

    /// <summary>Kinds of it that are in a text: <c>iban</c>, <c>card</c>, <c>birth-date</c>, <c>password</c>.</summary>
    public static List<string> Of(string text, IReadOnlyList<Fact> facts)
    {
        List<string> kinds = [];
        foreach (var fact in facts)
            if (fact.Kind is FactKinds.Iban or FactKinds.Card && !kinds.Contains(fact.Kind)) kinds.Add(fact.Kind);
        if (Array.Exists(BirthWords, w => HasDateBeside(text, w))) kinds.Add("birth-date");
        if (Array.Exists(PasswordWords, w => HasValueBeside(text, w))) kinds.Add("password");
        return kinds;
    }

    private static bool HasDateBeside(string text, string word)
    {
        for (var at = Next(text, word, 0); at >= 0; at = Next(text, word, at))
        {
            for (var i = at; i < Math.Min(text.Length, at + Reach); i++)
            {
                if (!char.IsAsciiDigit(text[i]) || (i > 0 && char.IsAsciiDigit(text[i - 1]))) continue;
                var end = i;
                while (end < text.Length && end - i < 10 && (char.IsAsciiDigit(text[end]) || text[end] is '.' or '-')) end++;
                if (Dates.Parse(text, i, text[end - 1] == '.' ? end - 1 - i : end - i) is not null) return true;
            }
        }

        return false;
    }

    // "Passwort: abc123", "my password is hunter2": the word, a mark or "is", and something that holds a digit.
    private static bool HasValueBeside(string text, string word)
    {
        for (var at = Next(text, word, 0); at >= 0; at = Next(text, word, at))
        {
            var rest = text.AsSpan(at, Math.Min(Reach, text.Length - at)).TrimStart(" :=\"'");
            foreach (var is_ in (ReadOnlySpan<string>)["lautet", "ist", "is", "was", "war"])
                if (rest.StartsWith(is_ + " ", StringComparison.OrdinalIgnoreCase)
                    || rest.StartsWith(is_ + ":", StringComparison.OrdinalIgnoreCase)) rest = rest[is_.Length..].TrimStart(" :=\"'");
            var end = 0;
            while (end < rest.Length && !char.IsWhiteSpace(rest[end]) && rest[end] is not (',' or ';' or '?')) end++;
            if (end >= 4 && rest[..end].ContainsAnyInRange('0', '9')) return true;
        }

        return false;
    }

    // Where a word ends that stands by itself, the next from a place; -1 for none.
    private static int Next(string text, string word, int from)
    {
        for (var at = text.IndexOf(word, from, StringComparison.OrdinalIgnoreCase); at >= 0; at =
            text.IndexOf(word, at + 1, StringComparison.OrdinalIgnoreCase))
        {
            var end = at + word.Length;
            if ((at == 0 || !char.IsLetterOrDigit(text[at - 1])) && (end == text.Length || !char.IsLetterOrDigit(text[end]))) return end;
        }

        return -1;
    }
}
