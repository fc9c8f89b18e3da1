namespace Serverless.Channels.Email;

/// <summary>Lines that mail programs put between the words of a mail and the mail it answers or forwards.</summary>
internal static class Dividers
{
    private const int Longest = 200;

    private static readonly string[] Originals =
    [
        "original message", "original-nachricht", "ursprüngliche nachricht", "ursprüngliche mail", "originalnachricht", "message d'origine",
        "message d’origine", "message original", "mensaje original",
        "messaggio originale", "oorspronkelijk bericht", "oorspronkelijke bericht", "oprindelig meddelelse", "oprindelig besked",
        "ursprungligt meddelande", "originalmeddelande", "wiadomość oryginalna", "oryginalna wiadomość",
    ];

    private static readonly string[] Forwards =
    [
        "forwarded message", "weitergeleitete nachricht", "message transféré", "mensaje reenviado", "messaggio inoltrato",
        "doorgestuurd bericht", "videresendt meddelelse", "videresendt besked",
        "vidarebefordrat meddelande", "wiadomość przekazana", "przekazana wiadomość",
    ];

    // Apple Mail draws no dashes.
    private static readonly string[] Begins =
    [
        "begin forwarded message:", "anfang der weitergeleiteten nachricht:", "début du message réexpédié :",
        "début du message transféré :", "inicio del mensaje reenviado:", "inizio messaggio inoltrato:",
        "begin doorgestuurd bericht:", "start på videresendt besked:", "vidarebefordrat brev:", "początek przekazywanej wiadomości:",
    ];

    // Zoho: "---- On <date> <name> wrote ----".
    private static readonly string[] Wrote = ["wrote", "schrieb", "a écrit", "escribió", "ha scritto", "schreef", "skrev", "napisał",
        "napisał(a)"];

    /// <summary>Whether the line introduces a quoted mail.</summary>
    /// <param name="line">Without white space around it.</param>
    public static bool IsDivider(ReadOnlySpan<char> line)
    {
        if (line.Length > Longest) return false;
        if (line is not ['-', ..]) return line is [.., ':'] && Is(line, Begins);
        return Inner(line) is { IsEmpty: false } inner && (Is(inner, Originals) || Is(inner, Forwards) || IsZoho(line, inner));
    }

    /// <summary>Whether the line says that a mail is passed on.</summary>
    public static bool IsForward(ReadOnlySpan<char> line) =>
        line.Length <= Longest && ((line is [.., ':'] && Is(line, Begins)) || Is(Inner(line), Forwards));

    private static ReadOnlySpan<char> Inner(ReadOnlySpan<char> line) =>
        line is ['-', '-', ..] && line[^1] == '-' ? line.Trim('-').Trim() : default;

    private static bool IsZoho(ReadOnlySpan<char> line, ReadOnlySpan<char> inner)
    {
        if (line is not ['-', '-', '-', ..] || inner.IndexOfAnyInRange('0', '9') < 0) return false;
        foreach (var verb in Wrote)
        {
            if (inner.EndsWith(verb, StringComparison.OrdinalIgnoreCase)) return true;
        }

        return false;
    }

    private static bool Is(ReadOnlySpan<char> line, string[] any)
    {
        foreach (var one in any)
        {
            if (line.Equals(one, StringComparison.OrdinalIgnoreCase)) return true;
        }

        return false;
    }
}
