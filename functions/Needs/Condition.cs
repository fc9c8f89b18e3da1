using Serverless.Contacts;

namespace Serverless.Needs;

/// <summary>One condition of a rule, its words as ids of the index.</summary>
internal sealed class Condition
{
    // Two words of a near condition are at most so many words apart.
    private const int Reach = 5;

    private static readonly string[] Roles =
        ["info", "service", "kontakt", "contact", "office", "einkauf", "buchhaltung", "vertrieb", "sales", "marketing", "noreply",
            "no-reply", "newsletter", "support", "team", "presse", "hr"];

    private readonly ConditionDefinition _is;
    private readonly int[] _terms;
    private readonly int[][] _near;
    private readonly int[] _but;

    /// <param name="definition">As the file states it.</param>
    /// <param name="termOf">Gives a word its id.</param>
    public Condition(ConditionDefinition definition, Func<byte[], int> termOf)
    {
        _is = definition;
        _terms =
        [
            .. definition.Words.Select(w => termOf([FoldedText.Space, .. FoldedText.Word(w)])),
            .. definition.Inside.Select(w => termOf(FoldedText.Word(w))),
            .. definition.Phrase.Select(p => termOf(p.EndsWith('*') ? [FoldedText.Space, .. FoldedText.Word(p[..^1])]
                : [FoldedText.Space, .. FoldedText.Word(p), FoldedText.Space])),
        ];
        _near = [.. definition.Near.Select(n => n.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(w =>
            termOf(Part(w))).ToArray())];
        _but = [.. definition.But.Select(w => termOf(FoldedText.Word(w)))];
    }

    /// <summary>Terms of which the places matter.</summary>
    public IEnumerable<int> Placed => _near.SelectMany(n => n).Concat(_but.Length == 0 ? [] : [.. _terms, .. _but]);

    private bool NamesWords => _terms.Length + _near.Length > 0;

    public bool Holds(ReadText text, ReadOnlySpan<ulong> found, List<TermIndex.Hit> hits) =>
        (!NamesWords || SaysOne(found, hits)) && IsAbout(text.Contact) && IsFrom(text.Contact) && IsLike(text);

    private static byte[] Part(string word)
    {
        byte[] symbols = FoldedText.Word(word.Trim('*'));
        if (!word.StartsWith('*')) symbols = [FoldedText.Space, .. symbols];
        return word.EndsWith('*') ? symbols : [.. symbols, FoldedText.Space];
    }

    private bool SaysOne(ReadOnlySpan<ulong> found, List<TermIndex.Hit> hits)
    {
        foreach (var term in _terms)
            if (Has(found, term) && (_but.Length == 0 || IsItself(term, hits))) return true;
        foreach (var near in _near)
            if (AreNear(near, found, hits)) return true;
        return false;
    }

    private static bool Has(ReadOnlySpan<ulong> found, int term) => (found[term >> 6] & (1UL << term)) != 0;

    // In one word at least it is no part of another one.
    private bool IsItself(int term, List<TermIndex.Hit> hits)
    {
        foreach (var hit in hits)
            if (hit.Term == term && !hits.Exists(h => h.Token == hit.Token && _but.Contains(h.Term))) return true;
        return false;
    }

    private static bool AreNear(int[] near, ReadOnlySpan<ulong> found, List<TermIndex.Hit> hits)
    {
        foreach (var term in near)
            if (!Has(found, term)) return false;
        foreach (var first in hits)
            if (first.Term == near[0] && Array.TrueForAll(near, term =>
                hits.Exists(h => h.Term == term && h.Sentence == first.Sentence && Math.Abs(h.Token - first.Token) <= Reach))) return true;
        return false;
    }

    private bool IsAbout(Contact contact) =>
        (_is.Kind.Count == 0 || _is.Kind.Contains(KindOf(contact), StringComparer.Ordinal))
        && (_is.Place.Count == 0 || _is.Place.Contains(contact.Place == Place.Public ? "public" : "private", StringComparer.Ordinal))
        && (_is.Channel.Count == 0 || _is.Channel.Contains(contact.Channel, StringComparer.OrdinalIgnoreCase))
        && (_is.Network.Count == 0 || _is.Network.Contains(contact.Network, StringComparer.OrdinalIgnoreCase))
        && (_is.Entry.Count == 0 || (contact.Entry is { } entry && _is.Entry.Any(e =>
            entry.TrimStart('+').Equals(e.TrimStart('+'), StringComparison.OrdinalIgnoreCase))))
        && (_is.HasFiles is not { } files || files == contact.Attachments.Count > 0);

    private bool IsFrom(Contact contact)
    {
        if (_is.Sender.Count > 0 && !_is.Sender.Any(s => IsSender(contact, s))) return false;
        return _is.SenderDomain.Count == 0 || (MailOf(contact) is { } mail && _is.SenderDomain.Any(d => IsOfDomain(mail, d)));
    }

    private bool IsLike(ReadText text) =>
        (_is.HasText is not { } has || has == !string.IsNullOrWhiteSpace(text.Text))
        && (_is.Question is not { } asks || asks == text.Questions > 0)
        && !(text.Questions < _is.Questions) && !(text.Text.Length < _is.Longer)
        && (_is.FactKinds is not { } kinds || text.Facts.Where(f => f.Kind != Needs.FactKinds.Date).Select(f =>
            f.Kind).Distinct(StringComparer.Ordinal).Count() >= kinds)
        && (_is.Language.Count == 0 || _is.Language.Contains(text.Language, StringComparer.Ordinal));

    private static bool IsSender(Contact contact, string sender) => sender switch
    {
        "machine" => contact.Extras?.ContainsKey(ExtraNames.Automatic) == true,
        "list" => contact.Extras?.GetValueOrDefault(ExtraNames.Automatic) == "list",
        _ => MailOf(contact) is { } mail && mail.IndexOf('@', StringComparison.Ordinal) is > 0 and var at
            && Roles.Contains(mail[..at], StringComparer.OrdinalIgnoreCase),
    };

    private static string? MailOf(Contact contact) => contact.Parties.FirstOrDefault(p => p.Scheme == "email")?.Value;

    private static bool IsOfDomain(string mail, string domain) =>
        mail.EndsWith("@" + domain, StringComparison.OrdinalIgnoreCase) || mail.EndsWith("." + domain, StringComparison.OrdinalIgnoreCase);

    private static string KindOf(Contact contact) => contact.Kind switch
    {
        ContactKind.MissedCall => "missed-call",
        ContactKind.DeviceEvent => "device-event",
        _ => contact.Kind.ToString().ToLowerInvariant(),
    };
}
