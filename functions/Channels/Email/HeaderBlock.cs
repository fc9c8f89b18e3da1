using System.Collections.Frozen;

namespace Serverless.Channels.Email;

/// <summary>The header of a quoted mail as Outlook and others write it into the text: who, when, to whom, subject; each in a line, at times
/// broken.</summary>
internal readonly record struct HeaderBlock
{
    private const int MaxLines = 24;
    private const int MaxLabel = 24;
    private const int MaxBroken = 4;

    private enum Field
    {
        From,
        To,
        Sent,
        Date,
        Subject,
        Other,
    }

    // As Outlook, Thunderbird, Samsung, GMX and others name them in German, English, French, Spanish, Italian, Dutch, Danish, Swedish,
    // Polish.
    private static readonly FrozenDictionary<string, Field> Labels = new Dictionary<string, Field>(StringComparer.OrdinalIgnoreCase)
    {
        ["from"] = Field.From, ["von"] = Field.From, ["absender"] = Field.From, ["de"] = Field.From, ["expéditeur"] = Field.From,
        ["da"] = Field.From, ["mittente"] = Field.From, ["van"] = Field.From,
        ["fra"] = Field.From, ["från"] = Field.From, ["od"] = Field.From, ["nadawca"] = Field.From, ["remitente"] = Field.From,
        ["to"] = Field.To, ["an"] = Field.To, ["empfänger"] = Field.To, ["à"] = Field.To, ["para"] = Field.To, ["a"] = Field.To,
        ["aan"] = Field.To, ["til"] = Field.To, ["till"] = Field.To, ["do"] = Field.To,
        ["sent"] = Field.Sent, ["gesendet"] = Field.Sent, ["envoyé"] = Field.Sent, ["envoyé le"] = Field.Sent, ["enviado"] = Field.Sent,
        ["enviado el"] = Field.Sent, ["inviato"] = Field.Sent,
        ["verzonden"] = Field.Sent, ["sendt"] = Field.Sent, ["skickat"] = Field.Sent, ["wysłano"] = Field.Sent, ["wysłane"] = Field.Sent,
        ["date"] = Field.Date, ["datum"] = Field.Date, ["fecha"] = Field.Date, ["data"] = Field.Date, ["dato"] = Field.Date,
        ["subject"] = Field.Subject, ["betreff"] = Field.Subject, ["objet"] = Field.Subject, ["asunto"] = Field.Subject,
        ["oggetto"] = Field.Subject, ["onderwerp"] = Field.Subject,
        ["emne"] = Field.Subject, ["ämne"] = Field.Subject, ["temat"] = Field.Subject,
        ["cc"] = Field.Other, ["kopie"] = Field.Other, ["copie"] = Field.Other, ["kopia"] = Field.Other, ["dw"] = Field.Other,
        ["reply-to"] = Field.Other, ["antwort an"] = Field.Other,
        ["importance"] = Field.Other, ["wichtigkeit"] = Field.Other, ["priorität"] = Field.Other, ["attachments"] = Field.Other,
        ["anlagen"] = Field.Other,
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenDictionary<string, Field>.AlternateLookup<ReadOnlySpan<char>> ByLabel =
        Labels.GetAlternateLookup<ReadOnlySpan<char>>();

    private bool HasFrom { get; init; }

    private bool HasAddress { get; init; }

    private bool HasSent { get; init; }

    private bool HasTime { get; init; }

    private bool HasSubject { get; init; }

    private bool HasTo { get; init; }

    /// <summary>The line behind it.</summary>
    public int End { get; private init; }

    /// <summary>
    /// Whether a mail program wrote it. A letter may begin with from, to, date and subject, and a travel request has from, to and date:
    /// those are the customer's own words.
    /// </summary>
    /// <param name="ruled">A line is drawn above it.</param>
    public bool IsCertain(bool ruled) => HasFrom && (HasSubject || HasTo)
        && ((HasTime && (HasAddress || ruled)) || (ruled && HasSent && HasAddress) || (HasSent && HasTime && HasSubject && HasTo));

    /// <summary>The block that begins with a line; null when none does.</summary>
    public static HeaderBlock? Read(MailLines lines, int at)
    {
        if (at >= lines.Count || FieldOf(lines[at], out _) is null) return null;
        var block = new HeaderBlock { End = at };
        var broken = 0;
        for (var i = at; i < lines.Count && i < at + MaxLines; i++)
        {
            if (lines.IsEmpty(i)) continue;
            if (FieldOf(lines[i], out var value) is not { } field)
            {
                if (++broken > MaxBroken) break;
                continue;
            }

            // Other text in between, or a repeated field: this belongs to the quoted mail.
            if (i > block.End && broken > 0 && lines.IsEmpty(i - 1)) break;
            if ((field == Field.From && block.HasFrom) || (field == Field.Subject && block.HasSubject)) break;
            broken = 0;
            block = block.With(field, value) with { End = i + 1 };
        }

        return block;
    }

    private HeaderBlock With(Field field, ReadOnlySpan<char> value) => field switch
    {
        Field.From => this with { HasFrom = true, HasAddress = HasAddress || value.Contains('@') },
        Field.To => this with { HasTo = true },
        Field.Sent => this with { HasSent = true, HasTime = HasTime || IsTime(value) },
        Field.Date => this with { HasTime = HasTime || IsTime(value) },
        Field.Subject => this with { HasSubject = true },
        _ => this,
    };

    private static Field? FieldOf(ReadOnlySpan<char> line, out ReadOnlySpan<char> value)
    {
        value = default;
        line = line.TrimStart(" \t\u00a0*");
        var colon = line.Length > MaxLabel + 3 ? line[..(MaxLabel + 3)].IndexOf(':') : line.IndexOf(':');
        if (colon <= 0 || colon > MaxLabel + 2) return null;
        value = line[(colon + 1)..].TrimStart('*');
        // "From:the" is a word of a text, unless a mail program set it in bold.
        if (value.Length > 0 && !char.IsWhiteSpace(value[0])) return null;
        return ByLabel.TryGetValue(line[..colon].Trim(" \t\u00a0*"), out var field) ? field : null;
    }

    /// <summary>
    /// Whether a text contains a time of day: 9:12; in Danish 09.12 after a year, since a full stop also occurs in dates.
    /// </summary>
    public static bool IsTime(ReadOnlySpan<char> value)
    {
        value = value.Length > 500 ? value[..500] : value;
        var digits = 0;
        var year = false;
        for (var i = 0; i + 2 < value.Length; i++)
        {
            if (char.IsAsciiDigit(value[i]))
            {
                year |= ++digits == 4;
                continue;
            }

            var time = digits is 1 or 2 && (value[i] == ':' || (value[i] == '.' && year)) && char.IsAsciiDigit(value[i + 1])
                && char.IsAsciiDigit(value[i + 2]);
            if (time) return true;
            digits = 0;
        }

        return false;
    }
}
